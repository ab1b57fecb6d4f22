#include "schema/base/text.h"
#include "schema/program/completion.h"

namespace tripled::program {
namespace {

// What the script's `case`s hold. A place is the path of commands so far, each with a space before it:
// "" for the program itself, " workers", …
struct Cases {
  std::vector<std::string> with_value;  // 'PLACE --option'
  std::vector<std::string> commands;    // 'PLACE command'
  std::string options, values, positions;
};

std::string arm(const std::string& pattern, const std::vector<std::string>& words) {
  return "      " + pattern + ") words=" + shell_quote(join(words, " ")) + " ;;\n";
}

void read(const Command& command, const std::string& place, Cases& out) {
  std::vector<std::string> names, subcommands;
  int position = 0;
  for (const auto& option : command.options) {
    for (const auto& name : option.names) {
      names.push_back(name);
      if (option.value.empty() || option.may_lack_value) continue;
      out.with_value.push_back(shell_quote(place + " " + name));
      if (!option.choices.empty()) out.values += arm(out.with_value.back(), option.choices);
    }
    if (!option.names.empty()) continue;
    auto pattern = shell_quote(place + " ") + (option.repeatable ? "*" : std::to_string(position));
    if (!option.choices.empty()) out.positions += arm(pattern, option.choices);
    ++position;
  }
  for (const auto& sub : command.commands) {
    subcommands.push_back(sub.name);
    out.commands.push_back(shell_quote(place + " " + sub.name));
    read(sub, place + " " + sub.name, out);
  }
  out.options += arm(shell_quote(place), names);
  if (!subcommands.empty()) out.positions += arm(shell_quote(place + " 0"), subcommands);
}

std::string arm_for(const std::vector<std::string>& patterns, const std::string& action) {
  return patterns.empty() ? "" : "      " + join(patterns, " | ") + ") " + action + " ;;\n";
}

}  // namespace

std::string bash_completion(const Command& root) {
  Cases cases;
  read(root, "", cases);
  const auto function = "_" + shell_identifier(root.name);
  return "# Completion of " + root.name + " for bash. Where no word is known, names of files.\n" + function +
         "() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} place= position=0 option= words= word i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    if [[ -n $option ]]; then\n"
         "      [[ $word == '=' ]] || option=\n"
         "      continue\n"
         "    fi\n"
         "    case \"$place $word\" in\n" +
         arm_for(cases.with_value, "option=$word") + arm_for(cases.commands, "place+=\" $word\" position=0") +
         "      *' -'*) ;;\n"
         "      *) position=$((position + 1)) ;;\n"
         "    esac\n"
         "  done\n"
         "  if [[ -n $option ]]; then\n"
         "    [[ $cur == '=' ]] && cur=\n"
         "    case \"$place $option\" in\n" +
         cases.values +
         "      *) ;;\n"
         "    esac\n"
         "  elif [[ $cur == -* ]]; then\n"
         "    case \"$place\" in\n" +
         cases.options +
         "    esac\n"
         "  else\n"
         "    case \"$place $position\" in\n" +
         cases.positions +
         "      *) ;;\n"
         "    esac\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "}\n"
         "complete -o bashdefault -o default -F " +
         function + " " + root.name + "\n";
}

}  // namespace tripled::program
