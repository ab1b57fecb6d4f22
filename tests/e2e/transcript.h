// A stored session (tests/fixtures/wire), and its worker played to a running daemon.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "schema/wire/json.h"
#include "tests/net/client.h"

namespace tripled::e2e {

struct Frame {
  bool from_worker = false;
  wire::json::object frame;
  std::string type() const { return std::string(frame.at("type").as_string()); }
};

std::vector<Frame> transcript(int protocol, const std::string& session);

// Sends the worker's frames as they are but for the ids, which are those of the daemon it talks to; waits for
// each frame of the daemon: one of the same type, a grant also of the same kind.
class PlayedWorker {
 public:
  PlayedWorker(std::uint16_t port, const std::string& token);
  // Ids that the session before this one learnt.
  void knows_what(const PlayedWorker& other) { known_ = other.known_; }
  // Called before a frame of the daemon is waited for.
  std::function<void(const Frame&)> before = [](const Frame&) {};
  // Stops at the first frame that is not answered; false, and said as a failure.
  bool play(const std::vector<Frame>& frames);
  // One more frame of the daemon; an empty object: none came.
  wire::json::object receive();
  bool send(const wire::json::object& frame) { return client_.send(wire::json::serialize(frame)); }

 private:
  wire::json::object wait_for(const Frame& expected);
  void learn(const wire::json::object& was, const wire::json::object& is);
  wire::json::object translated(wire::json::object frame) const;

  test::Client client_;
  std::deque<wire::json::object> unasked_;
  std::map<std::string, wire::json::value> known_;  // "lease 5" -> its id here
};

}  // namespace tripled::e2e
