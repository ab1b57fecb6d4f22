#include "schema/program/command.h"

#include <CLI/CLI.hpp>

#include "schema/base/text.h"

namespace tripled::program {
namespace {

// CLI11 says what an option takes as `TEXT:{drain,release}` or `TEXT:value in {auto->0,never->2} OR {0,2}`.
std::vector<std::string> choices_in(const std::string& type) {
  auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  std::vector<std::string> out;
  for (const auto& word : split(std::string_view(type).substr(open + 1, close - open - 1), ','))
    out.push_back(word.substr(0, word.find("->")));
  return out;
}

CommandOption read_option(const CLI::Option& option) {
  CommandOption out;
  for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  if (out.names.empty()) out.positional = option.get_name(true);
  out.description = option.get_description();
  out.required = option.get_required();
  if (option.get_items_expected_max() == 0) return out;
  const auto type = option.get_type_name();
  out.choices = choices_in(type);
  out.value = type.substr(0, type.find_first_of(": "));
  if (out.value.empty()) out.value = "VALUE";
  out.default_text = option.get_default_str();
  out.repeatable = option.get_items_expected_max() > 1;
  out.may_lack_value = option.get_items_expected_min() == 0;
  return out;
}

}  // namespace

Command read_command(const CLI::App& app, const std::string& name) {
  Command out;
  out.name = name;
  out.description = app.get_description();
  out.footer = app.get_footer();
  for (const auto* option : app.get_options())
    if (!option->get_group().empty()) out.options.push_back(read_option(*option));
  for (const auto* sub : app.get_subcommands({}))
    if (!sub->get_group().empty()) out.commands.push_back(read_command(*sub, sub->get_name()));
  return out;
}

}  // namespace tripled::program
