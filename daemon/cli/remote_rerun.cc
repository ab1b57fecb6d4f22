// `tripled rerun`: cells of a daemon's sweep are tried again in place.
#include <unistd.h>

#include "daemon/cli/remote_answer.h"
#include "daemon/web/engine.h"

namespace tripled::cli {

static int follow_rerun(const RerunCommand& command) {
  auto remote = Remote::open(command.common.remote);
  if (!remote) return report_error(remote.error(), command.common.colour);
  auto terminal = describe_terminal(STDERR_FILENO, command.common.colour);
  auto status = follow(*remote, std::stoll(command.sweep), terminal);
  if (!status) return report_error(status.error(), command.common.colour);
  int shown = run_remote_report(command.common, command.sweep, command.common.json ? "json" : "text");
  return shown == 0 ? *status : shown;
}

int run_rerun(const RerunCommand& command) {
  web::RerunRequest request;
  request.cells = command.cells;
  request.triples = command.triples;
  request.stages = command.stages;
  request.failed = command.failed;
  request.broken = command.broken;
  auto asking = command.common;
  asking.json = asking.json && !command.follow;  // one document on standard output
  bool begun = false;
  int asked = with_answer(asking, "POST", "/api/v1/sweeps/" + percent_encoded(command.sweep) + "/rerun",
                          wire::to_text_json(request), [&](const wire::json::value& answer) {
                            begun = true;
                            const auto& cells = answer.at("cells").as_array();
                            std::fprintf(stderr, "%zu %s tried again in sweep %s\n", cells.size(),
                                         cells.size() == 1 ? "cell is" : "cells are", command.sweep.c_str());
                            if (command.follow) return 0;
                            for (const auto& cell : cells) std::printf("%s\n", text_of(cell).c_str());
                            return 0;
                          });
  return asked == 0 && begun && command.follow ? follow_rerun(command) : asked;
}

}  // namespace tripled::cli
