// What the commands that speak to a daemon do alike. Internal to daemon/cli.
#pragma once
#include <cstdio>

#include "daemon/cli/commands.h"
#include "daemon/cli/remote_commands.h"

namespace tripled::cli {

// `done` gets the daemon's answer and returns the exit status; with --json the answer itself is printed.
template <class Done>
int with_answer(const RemoteCommand& command, const std::string& method, const std::string& target,
                const std::string& body, Done done) {
  auto remote = Remote::open(command.remote);
  if (!remote) return report_error(remote.error(), command.colour);
  auto answer = remote->json(method, target, body);
  if (!answer) return report_error(answer.error(), command.colour);
  if (command.json) {
    std::fputs(wire::pretty(*answer).c_str(), stdout);
    return 0;
  }
  return done(*answer);
}

// A text as it is, null as nothing, anything else as JSON.
std::string text_of(const wire::json::value& value);

// The number of the newest sweep there. usage error: there is none.
Result<std::string> newest_sweep(const Remote& remote);

// Says what the sweep does until it is finished; its exit status.
Result<int> follow(const Remote& remote, std::int64_t sweep, const Terminal& terminal);

}  // namespace tripled::cli
