// What runs and what waits: status, workers, metrics.
#include <ctime>

#include "daemon/web/answers.h"
#include "daemon/web/routes.h"
#include "schema/base/text.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

json::array workers_json(const Engine& engine) {
  json::array out;
  for (const auto& view : engine.workers()) {
    json::object worker;
    worker["name"] = view.worker;
    worker["connected"] = view.connected;
    worker["draining"] = view.draining;
    worker["quarantine"] = text_or_null(view.quarantine);
    worker["slots"] = view.slots;
    worker["used"] = view.used;
    worker["labels"] = wire::to_json(view.labels);
    worker["lacks"] = wire::to_json(view.lacks);
    worker["refuses"] = text_or_null(view.refuses);
    out.push_back(std::move(worker));
  }
  return out;
}

json::object waiting_json(const sched::WaitingBatch& batch) {
  json::object out;
  out["sweep"] = batch.sweep;
  out["cell"] = text_or_null(batch.cell);
  out["kind"] = to_text(batch.kind);
  const auto* never = std::get_if<sched::Impossible>(&batch.placement);
  const auto* later = std::get_if<sched::Wait>(&batch.placement);
  out["impossible"] = never != nullptr;
  out["why"] = never ? never->why : later ? later->why : "about to be granted";
  return out;
}

void show_status(Api& api, Api::Call call) {
  auto& engine = api.engine();
  json::object out;
  out["unhealthy"] = text_or_null(engine.unhealthy());
  out["draining"] = engine.draining();
  out["workers"] = workers_json(engine);
  json::array running, waiting;
  for (const auto& batch : engine.running()) {
    json::object one;
    one["sweep"] = batch.sweep;
    one["cell"] = text_or_null(batch.cell);
    one["kind"] = to_text(batch.kind);
    one["worker"] = batch.worker;
    one["job"] = text_or_null(batch.job);
    one["progress"] = text_or_null(engine.progress(batch.job));
    running.push_back(std::move(one));
  }
  for (const auto& batch : engine.waiting(200)) waiting.push_back(waiting_json(batch));
  out["running"] = std::move(running);
  out["waiting"] = std::move(waiting);
  call.reply(json_answer(out));
}

// An older worker tells less of its machine.
json::value machine_json(const std::map<std::string, std::string>& facts) {
  auto text = [&](const char* key) {
    auto found = facts.find(key);
    return found == facts.end() ? std::string() : found->second;
  };
  auto number = [&](const char* key) {
    auto value = parse_id(text(key));
    return value ? json::value(*value) : json::value(nullptr);
  };
  json::object out;
  for (const char* key : {"kernel", "libc", "machine"}) out[key] = text_or_null(text(key));
  for (const char* key : {"cores", "memory", "disk_free"}) out[key] = number(key);
  out["cpu_flags"] = wire::to_json(split_words(text("cpu_flags")));
  return out;
}

void list_workers(Api& api, Api::Call call) {
  auto workers = workers_json(api.engine());
  const auto& machines = api.engine().machines();
  for (auto& worker : workers) {
    auto known = machines.find(std::string(worker.at("name").as_string()));
    worker.as_object()["machine"] =
        known == machines.end() ? json::value(nullptr) : machine_json(known->second);
  }
  call.reply(json_answer(json::object{{"workers", std::move(workers)}}));
}

template <WorkerChange change>
void change_worker(Api& api, Api::Call call) {
  auto changed = api.engine().change_worker(call.words.front(), change, call.who);
  call.reply(changed ? net::HttpResponse{202, "application/json", "{}\n"} : problem(changed.error()));
}

// 2026-11-21T09:30:00Z
std::optional<store::UnixMs> moment(const std::string& text) {
  std::tm tm{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (!end || *end != '\0') return std::nullopt;
  return static_cast<store::UnixMs>(::timegm(&tm)) * 1000;
}

struct VoidBody {
  std::string since;
  std::optional<std::string> until;
};
BOOST_DESCRIBE_STRUCT(VoidBody, (), (since, until))

void void_worker(Api& api, Api::Call call) {
  auto body = wire::from_text_json<VoidBody>(call.request.body);
  if (!body) return call.reply(problem(body.error()));
  VoidRequest request;
  request.worker = call.words.front();
  auto since = moment(body->since);
  if (body->until) request.until = moment(*body->until);
  if (!since || (body->until && (!request.until || *request.until <= *since)))
    return call.reply(
        problem(422, "`since` and the later `until` are moments in UTC such as 2026-11-21T09:30:00Z"));
  request.since = *since;
  auto done = api.engine().void_worker(request, call.who);
  call.reply(done ? json_answer(wire::to_json(*done)) : problem(done.error()));
}

void show_metrics(Api& api, Api::Call call) {
  call.reply({200, "text/plain; version=0.0.4; charset=utf-8", api.engine().metrics()});
}

}  // namespace

std::vector<Route> worker_routes() {
  return {
      {"GET", "/metrics", Role::viewer, show_metrics},
      {"GET", "/api/v1/status", Role::viewer, show_status},
      {"GET", "/api/v1/workers", Role::viewer, list_workers},
      {"POST", "/api/v1/workers/{name}/drain", Role::admin, change_worker<WorkerChange::drain>},
      {"POST", "/api/v1/workers/{name}/undrain", Role::admin, change_worker<WorkerChange::undrain>},
      {"POST", "/api/v1/workers/{name}/release", Role::admin, change_worker<WorkerChange::release>},
      {"POST", "/api/v1/workers/{name}/void", Role::admin, void_worker},
  };
}

}  // namespace tripled::web
