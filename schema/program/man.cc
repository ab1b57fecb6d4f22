#include "schema/program/man.h"

#include "schema/base/text.h"

namespace tripled::program {
namespace {

std::string value_of(const CommandOption& option) {
  auto value = option.choices.empty() ? italic(option.value) : bold(join(option.choices, "|"));
  return option.may_lack_value ? "[" + value + "]" : value;
}

// `-p, --package TEXT` or `matrix`.
std::string term(const CommandOption& option) {
  if (option.names.empty()) return italic(option.positional) + (option.repeatable ? " ..." : "");
  std::vector<std::string> names;
  for (const auto& name : option.names) names.push_back(bold(name));
  return join(names, ", ") + (option.value.empty() ? "" : " " + value_of(option));
}

std::string options(const Command& command) {
  std::string out;
  for (const auto& option : command.options) {
    out += ".TP\n" + term(option) + "\n";
    auto text = option.description;
    if (option.names.empty() && !option.choices.empty()) text += " (" + join(option.choices, ", ") + ")";
    if (!option.default_text.empty()) text += " [default: " + option.default_text + "]";
    out += roff_text(text.empty() ? "required" : text);
  }
  return out;
}

std::string synopsis(const Command& command, const std::string& path) {
  std::string out = bold(path);
  if (!command.options.empty()) out += " [" + italic("options") + "]";
  for (const auto& option : command.options) {
    if (!option.names.empty()) continue;
    auto name = italic(option.positional) + (option.repeatable ? " ..." : "");
    out += " " + (option.required ? name : "[" + name + "]");
  }
  return out + (command.commands.empty() ? "" : " " + italic("command") + " ...");
}

void write_commands(const Command& command, const std::string& path, std::string& out) {
  for (const auto& sub : command.commands) {
    const auto below = path + " " + sub.name;
    out += subsection(below) + synopsis(sub, below) + "\n.PP\n" + roff_text(sub.description + ".");
    out += options(sub) + roff_paragraphs(sub.footer);
    write_commands(sub, below, out);
  }
}

}  // namespace

std::string see_also_section(const std::vector<std::string>& pages) {
  std::vector<std::string> names;
  for (const auto& page : pages) {
    auto open = page.find('(');
    names.push_back(bold(page.substr(0, open)) + page.substr(open));
  }
  return section("SEE ALSO") + join(names, ",\n") + "\n";
}

std::string man_page(const Command& root, const ManHeader& header, const std::vector<std::string>& see_also) {
  auto description = root.description;
  if (auto prefix = root.name + ": "; description.rfind(prefix, 0) == 0) description.erase(0, prefix.size());
  std::string out = man_header(header) + section("NAME");
  out += root.name + " \\- " + roff_text(description);
  out += section("SYNOPSIS") + synopsis(root, root.name) + "\n";
  out += section("OPTIONS") + options(root) + roff_paragraphs(root.footer);
  if (!root.commands.empty()) {
    out += section("COMMANDS");
    write_commands(root, root.name, out);
  }
  return out + see_also_section(see_also);
}

}  // namespace tripled::program
