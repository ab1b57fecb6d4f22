// `harness = false` out of a manifest. Not a TOML parser: tables, keys, strings, comments and one level of
// inline tables, which is all that cargo's target tables use.
#include <algorithm>
#include <array>
#include <map>

#include "schema/base/text.h"
#include "workers/cargo/metadata.h"

namespace tripled::cargo {

namespace {

constexpr std::array<std::string_view, 5> kKinds{"test", "bench", "example", "bin", "lib"};

// Without the comment; `#` inside strings stays.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      return line.substr(0, i);
    }
  }
  return line;
}

std::string unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

struct Table {
  std::string kind, name;
  bool harness = true;
};

void set_key(Table& table, std::string_view key, std::string_view value) {
  auto name = unquoted(key);
  if (name == "name") table.name = unquoted(value);
  if (name == "harness") table.harness = trim(value) != "false";
}

// `{ name = "x", harness = false }, …`: target tables hold no nested tables.
void inline_tables(std::string_view text, const std::string& kind, std::vector<Table>& out) {
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    auto close = text.find('}', open);
    if (close == std::string_view::npos) return;
    Table table{kind, "", true};
    for (const auto& item : split(text.substr(open + 1, close - open - 1), ','))
      if (auto equals = item.find('='); equals != std::string::npos)
        set_key(table, std::string_view(item).substr(0, equals), std::string_view(item).substr(equals + 1));
    out.push_back(std::move(table));
    open = close;
  }
}

bool is_kind(std::string_view text) { return std::find(kKinds.begin(), kKinds.end(), text) != kKinds.end(); }

// The text from `at` to where its brackets close: arrays may run over lines.
std::string balanced(const std::vector<std::string>& lines, std::size_t& at, std::string_view first) {
  std::string out(first);
  auto depth = [](std::string_view text) {
    return std::count(text.begin(), text.end(), '[') - std::count(text.begin(), text.end(), ']');
  };
  auto open = depth(out);
  while (open > 0 && at + 1 < lines.size()) {
    auto more = without_comment(lines[++at]);
    open += depth(more);
    out += more;
  }
  return out;
}

}  // namespace

std::vector<HarnessOff> targets_without_harness(std::string_view manifest) {
  auto lines = split(manifest, '\n');
  std::vector<Table> tables;
  std::string section, package;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto line = trim(without_comment(lines[i]));
    if (line.starts_with('[')) {
      bool array = line.starts_with("[[");
      section = std::string(trim(line.substr(array ? 2 : 1, line.find(']') - (array ? 2 : 1))));
      if (is_kind(section)) tables.push_back({section, "", true});
      continue;
    }
    auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    auto key = unquoted(line.substr(0, equals));
    auto value = trim(line.substr(equals + 1));
    if (section.empty() && is_kind(key)) {
      inline_tables(balanced(lines, i, value), key, tables);
    } else if (is_kind(section)) {
      set_key(tables.back(), key, value);
    } else if ((section == "package" || section == "project") && key == "name") {
      package = unquoted(value);
    } else if (section.empty() && key.starts_with("lib.")) {
      if (key == "lib.harness" && value == "false") tables.push_back({"lib", "", false});
    }
  }
  std::vector<HarnessOff> out;
  for (auto& table : tables) {
    if (table.harness) continue;
    if (table.name.empty() && table.kind == "lib") table.name = replace_all(package, "-", "_");
    out.push_back({table.kind, table.name});
  }
  return out;
}

}  // namespace tripled::cargo
