#include "tests/bench/engine/played.h"

#include "daemon/app/sweep/plan_batches.h"
#include "daemon/store/connection.h"
#include "schema/base/file.h"

namespace tripled::bench {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr const char* triple = "x86_64-unknown-linux-gnu";

Unit unit(const std::string& kind, bool harness) {
  Unit out;
  out.package = out.target = "sample";
  out.version = "1.0.0";
  out.kind = kind;
  out.harness = harness;
  return out;
}

}  // namespace

void TimedCore::worker_message(net::SessionId session, wire::WorkerMessage message) {
  auto before = steady_clock::now();
  Core::worker_message(session, std::move(message));
  microseconds.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - before).count());
}

Played::Played(const fs::path& directory) : directory_(directory) {
  fs::create_directories(sources());
  must(write_file_atomically(sources().string() + ".state", "s1", false));
  app::CoreOptions options;
  options.state = directory;
  options.policy.lease = Millis(3'600'000);  // played workers send no heartbeats
  options.identify = [](std::string_view token) { return net::Identity{std::string(token), Role::worker}; };
  options.http = [this](const net::HttpRequest&, const std::function<void(net::HttpResponse)>& reply) {
    net::HttpResponse response;
    response.body = "{\"running\": " + std::to_string(core->scheduler().running().size()) +
                    ", \"workers\": " + std::to_string(core->scheduler().workers().size()) + "}";
    reply(std::move(response));
  };
  store::StoreOptions store;
  store.path = directory / "tripled.db";
  core = std::make_unique<TimedCore>(io, options, must(store::Store::open(store)),
                                     must(store::BlobStore::open(directory / "blobs")), *this);
  must(core->listen());
}

// Where the real worker, whose cache is below the directory, looks for its copy.
fs::path Played::sources() const { return directory_ / "cache/work/sample/sources"; }

void Played::add_sweep(int cells, const std::vector<Stage>& stages) {
  store::NewSweep sweep;
  sweep.plan.project.name = "sample";
  sweep.plan.project.source.path = sources().string();
  sweep.matrix_file = "matrix.yaml";
  for (int i = 0; i < cells; ++i) {
    Cell cell;
    cell.triple = triple;
    cell.id = std::string(triple) + "/" + std::to_string(i);
    cell.axes = {{"triple", triple}, {"n", std::to_string(i)}};
    cell.settings.stages = stages;
    cell.settings.env = {{"N", std::to_string(i)}};  // a target dir of its own: none waits for another
    sweep.plan.cells.push_back(std::move(cell));
  }
  for (const auto& key : app::plan_rows(sweep.plan).keys) plan_keys_.insert(key.plan_key);
  must(core->add_sweep(sweep));
  read_jobs();
}

void Played::read_jobs() {
  must(core->flush());
  auto db = must(store::Connection::open(core->database(), store::Connection::Mode::read_only, Millis(5000)));
  auto text = must(db->text(
      "SELECT json_group_array(json_array(batch, id, stage)) FROM (SELECT * FROM jobs ORDER BY id)"));
  const auto rows = must(wire::parse(text.value_or("[]")));
  for (const auto& row : rows.as_array()) {
    const auto& columns = row.as_array();
    Job job{wire::json::serialize(columns.at(1)), std::nullopt};
    if (columns.at(2).is_string()) job.stage = from_text<Stage>(std::string(columns.at(2).as_string()));
    jobs_.push_back(job.id);
    jobs_of_[wire::json::serialize(columns.at(0))].push_back(std::move(job));
  }
}

void Played::add_worker(const std::string& name, int slots) {
  const auto session = net::SessionId(1'000'000 + sessions_.size());  // none of the server's
  sessions_[name] = session;
  wire::Hello hello;
  hello.worker = name;
  hello.instance = "1";
  hello.slots = slots;
  core->worker_opened(session, {name, Role::worker});
  core->worker_message(session, hello);
}

void Played::drain_worker(const std::string& name) { core->change_worker(sched::DrainWorker{name, false}); }

std::size_t Played::turn(std::size_t most, const Answer& execute) {
  io.restart();
  io.run_for(std::chrono::milliseconds(1));
  std::size_t count = 0;
  for (const auto& lease : core->scheduler().running()) {
    if (count == most) break;
    if (!sessions_.count(lease.worker) || !answered_.insert(lease.lease).second) continue;
    ++count;
    if (lease.kind == BatchKind::execute && !execute)
      kept_[lease.batch] = lease;
    else
      answer(lease, execute);
  }
  return count;
}

void Played::give_back() {
  for (const auto& [batch, lease] : kept_)
    core->worker_message(sessions_.at(lease.worker), wire::LeaseReturned{lease.lease, lease.epoch});
  kept_.clear();
}

void Played::answer(const sched::RunningBatch& lease, const Answer& execute) {
  const auto session = sessions_.at(lease.worker);
  for (const auto& job : jobs_of_.at(lease.batch)) {
    const auto attempt = job.id + "#1";
    core->worker_message(session, wire::Started{lease.lease, job.id, attempt, lease.epoch});
    core->worker_message(session, wire::AttemptReport{lease.lease, job.id, attempt, lease.epoch,
                                                      Outcome::exited, result_of(lease, job, execute)});
  }
  core->worker_message(session, wire::BatchDone{lease.lease, lease.epoch});
}

wire::json::value Played::result_of(const sched::RunningBatch& lease, const Job& job,
                                    const Answer& execute) const {
  switch (lease.kind) {
    case BatchKind::prepare:
      return prepared();
    case BatchKind::setup:
      return set_up();
    case BatchKind::compile:
      return wire::to_json(compiled(job));
    case BatchKind::execute:
      return wire::to_json(execute(lease));
  }
  return nullptr;
}

wire::json::value Played::prepared() const {
  PrepareResult out;
  out.snapshot = "s1";
  out.project_key = "sample";
  ResolvedSources resolved;
  resolved.root = resolved.source_dir = sources().string();
  resolved.state = "s1";
  resolved.key = "as-is";
  out.sources = {resolved};
  for (const auto& key : plan_keys_) {
    PlannedUnits planned;
    planned.plan_key = key;
    planned.triple = triple;
    planned.sources = resolved.key;
    planned.build = {unit("lib", false)};
    planned.test = {unit("lib", false), unit("test", true)};
    out.planned.push_back(std::move(planned));
  }
  return wire::to_json(out);
}

wire::json::value Played::set_up() const {
  SetupResult out;
  out.check.ok = out.link.ok = out.run_native.ok = true;
  out.runner.kind = RunnerKind::native;
  out.runner.name = "native";
  return wire::to_json(out);
}

AttemptResult Played::compiled(const Job& job) const {
  AttemptResult out;
  out.process.outcome = Outcome::exited;
  UnitResult passed;
  passed.package = passed.target = "sample";
  passed.kind = job.stage == Stage::test_no_run ? "test" : "lib";
  passed.harness = job.stage == Stage::test_no_run;
  out.units = {passed};
  if (job.stage != Stage::test_no_run) return out;
  Executable executable;
  executable.package = executable.target = "sample";
  executable.kind = "test";
  executable.path = "/bin/true";
  executable.manifest_dir = sources().string();
  executable.libtest = false;  // judged by its exit status: one process a job
  out.executables = {executable};
  return out;
}

}  // namespace tripled::bench
