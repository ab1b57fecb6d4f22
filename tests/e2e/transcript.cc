#include "tests/e2e/transcript.h"

#include <fstream>

namespace tripled::e2e {

namespace json = wire::json;

std::vector<Frame> transcript(int protocol, const std::string& session) {
  const auto path = std::string(TRIPLED_SOURCE_DIR) + "/tests/fixtures/wire/v" + std::to_string(protocol) +
                    "/" + session + ".jsonl";
  std::ifstream file(path);
  std::vector<Frame> out;
  for (std::string line; std::getline(file, line);) {
    auto entry = json::parse(line).as_object();
    out.push_back({entry.at("from") == "worker", entry.at("frame").as_object()});
  }
  EXPECT_FALSE(out.empty()) << path;
  return out;
}

PlayedWorker::PlayedWorker(std::uint16_t port, const std::string& token) : client_(port) {
  EXPECT_EQ(client_.upgrade("Bearer " + token), 101u);
}

json::object PlayedWorker::receive() {
  auto text = client_.receive();
  return text ? json::parse(*text).as_object() : json::object();
}

static std::string key(const char* what, const json::value& id) { return what + (" " + json::serialize(id)); }

// What the daemon calls things here; `batch` and `cell` are its own affair.
void PlayedWorker::learn(const json::object& was, const json::object& is) {
  for (const char* what : {"id", "lease", "store", "epoch"})
    if (was.contains(what) && is.contains(what)) known_[key(what, was.at(what))] = is.at(what);
  if (!was.contains("jobs")) return;
  known_[key("epoch of", was.at("lease"))] = is.at("epoch");
  const auto &jobs = was.at("jobs").as_array(), &here = is.at("jobs").as_array();
  ASSERT_EQ(jobs.size(), here.size());
  for (std::size_t i = 0; i < jobs.size(); ++i)
    for (const char* what : {"job", "attempt"}) known_[key(what, jobs[i].at(what))] = here[i].at(what);
}

json::object PlayedWorker::translated(json::object frame) const {
  if (frame.contains("lease"))
    if (auto epoch = known_.find(key("epoch of", frame.at("lease")));
        frame.contains("epoch") && epoch != known_.end())
      frame["epoch"] = epoch->second;
  for (const char* what : {"id", "lease", "store", "job", "attempt"}) {
    auto* id = frame.if_contains(what);
    auto found = id ? known_.find(key(what, *id)) : known_.end();
    if (found != known_.end()) *id = found->second;
  }
  if (auto* leases = frame.if_contains("leases"))
    for (auto& id : leases->as_array())
      if (auto found = known_.find(key("lease", id)); found != known_.end()) id = found->second;
  if (auto* held = frame.if_contains("held"))
    for (auto& item : held->as_array()) item = translated(item.as_object());
  return frame;
}

json::object PlayedWorker::wait_for(const Frame& expected) {
  auto fits = [&](const json::object& frame) {
    return frame.at("type") == expected.frame.at("type") &&
           (!frame.contains("kind") || frame.at("kind") == expected.frame.at("kind"));
  };
  for (auto it = unasked_.begin(); it != unasked_.end(); ++it)
    if (fits(*it)) {
      auto found = *it;
      unasked_.erase(it);
      return found;
    }
  for (auto frame = receive(); !frame.empty(); frame = receive()) {
    if (fits(frame)) return frame;
    unasked_.push_back(std::move(frame));
  }
  return {};
}

bool PlayedWorker::play(const std::vector<Frame>& frames) {
  for (const auto& frame : frames) {
    if (frame.from_worker) {
      if (send(translated(frame.frame))) continue;
      ADD_FAILURE() << "cannot send " << json::serialize(frame.frame);
      return false;
    }
    before(frame);
    auto got = wait_for(frame);
    if (got.empty()) {
      ADD_FAILURE() << "the daemon did not say " << json::serialize(frame.frame).substr(0, 300);
      return false;
    }
    learn(frame.frame, got);
  }
  return true;
}

}  // namespace tripled::e2e
