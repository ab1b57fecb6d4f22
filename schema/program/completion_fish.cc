#include "schema/base/text.h"
#include "schema/program/completion.h"

namespace tripled::program {
namespace {

std::string quoted(const std::string& text) {
  return "'" + replace_all(replace_all(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// `--long`, `-p` as `-l long -s p`.
std::string flags(const CommandOption& option) {
  std::string out;
  for (const auto& name : option.names)
    out += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return out;
}

struct Script {
  std::string program, at;  // at: the function that says whether the cursor is at a place
  std::vector<std::string> places;
  std::string lines;

  void add(const std::string& place, const std::string& rest) {
    lines += "complete -c " + program + " -n " + quoted(at + " " + quoted(place)) + rest + "\n";
  }

  void read(const Command& command, const std::string& place) {
    for (const auto& option : command.options) {
      auto about = option.description.empty() ? "" : " -d " + quoted(option.description);
      auto values = option.choices.empty() ? "" : " -f -a " + quoted(join(option.choices, " "));
      if (option.names.empty()) {
        if (!option.choices.empty()) add(place, values + about);
        continue;
      }
      bool value = !option.value.empty() && !option.may_lack_value;
      add(place, flags(option) + (value ? " -r" : "") + values + about);
    }
    for (const auto& sub : command.commands) {
      auto below = place.empty() ? sub.name : place + " " + sub.name;
      add(place, " -f -a " + quoted(sub.name) + " -d " + quoted(sub.description));
      places.push_back(quoted(below));
      read(sub, below);
    }
  }
};

}  // namespace

std::string fish_completion(const Command& root) {
  Script script;
  script.program = root.name;
  script.at = "__" + shell_identifier(root.name) + "_at";
  script.read(root, "");
  return "# Completion of " + root.name + " for fish.\nfunction " + script.at +
         "\n"
         "    set -l known " +
         join(script.places, " ") +
         "\n"
         "    set -l place\n"
         "    for word in (commandline -opc)[2..-1]\n"
         "        if contains -- \"$place $word\" ' '$known\n"
         "            set place \"$place $word\"\n"
         "        end\n"
         "    end\n"
         "    test \"$place\" = (test -n \"$argv[1]\"; and echo \" $argv[1]\"; or echo '')\n"
         "end\n\n" +
         script.lines;
}

}  // namespace tripled::program
