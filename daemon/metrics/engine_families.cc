#include "daemon/metrics/engine_families.h"

namespace tripled::metrics {
namespace {

constexpr auto counter = MetricType::Counter;

// A counter or gauge with one label whose values are the words of an enumeration.
template <class Enum, class Number>
void add_words(const std::string& label, const std::map<Enum, Number>& known, Families& out) {
  for (const auto& word : all_texts<Enum>()) {
    auto found = known.find(*from_text<Enum>(word));
    out.add({{label, word}}, found == known.end() ? Number{} : found->second);
  }
}

void add_histograms(const std::string& name, const std::string& help,
                    const std::map<std::string, Histogram>& known, Families& out) {
  out.begin(name, help, MetricType::Histogram);
  for (const auto& kind : job_kinds()) {
    auto found = known.find(kind);
    out.add({{"stage", kind}}, found == known.end() ? job_seconds() : found->second);
  }
}

}  // namespace

std::vector<std::string> job_kinds() {
  std::vector<std::string> out{to_text(BatchKind::prepare), to_text(BatchKind::setup)};
  for (const auto& word : all_texts<Stage>()) out.emplace_back(word);
  return out;
}

void add_engine(const EngineState& e, Families& out) {
  out.begin("workers", "Workers that are connected, and of those the ones that get no work.");
  out.add({{"state", "connected"}}, e.workers_connected);
  out.add({{"state", "draining"}}, e.workers_draining);
  out.add({{"state", "quarantined"}}, e.workers_quarantined);
  out.begin("worker_slots", "Slots of connected workers.");
  out.add({{"state", "used"}}, e.slots_used);
  out.add({{"state", "free"}}, e.slots - e.slots_used);
  out.begin("jobs", "Jobs of running sweeps, by state.");
  add_words("state", e.jobs, out);
  out.one("oldest_ready_job_age_seconds",
          "How long the job that is ready longest waits for a worker; 0: none.", e.oldest_ready_s);
  out.one("leases", "Leases that are held.", e.leases);
  out.one("sweeps_running", "Sweeps that are not finished.", e.sweeps_running);
  out.begin("batches_impossible", "Batches that no connected worker can take, by what they do.");
  add_words("kind", e.batches_impossible, out);
  out.one("store_healthy", "1: results can be stored; 0: granting has stopped.", e.healthy ? 1 : 0);
  if (e.certificate_ends_at_ms)
    out.one("certificate_expiry_timestamp_seconds", "When the certificate of the port ends.",
            static_cast<double>(*e.certificate_ends_at_ms) / 1000);
}

void add_storage(const StorageState& s, Families& out) {
  out.one("database_bytes", "Size of the database file.", s.database_bytes);
  out.begin("disk_bytes", "What the state directory holds, by class of files.");
  for (const auto& c : s.classes) out.add({{"class", c.name}}, c.bytes);
  out.begin("disk_ceiling_bytes", "What a class of files may hold; a class without a ceiling is missing.");
  for (const auto& c : s.classes)
    if (c.ceiling > 0) out.add({{"class", c.name}}, c.ceiling);
  if (s.disk_size_bytes > 0) {
    out.one("disk_free_bytes", "Room for the daemon on the disk of the state directory.", s.disk_free_bytes);
    out.one("disk_size_bytes", "Size of the disk of the state directory.", s.disk_size_bytes);
  }
  out.one("last_backup_timestamp_seconds", "When `tripled backup` last copied this store whole; 0: never.",
          static_cast<double>(s.last_backup_ms) / 1000);
}

void add_tally(const Tally& tally, Families& out) {
  out.begin("attempts_total", "Attempts that ended, by outcome.", counter);
  add_words("outcome", tally.attempts, out);
  out.begin("attempts_begun_total", "Attempts that were given to a worker, by the reason they were made for.",
            counter);
  add_words("reason", tally.attempts_begun, out);
  out.begin("jobs_finished_total", "Jobs that were judged, by what they did and verdict.", counter);
  for (const auto& kind : job_kinds())
    for (const auto& word : all_texts<Verdict>()) {
      auto found = tally.jobs.find({kind, *from_text<Verdict>(word)});
      out.add({{"stage", kind}, {"verdict", word}}, found == tally.jobs.end() ? 0 : found->second);
    }
  add_histograms("job_duration_seconds", "From a job's start on a worker to its end.", tally.durations, out);
  add_histograms("job_wait_seconds", "From a job being ready to its lease.", tally.waits, out);
  out.begin("sweeps_finished_total", "Sweeps that finished, by exit status.", counter);
  for (int status : {0, 1, 3, 130}) {
    auto found = tally.sweeps.find(status);
    out.add({{"exit_status", std::to_string(status)}}, found == tally.sweeps.end() ? 0 : found->second);
  }
  out.one("leases_expired_total", "Leases whose worker was not heard of in time.", tally.leases_expired,
          counter);
  out.one("stale_results_total", "Results that came too late to count.", tally.stale_results, counter);
  out.one("quarantines_total", "Workers that were put into quarantine.", tally.quarantines, counter);
  out.one("logs_truncated_total", "Logs of attempts of which the middle was left out.", tally.logs_truncated,
          counter);
  out.one("store_commits_total", "Synced transactions.", tally.commits, counter);
}

void add_http(const HttpTally& http, Families& out) {
  out.begin("http_requests_total", "Requests to the API, by route, method and status code.", counter);
  for (const auto& [key, count] : http.requests) {
    const auto& [route, method, code] = key;
    out.add({{"route", route}, {"method", method}, {"code", std::to_string(code)}}, count);
  }
  out.begin("http_request_duration_seconds", "From a request to its answer; of a stream, to its begin.",
            MetricType::Histogram);
  for (const auto& route : http.routes) {
    auto found = http.durations.find(route);
    out.add({{"route", route}}, found == http.durations.end() ? request_seconds() : found->second);
  }
}

void add_process(const ProcessState& p, Families& out) {
  out.one_common("process_cpu_seconds_total", "User and system time of the daemon.", p.cpu_seconds, counter);
  out.one_common("process_start_time_seconds", "When the daemon was started, since 1970.", p.started_at);
  out.one_common("process_resident_memory_bytes", "Memory of the daemon that is in RAM.", p.resident_bytes);
  out.one_common("process_virtual_memory_bytes", "Address space of the daemon.", p.virtual_bytes);
  out.one_common("process_open_fds", "Open file descriptors.", p.open_files);
  out.one_common("process_max_fds", "How many file descriptors it may have.", p.most_files);
  out.one_common("process_threads", "Threads of the daemon.", p.threads);
}

}  // namespace tripled::metrics
