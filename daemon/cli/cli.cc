#include "daemon/cli/cli.h"

#include "daemon/cli/command_line.h"
#include "schema/base/text.h"
#include "schema/program/log.h"

namespace tripled::cli {

void add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
              const std::string& description) {
  app.add_option(name, values, description)->allow_extra_args(false);
}

void add_common(CLI::App& app, Common& common) {
  app.add_option("--state", common.paths.state, "database and logs")->capture_default_str();
  app.add_option("--cache", common.paths.cache, "stds, snapshots, target dirs")->capture_default_str();
  app.add_option("--color", common.colour, "auto, always or never")
      ->transform(CLI::CheckedTransformer(colour_words));
}

CommandLine::CommandLine() {
  app_.set_version_flag("--version", "tripled " TRIPLED_VERSION);
  app_.require_subcommand(1);
  app_.footer("\nRun `tripled COMMAND --help` for its options and examples.");
  define_sweep();
  define_plan();
  define_report();
  define_logs();
  define_repro();
  define_doctor();
  define_targets();
  define_init();
  define_serve();
  define_remote();
  define_token();
  explain_.define(app_, common_.paths, status_);
  storage_.define(app_, common_.paths, status_);
  define_descriptions();
  define_projects();
}

int CommandLine::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::RequiredError& e) {
    auto words = app_.remaining();
    if (words.empty()) return app_.exit(e), 2;
    refuse(unknown(words.front()));  // CLI11 says only that a command is missing
  } catch (const CLI::ParseError& e) {
    return app_.exit(e) == 0 ? 0 : 2;
  }
  return status_;
}

Error CommandLine::unknown(const std::string& word) const {
  std::vector<std::string> names;
  for (const auto* sub : app_.get_subcommands({})) names.push_back(sub->get_name());
  std::string text =
      "unknown " + std::string(word.rfind('-', 0) == 0 ? "option" : "command") + " `" + word + "`";
  if (auto meant = nearest(word, names)) text += "; did you mean `" + *meant + "`?";
  return usage_error(text + " (tripled --help)");
}

void CommandLine::define_descriptions() {
  auto* completion = app_.add_subcommand("completion", "Print a completion script for a shell");
  completion->footer(
      "\nExamples:\n  source <(tripled completion bash)\n"
      "  tripled completion zsh > ~/.zfunc/_tripled\n"
      "  tripled completion fish > ~/.config/fish/completions/tripled.fish");
  completion->add_option("shell", shell_, "which")->check(CLI::IsMember({"bash", "fish", "zsh"}))->required();
  completion->callback([this] { status_ = run_completion(shell_, program::read_command(app_, "tripled")); });

  auto* man = app_.add_subcommand("man", "Print a man page: tripled(1), or tripled.yaml(5) from its schema");
  man->group("");  // for packaging
  man->add_option("--date", man_.date, "YYYY-MM-DD")->required();
  man->add_option("--settings", man_.schema, "schema/json/service.schema.json");
  man->callback([this] { status_ = run_man(man_, program::read_command(app_, "tripled")); });
}

void CommandLine::refuse(const Error& error) { status_ = report_error(error, common_.colour); }

int run(int argc, char** argv) {
  program::log_to_stderr("tripled");
  return CommandLine().run(argc, argv);
}

}  // namespace tripled::cli
