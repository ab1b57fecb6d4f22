// A program's command line as data, read from its CLI11 tree. Completions and man pages are written from it,
// so they cannot be out of step with what the program takes. Pure.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tripled::program {

struct CommandOption {
  std::vector<std::string> names;  // `-p`, `--package`; empty: a positional
  std::string positional;          // its name, for a positional
  std::string value;               // what a value is: TEXT, INT, …; empty: a flag
  std::vector<std::string> choices;
  std::string description, default_text;
  bool required = false, repeatable = false;
  bool may_lack_value = false;
};

struct Command {
  std::string name, description;
  std::string footer;  // as help prints it: examples, exit status
  std::vector<CommandOption> options;
  std::vector<Command> commands;
};

// Without what is hidden from help (CLI11: an empty group).
Command read_command(const CLI::App& app, const std::string& name);

}  // namespace tripled::program
