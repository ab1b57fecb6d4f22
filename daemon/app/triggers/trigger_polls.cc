// Triggers: polled branches.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/app/triggers/triggers.h"

namespace tripled::app {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLongestBackoff = std::chrono::hours(1);
constexpr int kMostDoublings = 10;

// Doubled with every failure in a row.
milliseconds interval(const store::ProjectSettingsRow& project, int failures) {
  milliseconds every = parse_duration(project.settings.poll->every).value_or(std::chrono::minutes(5));
  return std::min(every * (1 << std::min(failures, kMostDoublings)), std::max(every, kLongestBackoff));
}

}  // namespace

void Triggers::look_at(const store::ProjectSettingsRow& project, milliseconds& wait) {
  const auto& name = project.settings.name;
  if (polling_.count(name)) return;
  const auto now = std::chrono::steady_clock::now();
  // Many projects are not all asked for at the same moment.
  auto some = std::min(interval(project, 0), milliseconds(5'000)).count();
  auto [next, is_new] =
      next_poll_.try_emplace(name, now + milliseconds(random_() % static_cast<std::uint64_t>(some)));
  if (!is_new && next->second <= now && !core_.idlest_worker("default").empty()) return poll(project);
  // Due already: a worker is waited for.
  auto until = std::chrono::duration_cast<milliseconds>(next->second - now);
  wait = std::min(wait, until.count() > 0 ? until : milliseconds(2'000));
}

void Triggers::poll(const store::ProjectSettingsRow& project) {
  auto poll = std::make_shared<Poll>(Poll{project, {}});
  polling_.insert(project.settings.name);
  GitQuestion question;
  question.url = project.settings.git;
  question.branches = project.settings.poll->refs;
  core_.ask(core_.idlest_worker("default"), "git", wire::to_json(question),
            [this, poll](Result<wire::json::value> answer) {
              if (stopped_) return;
              GitAnswer git;
              Status read = answer ? wire::from_json(*answer, git) : Status(answer.error());
              if (read) read = take_branches(poll, git);
              if (!read) return poll_over(poll->project, read);
              next_branch(poll);
            });
}

// What was there when polling began is not swept; what comes later is.
Status Triggers::take_branches(const std::shared_ptr<Poll>& poll, const GitAnswer& answer) {
  const auto& name = poll->project.settings.name;
  TRIPLED_ASSIGN(auto reader, store::Reader::open(core_.database()));
  TRIPLED_ASSIGN(auto refs, reader.project_refs(name));
  std::map<std::string, std::string> known;
  for (const auto& ref : refs) known[ref.ref] = ref.revision;
  std::vector<store::ProjectRefRow> first_seen;
  for (const auto& branch : answer.branches) {
    auto seen = known.find(branch.name);
    auto base = seen == known.end() ? std::string() : seen->second;
    if (seen != known.end()) known.erase(seen);
    if (!poll->project.polled_at)
      first_seen.push_back(
          {name, branch.name, branch.revision, unix_now_ms(), 0, "there when polling began"});
    else if (base != branch.revision)
      poll->waiting.push_back({branch.name, base});
  }
  if (first_seen.empty() && known.empty()) return {};
  return core_.write_now([name, first_seen, known](store::Transaction& tx) -> Status {
    for (const auto& ref : first_seen) TRIPLED_TRY(tx.put_project_ref(ref));
    for (const auto& [gone, revision] : known) TRIPLED_TRY(tx.remove_project_ref(name, gone));
    return {};
  });
}

void Triggers::next_branch(const std::shared_ptr<Poll>& poll) {
  if (poll->waiting.empty()) return poll_over(poll->project, {});
  auto branch = poll->waiting.back();
  poll->waiting.pop_back();
  const auto& project = poll->project.settings;
  // A matrix that is wrong is not tried again at the same commit.
  auto over = [this, poll, branch](Result<store::SweepId> sweep, const std::string& revision) {
    if (sweep) {
      branch_begun(poll, branch.name, *sweep);
      return next_branch(poll);
    }
    bool lasting = sweep.error().kind() == ErrorKind::usage || sweep.error().kind() == ErrorKind::config;
    if (!lasting || revision.empty()) return poll_over(poll->project, sweep.error());
    store::ProjectRefRow ref{poll->project.settings.name, branch.name, revision, unix_now_ms(), 0,
                             sweep.error().message()};
    spdlog::warn("project {}, {}: no sweep of {}: {}", ref.project, ref.ref, revision, ref.note);
    auto written = core_.write_now([ref](store::Transaction& tx) { return tx.put_project_ref(ref); });
    if (!written) return poll_over(poll->project, written);
    next_branch(poll);
  };
  request(project, branch.name, branch.base,
          [this, name = project.name, branch, over](Result<MatrixRequest> request, const GitAnswer& git) {
            if (!request) return over(request.error(), git.revision);
            request->trigger = store::Trigger::poll;
            request->change = config::Change{"poll", git.message, git.changed};
            store::ProjectRefRow ref{name, branch.name, git.revision, unix_now_ms(), 0, ""};
            auto also = [ref](store::Transaction& tx, store::SweepId sweep) {
              auto row = ref;
              row.sweep = sweep;
              return tx.put_project_ref(row);
            };
            hooks_.begin(*request, also, [over, revision = git.revision](Result<store::SweepId> sweep) {
              over(std::move(sweep), revision);
            });
          });
}

// Older commits of the branch that still wait as a whole are not swept any more.
void Triggers::branch_begun(const std::shared_ptr<Poll>& poll, const std::string& branch,
                            store::SweepId sweep) {
  const auto& name = poll->project.settings.name;
  spdlog::info("project {}, {}: sweep {} begins", name, branch, sweep);
  auto stored = core_.flush();
  auto reader = stored ? store::Reader::open(core_.database()) : Result<store::Reader>(stored.error());
  auto queued =
      reader ? reader->queued_poll_sweeps(name, branch) : Result<std::vector<store::SweepId>>(reader.error());
  if (!queued) return spdlog::warn("project {}: {}", name, queued.error().message());
  for (auto older : *queued)
    if (older < sweep)
      hooks_.drop(older, "sweep " + std::to_string(sweep) + " is of a newer commit of " + branch);
}

void Triggers::poll_over(const store::ProjectSettingsRow& project, const Status& how) {
  const auto& name = project.settings.name;
  polling_.erase(name);
  int failures = how ? 0 : project.poll_failures + 1;
  auto error = how ? std::string() : how.error().message();
  if (!how) spdlog::warn("project {} cannot be polled ({} in a row): {}", name, failures, error);
  // A failure does not count as the first look: what is there then is still to be taken as it is.
  core_.write_soon([name, failures, error, at = unix_now_ms()](store::Transaction& tx) {
    return failures == 0 ? tx.set_polled(name, at) : tx.set_poll_failed(name, failures, error);
  });
  auto every = interval(project, failures);
  auto jitter = milliseconds(random_() % static_cast<std::uint64_t>(every.count() / 5 + 1)) - every / 10;
  next_poll_[name] = std::chrono::steady_clock::now() + every + jitter;
  look_soon();
}

}  // namespace tripled::app
