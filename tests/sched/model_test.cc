// Random events, from plausible to absurd, on many small worlds. After each one: the scheduler's own recount,
// what the records say (seen from outside), and now and then recovery from them. In the end everything must
// finish.
#include <random>
#include <set>

#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

constexpr int k_seeds = 250, k_steps = 400;  // 10^5 steps

// What one worker process believes.
struct SimWorker {
  std::string name;
  int instance = 0;
  int slots = 1;
  Words labels, toolchains;
  bool connected = false;
  std::map<LeaseId, Grant> grants;
};

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed), scheduler_(policy()) {
    for (int i = 0; i < 4; ++i) {
      SimWorker w;
      w.name = "w" + std::to_string(i);
      workers_.push_back(w);
    }
  }

  void step() {
    static const std::vector<std::pair<int, void (Model::*)()>> choices = {
        {6, &Model::add_sweep},     {3, &Model::add_batch},    {12, &Model::hello},
        {6, &Model::gone},          {25, &Model::heartbeat},   {30, &Model::job_started},
        {60, &Model::attempt_done}, {30, &Model::batch_done},  {3, &Model::give_back},
        {20, &Model::pass_time},    {1, &Model::cancel_sweep}, {3, &Model::cancel_batch},
        {2, &Model::skip},          {4, &Model::rerun},        {3, &Model::brakes},
        {4, &Model::drain_worker},  {3, &Model::forget_sweep}, {3, &Model::restart},
        {4, &Model::stale_result},  {3, &Model::lack},         {3, &Model::pin},
        {3, &Model::limit}};
    int sum = 0;
    for (const auto& choice : choices) sum += choice.first;
    int at = below(sum);
    for (const auto& [weight, act] : choices) {
      at -= weight;
      if (at < 0) return (this->*act)();
    }
  }

  // From now on everybody behaves: all that was begun must end.
  void finish_everything() {
    send(Undrain{});
    send(Resume{});
    for (auto& [project, leases] : limits_) leases = std::max(leases, 1);
    for (const auto& [project, leases] : limits_) send(ProjectLimit{project, leases});
    for (auto& w : workers_) {
      send(UndrainWorker{w.name});
      send(ReleaseWorker{w.name});
      for (const char* ability : {"a0", "a1"}) send(WorkerLacks{w.name, ability, ""});
      w.labels = {"l0", "l1"};
      w.toolchains = {"t0", "t1"};
      w.slots = 2;
      say_hello(w, false);
    }
    skip_forward_references();
    for (const auto& def : rows_.batches) send(PinBatch{def.id, ""});
    for (int round = 0; round < 3000 && unfinished() > 0; ++round) {
      for (auto& w : workers_) {
        const auto grants = w.grants;
        for (const auto& [id, grant] : grants) {
          for (const auto& job : grant.jobs)
            send(AttemptDone{id, grant.epoch, job.job, Outcome::exited, Next::finished, {}, {}});
          w.grants.erase(id);
          send(BatchDone{id, grant.epoch});
        }
      }
      now_ += 61s;
      send(Tick{});
      for (auto& w : workers_) {
        send(ReleaseWorker{w.name});
        send(Heartbeat{w.name, instance(w), {}});
      }
    }
    EXPECT_EQ(unfinished(), 0) << waiting_text();
    for (const auto& [id, row] : rows_.attempts) EXPECT_TRUE(row.outcome) << id << " has no result";
    for (const auto& [id, row] : rows_.leases) EXPECT_FALSE(row.held) << "lease " << id;
    EXPECT_TRUE(rows_.lanes.empty());
  }

  std::string last_event;

 private:
  static Policy policy() {
    Policy p;
    p.quarantine_after = 3;
    return p;
  }
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class C>
  const auto& any_of(const C& c) {
    return *std::next(c.begin(), below(static_cast<int>(c.size())));
  }
  std::int64_t unfinished() const {
    return scheduler_.counts().batches - scheduler_.counts().batches_finished;
  }

  // They wait for batches that never came, or in a circle: a person would give them up.
  void skip_forward_references() {
    SkipBatches event;
    for (const auto& def : rows_.batches)
      for (const auto& name : def.after)
        if (std::stoi(name.substr(1)) > std::stoi(def.id.substr(1))) event.batches.push_back(def.id);
    send(event);
  }

  std::string waiting_text() const {
    std::string text;
    for (const auto& row : scheduler_.waiting(now_, 100)) {
      text += row.batch + " " + row.cell + ": ";
      if (const auto* wait = std::get_if<Wait>(&row.placement)) text += wait->why;
      if (const auto* never = std::get_if<Impossible>(&row.placement)) text += never->why;
      text += "\n";
    }
    return text;
  }

  void send(const Event& event) {
    last_event = "event " + std::to_string(event.index());
    const auto effects = scheduler_.handle(event, now_);
    rows_.apply(effects);
    for (const Effect& effect : effects) deliver(effect);
    for (const auto& text : scheduler_.violations()) ADD_FAILURE() << text << " after " << last_event;
    check_rows(effects);
    if (++sent_ % 5 == 0) {
      EXPECT_EQ(Scheduler::restore(policy(), rows_.rows(), now_).debug_text(), scheduler_.debug_text())
          << last_event;
    }
  }

  void deliver(const Effect& effect) {
    if (const auto* grant = std::get_if<Grant>(&effect)) {
      for (auto& w : workers_)
        if (w.name == grant->worker && w.connected) w.grants[grant->lease] = *grant;
    } else if (const auto* revoke = std::get_if<Revoke>(&effect)) {
      for (auto& w : workers_)
        if (w.name == revoke->worker && chance(70)) w.grants.erase(revoke->lease);
    }
  }

  // From the records alone.
  void check_rows(const std::vector<Effect>& effects) {
    std::map<std::string, const BatchDef*> defs;
    for (const auto& def : rows_.batches) defs[def.id] = &def;
    std::map<std::string, int> used, of_project;
    std::set<std::string> batches;
    std::set<std::pair<std::string, std::string>> locks;  // worker, lock
    std::map<std::string, std::string> lanes;
    for (const auto& [id, lease] : rows_.leases) {
      if (!lease.held) continue;
      const BatchDef& def = *defs.at(lease.batch);
      EXPECT_TRUE(batches.insert(lease.batch).second) << lease.batch << " has two held leases";
      const std::set<std::string> own(def.locks.begin(), def.locks.end());
      for (const auto& lock : own) EXPECT_TRUE(locks.emplace(lease.worker, lock).second) << lock;
      if (!def.lane.empty()) {
        const auto cell = lanes.emplace(def.lane, def.sweep + "/" + def.cell).first->second;
        EXPECT_EQ(cell, def.sweep + "/" + def.cell) << def.lane;
      }
      used[lease.worker] += def.slots;
      ++of_project[def.project];
    }
    for (const Effect& effect : effects)
      if (const auto* grant = std::get_if<Grant>(&effect)) {
        EXPECT_LE(used[grant->worker], slots_of(grant->worker));
        EXPECT_FALSE(grant->jobs.empty());
        const auto& project = defs.at(grant->batch)->project;
        if (const auto limit = limits_.find(project); limit != limits_.end() && limit->second > 0) {
          EXPECT_LE(of_project[project], limit->second) << project;
        }
      }
    for (const auto& def : rows_.batches) check_batch(def, batches.contains(def.id));
  }

  void check_batch(const BatchDef& def, bool held) {
    bool open = false, blocked = false;
    for (const auto& job : def.jobs) {
      const JobState state = rows_.jobs.at(job.id).state;
      open |= state == JobState::ready || state == JobState::leased || state == JobState::running;
      blocked |= state == JobState::blocked;
      EXPECT_TRUE(held || (state != JobState::leased && state != JobState::running)) << job.id;
    }
    if (!open && !blocked) return;
    const Placement placement = scheduler_.place(def.id, now_);
    if (const auto* wait = std::get_if<Wait>(&placement))
      EXPECT_FALSE(wait->why.empty());
    else if (const auto* never = std::get_if<Impossible>(&placement))
      EXPECT_FALSE(never->why.empty() || held);
    else
      EXPECT_TRUE(held) << def.id << " could run on " << std::get<Placed>(placement).worker;
  }

  int slots_of(const std::string& name) const {
    for (const auto& w : workers_)
      if (w.name == name) return w.slots;
    return 0;
  }

  // --- work
  BatchDef random_batch(const std::string& sweep) {
    const int n = ++batch_number_;
    BatchDef def;
    def.id = "b" + std::to_string(n);
    def.sweep = sweep;
    if (const int project = sweep.back() % 3; project > 0) def.project = "p" + std::to_string(project);
    def.kind = static_cast<BatchKind>(below(4));
    if (chance(70)) def.cell = "c" + std::to_string(below(4));
    // A sweep with lanes keeps their rule: a cell comes only after its own batches and after batches of no
    // cell.
    const bool lanes = sweep.back() % 2 == 0;
    for (const auto& other : rows_.batches)
      if (other.sweep == sweep && (!lanes || other.cell.empty() || other.cell == def.cell) && chance(15))
        def.after.push_back(other.id);
    if (chance(3)) def.after.push_back("b" + std::to_string(n + 1 + below(2)));
    if (chance(40)) def.locks.push_back("k" + std::to_string(below(3)));
    if (chance(15)) def.locks.push_back("k" + std::to_string(below(3)));
    if (lanes && !def.cell.empty() && chance(60))
      def.lane = "lane" + std::to_string((def.cell[1] - '0') / 2) + def.project;
    if (chance(20)) def.slots = 2;
    if (chance(20)) def.labels.push_back("l" + std::to_string(below(2)));
    if (chance(20)) def.toolchains.push_back("t" + std::to_string(below(2)));
    if (chance(20)) def.abilities.push_back("a" + std::to_string(below(2)));
    def.expected_ms = below(3) * 1000;
    def.priority = chance(10) ? 1 : 0;
    const int jobs = 1 + below(3);
    for (int j = 0; j < jobs; ++j) def.jobs.push_back({def.id + "j" + std::to_string(j), Stage::check});
    return def;
  }
  void add_sweep() {
    if (rows_.batches.size() > 30) return;
    const std::string name = "s" + std::to_string(++sweep_number_);
    SweepAdded event{name, {}};
    const int n = 1 + below(6);
    for (int i = 0; i < n; ++i) {
      event.batches.push_back(random_batch(name));
      rows_.add(event.batches.back());
    }
    sweeps_.insert(name);
    send(event);
  }
  void add_batch() {
    if (sweeps_.empty() || rows_.batches.size() > 40) return;
    const BatchDef def = random_batch(any_of(sweeps_));
    rows_.add(def);
    send(BatchAdded{def});
  }
  void forget_sweep() {
    if (sweeps_.empty()) return;
    const std::string name = any_of(sweeps_);
    const auto counts = scheduler_.counts(name);
    send_forget(name, counts.batches == counts.batches_finished);
  }
  void send_forget(const std::string& name, bool finished) {
    if (finished) {
      rows_.forget(name);
      sweeps_.erase(name);
    }
    send(ForgetSweep{name});
  }

  // --- workers
  void hello() {
    SimWorker& w = workers_[static_cast<std::size_t>(below(4))];
    if (chance(30)) {
      w.slots = 1 + below(3);
      w.labels = chance(50) ? Words{"l0"} : Words{"l0", "l1"};
      w.toolchains = chance(50) ? Words{"t1"} : Words{"t0", "t1"};
    }
    say_hello(w, chance(30));
  }
  void say_hello(SimWorker& w, bool new_instance) {
    if (new_instance || w.instance == 0) ++w.instance;
    w.connected = true;
    WorkerHello event{w.name, instance(w), w.slots, w.labels, w.toolchains, {}};
    const auto grants = w.grants;
    for (const auto& [id, grant] : grants) {
      if (new_instance && chance(60)) {
        w.grants.erase(id);
        continue;
      }
      for (const auto& job : grant.jobs)
        if (chance(40))
          event.running.push_back({id, grant.epoch, grant.batch, job.attempt, new_instance || chance(20)});
      if (!new_instance && chance(90)) event.running.push_back({id, grant.epoch, grant.batch, "", false});
    }
    send(event);
  }
  static std::string instance(const SimWorker& w) { return w.name + "." + std::to_string(w.instance); }
  void gone() {
    SimWorker& w = workers_[static_cast<std::size_t>(below(4))];
    const bool dead = chance(20);
    const bool old = chance(20);
    if (!old) w.connected = false;
    if (dead && !old) w.grants.clear();
    send(WorkerGone{w.name, old ? "old" : instance(w), dead});
  }
  void heartbeat() {
    const SimWorker& w = any_of(workers_);
    Heartbeat event{w.name, chance(95) ? instance(w) : "old", {}};
    if (chance(10)) event.refuses = "no room";
    for (const auto& [id, grant] : w.grants)
      if (chance(90)) event.leases.push_back(id);
    if (w.connected) send(event);
  }
  const Grant* any_grant() {
    const SimWorker& w = any_of(workers_);
    return w.grants.empty() ? nullptr : &any_of(w.grants).second;
  }
  void job_started() {
    if (const Grant* g = any_grant()) send(JobStarted{g->lease, g->epoch, any_of(g->jobs).job});
  }
  void attempt_done() {
    const Grant* g = any_grant();
    if (!g) return;
    AttemptDone event{g->lease, g->epoch, any_of(g->jobs).job, static_cast<Outcome>(below(8)), Next::finished,
                      {},       {}};
    if (event.outcome == Outcome::worker_lost) event.outcome = Outcome::exited;
    if (chance(30)) event.next = static_cast<Next>(below(4));
    if (chance(10)) event.skip_jobs.push_back(any_of(g->jobs).job);
    if (chance(3)) event.skip_batches.push_back(any_of(rows_.batches).id);
    past_.push_back(event);
    send(event);
  }
  void stale_result() {
    if (!past_.empty()) send(any_of(past_));
  }
  void batch_done() {
    for (auto& w : workers_) {
      if (w.grants.empty() || !chance(40)) continue;
      const Grant g = any_of(w.grants).second;
      if (chance(95)) w.grants.erase(g.lease);
      return send(BatchDone{g.lease, g.epoch});
    }
  }
  void give_back() {
    if (const Grant* g = any_grant()) send(LeaseReturned{g->lease, g->epoch});
  }
  void drain_worker() {
    const std::string name = any_of(workers_).name;
    if (chance(40)) return send(DrainWorker{name, chance(50)});
    send(chance(50) ? Event{UndrainWorker{name}} : Event{ReleaseWorker{name}});
  }

  // --- people and time
  void pass_time() {
    now_ += Millis(below(chance(20) ? 70'000 : 8'000));
    send(Tick{});
  }
  void cancel_sweep() {
    if (!sweeps_.empty()) send(CancelSweep{any_of(sweeps_), chance(50)});
  }
  void cancel_batch() {
    if (!rows_.batches.empty()) send(CancelBatch{any_of(rows_.batches).id, chance(50)});
  }
  void skip() {
    if (!rows_.batches.empty()) send(SkipBatches{{any_of(rows_.batches).id}});
  }
  void rerun() {
    if (rows_.jobs.empty()) return;
    Rerun event{{any_of(rows_.jobs).first}};
    if (chance(50)) event.jobs.push_back(any_of(rows_.jobs).first);
    send(event);
  }
  void lack() {
    if (workers_.empty()) return;
    send(WorkerLacks{any_of(workers_).name, "a" + std::to_string(below(2)), chance(50) ? "a reason" : ""});
  }
  void pin() {
    if (rows_.batches.empty() || workers_.empty()) return;
    send(PinBatch{any_of(rows_.batches).id, chance(60) ? any_of(workers_).name : ""});
  }
  void limit() {
    const std::string project = "p" + std::to_string(1 + below(2));
    limits_[project] = below(4);
    send(ProjectLimit{project, limits_[project]});
  }
  void brakes() {
    switch (below(4)) {
      case 0:
        return send(Drain{});
      case 1:
        return send(Pause{"a reason"});
      case 2:
        return send(Resume{});
      default:
        return send(Undrain{});
    }
  }
  void restart() {
    scheduler_ = Scheduler::restore(policy(), rows_.rows(), now_);
    for (auto& w : workers_) w.connected = false;
    for (const auto& [project, leases] : limits_) send(ProjectLimit{project, leases});
    send(Tick{});
  }

  std::mt19937 random_;
  Scheduler scheduler_;
  RowStore rows_;
  TimePoint now_{std::chrono::hours(1)};
  std::vector<SimWorker> workers_;
  std::set<std::string> sweeps_;
  std::map<std::string, int> limits_;  // by project
  std::vector<AttemptDone> past_;
  int batch_number_ = 0, sweep_number_ = 0, sent_ = 0;
};

TEST(Model, RandomEventsBreakNoInvariantAndEverythingEnds) {
  for (unsigned seed = 1; seed <= k_seeds; ++seed) {
    Model model(seed);
    for (int step = 0; step < k_steps; ++step) {
      model.step();
      ASSERT_FALSE(testing::Test::HasFailure())
          << "seed " << seed << " step " << step << " " << model.last_event;
    }
    model.finish_everything();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " at the end";
  }
}

}  // namespace
}  // namespace tripled::sched
