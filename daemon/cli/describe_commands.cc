#include "daemon/cli/describe_commands.h"

#include <cstdio>

#include "daemon/cli/commands.h"
#include "schema/base/file.h"
#include "schema/program/completion.h"
#include "schema/program/man.h"

namespace tripled::cli {
namespace {

int print(const Result<std::string>& text) {
  if (!text) return report_error(text.error(), ColourChoice::automatic);
  std::fputs(text->c_str(), stdout);
  return 0;
}

program::ManHeader header(const std::string& title, int section, const std::string& date) {
  return {title, section, date, "tripled " TRIPLED_VERSION};
}

Result<std::string> settings_page(const ManCommand& command) {
  TRIPLED_ASSIGN(auto text, read_file(command.schema));
  TRIPLED_ASSIGN(auto schema, wire::parse(text));
  return program::settings_man_page(schema, header("tripled.yaml", 5, command.date), {"tripled(1)"});
}

}  // namespace

int run_completion(const std::string& shell, const program::Command& root) {
  return print(program::completion_for(shell, root));
}

int run_man(const ManCommand& command, const program::Command& root) {
  if (!command.schema.empty()) return print(settings_page(command));
  return print(
      program::man_page(root, header("tripled", 1, command.date), {"tripled-worker(1)", "tripled.yaml(5)"}));
}

}  // namespace tripled::cli
