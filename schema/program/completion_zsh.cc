#include "schema/base/text.h"
#include "schema/program/completion.h"

namespace tripled::program {
namespace {

// Inside a specification of _arguments or _describe.
std::string escaped(std::string text) {
  for (const char* special : {"\\", ":", "[", "]"})
    text = replace_all(text, special, std::string("\\") + special);
  return text;
}

std::string action(const CommandOption& option) {
  if (option.choices.empty()) return ":_files";
  return ":(" + join(option.choices, " ") + ")";
}

std::vector<std::string> specifications(const Command& command) {
  std::vector<std::string> out;
  for (const auto& option : command.options) {
    if (option.names.empty()) {
      out.push_back((option.repeatable ? "*:"
                     : option.required ? ":"
                                       : "::") +
                    escaped(option.positional) + action(option));
      continue;
    }
    for (const auto& name : option.names) {
      auto text = (option.repeatable ? "*" : "") + name;
      if (!option.value.empty() && name.rfind("--", 0) == 0) text += "=";
      text += "[" + escaped(option.description) + "]";
      if (!option.value.empty())
        text += (option.may_lack_value ? "::" : ":") + escaped(option.value) + action(option);
      out.push_back(text);
    }
  }
  if (!command.commands.empty()) {
    out.push_back("1: :->command");
    out.push_back("*::argument:->rest");
  }
  return out;
}

void write(const Command& command, const std::string& function, std::string& out) {
  for (const auto& sub : command.commands) write(sub, function + "_" + shell_identifier(sub.name), out);
  out +=
      function + "() {\n  local curcontext=$curcontext state line\n  typeset -A opt_args\n  _arguments -S -C";
  for (const auto& text : specifications(command)) out += " \\\n    " + shell_quote(text);
  out += "\n";
  if (!command.commands.empty()) {
    out += "  case $state in\n    command)\n      local -a commands=(\n";
    for (const auto& sub : command.commands)
      out += "        " + shell_quote(escaped(sub.name) + ":" + escaped(sub.description)) + "\n";
    out += "      )\n      _describe command commands ;;\n    rest)\n      case $words[1] in\n";
    for (const auto& sub : command.commands)
      out += "        " + sub.name + ") " + function + "_" + shell_identifier(sub.name) + " ;;\n";
    out += "      esac ;;\n  esac\n";
  }
  out += "}\n\n";
}

}  // namespace

std::string zsh_completion(const Command& root) {
  const auto function = "_" + shell_identifier(root.name);
  std::string out = "#compdef " + root.name + "\n# Completion of " + root.name + " for zsh.\n\n";
  write(root, function, out);
  // Autoloaded, the file is the function's body the first time; sourced, it registers it.
  return out + "if [[ $funcstack[1] == " + function + " ]]; then\n  " + function +
         " \"$@\"\nelse\n  compdef " + function + " " + root.name + "\nfi\n";
}

}  // namespace tripled::program
