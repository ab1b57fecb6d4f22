#include "daemon/diagnosis/causes/manifest_text.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

std::string header_of(std::string_view line) {
  auto text = trim(line);
  if (!text.starts_with('[') || text.starts_with("[[")) return {};
  auto end = text.rfind(']');
  if (end == std::string_view::npos) return {};
  return std::string(trim(text.substr(1, end - 1)));
}

std::string key_of(std::string_view line) {
  auto text = trim(line);
  if (text.empty() || text[0] == '#' || text[0] == '[') return {};
  auto equals = text.find('=');
  if (equals == std::string_view::npos) return {};
  auto key = trim(text.substr(0, equals));
  if (auto dot = key.find('.'); dot != std::string_view::npos && !key.starts_with('"'))
    key = trim(key.substr(0, dot));
  if (key.size() > 1 && (key.front() == '"' || key.front() == '\'')) key = key.substr(1, key.size() - 2);
  return std::string(key);
}

bool is_dependencies(std::string_view table) {
  return table == "dependencies" || table == "dev-dependencies" || table == "build-dependencies" ||
         table.ends_with(".dependencies") || table.ends_with(".dev-dependencies") ||
         table.ends_with(".build-dependencies");
}

// `[dependencies.foo]`: the table's head and its last word.
std::optional<std::pair<std::string, std::string>> own_table(const std::string& table) {
  auto dot = table.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  auto head = table.substr(0, dot), key = table.substr(dot + 1);
  if (!is_dependencies(head)) return std::nullopt;
  if (key.size() > 1 && (key.front() == '"' || key.front() == '\'')) key = key.substr(1, key.size() - 2);
  return std::pair{head, key};
}

int balance(std::string_view line) {
  int depth = 0;
  bool quoted = false;
  for (char c : line) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '#') break;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
  }
  return depth;
}

bool renames(const std::vector<std::string>& lines, const ManifestEntry& entry, std::string_view name) {
  for (int i = entry.from; i <= entry.to; ++i) {
    auto text = replace_all(lines[static_cast<std::size_t>(i) - 1], " ", "");
    if (contains(text, "package=\"" + std::string(name) + "\"")) return true;
  }
  return false;
}

std::string hunk_range(std::size_t from, std::size_t count) {
  return std::to_string(count == 0 ? from - 1 : from) + (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

ManifestText::ManifestText(std::string_view text) : lines_(split(text, '\n')) {
  ends_with_newline_ = !lines_.empty() && lines_.back().empty();
  if (ends_with_newline_) lines_.pop_back();
}

std::vector<ManifestEntry> ManifestText::dependency(std::string_view name) const {
  std::vector<ManifestEntry> out;
  std::string table;
  const auto last = static_cast<int>(lines_.size());
  for (int i = 1; i <= last; ++i) {
    const auto& line = lines_[static_cast<std::size_t>(i) - 1];
    if (auto header = header_of(line); !header.empty()) {
      table = header;
      auto own = own_table(header);
      if (!own) continue;
      ManifestEntry entry{own->first, own->second, i, i, true};
      while (entry.to < last && !trim(lines_[static_cast<std::size_t>(entry.to)]).starts_with('[') &&
             !trim(lines_[static_cast<std::size_t>(entry.to)]).empty())
        ++entry.to;
      if (own->second == name || renames(lines_, entry, name)) out.push_back(entry);
      continue;
    }
    if (!is_dependencies(table)) continue;
    auto key = key_of(line);
    if (key.empty()) continue;
    ManifestEntry entry{table, key, i, i, false};
    for (int depth = balance(line); depth > 0 && entry.to < last; ++entry.to)
      depth += balance(lines_[static_cast<std::size_t>(entry.to)]);
    if (key == name || renames(lines_, entry, name)) out.push_back(entry);
    i = entry.to;
  }
  return out;
}

std::string ManifestText::text_of(const ManifestEntry& entry) const {
  std::vector<std::string> out(lines_.begin() + entry.from - 1, lines_.begin() + entry.to);
  return join(out, "\n");
}

int ManifestText::table(std::string_view name) const {
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (header_of(lines_[i]) == name) return static_cast<int>(i) + 1;
  return 0;
}

namespace {

void append(std::vector<std::string>& lines, std::string_view table, std::string_view text) {
  std::size_t at = lines.size();
  bool found = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (header_of(lines[i]) == table) {
      found = true;
      at = i + 1;
    } else if (found && trim(lines[i]).starts_with('[') && !header_of(lines[i]).empty()) {
      break;
    } else if (found && !trim(lines[i]).empty()) {
      at = i + 1;
    }
  }
  auto added = split(text, '\n');
  if (!found) {
    while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
    lines.emplace_back();
    lines.push_back("[" + std::string(table) + "]");
    at = lines.size();
  }
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), added.begin(), added.end());
}

}  // namespace

std::string ManifestText::with_line(std::string_view file, std::string_view table,
                                    std::string_view line) const {
  if (!ends_with_newline_) return {};
  auto after = lines_;
  append(after, table, line);
  return unified_diff(file, lines_, after);
}

std::string ManifestText::with_feature_in_table(std::string_view file, const ManifestEntry& entry,
                                                std::string_view feature) const {
  if (!ends_with_newline_ || !entry.own_table) return {};
  auto after = lines_;
  auto quoted = "\"" + std::string(feature) + "\"";
  for (int i = entry.from; i <= entry.to; ++i) {
    auto& line = after[static_cast<std::size_t>(i) - 1];
    if (key_of(line) != "features") continue;
    auto close = line.find(']');
    if (close == std::string::npos) {  // one to a line
      after.insert(after.begin() + i, "    " + quoted + ",");
    } else {
      bool none = trim(std::string_view(line).substr(line.find('[') + 1, close - line.find('[') - 1)).empty();
      line.insert(close, (none ? "" : ", ") + quoted);
    }
    return unified_diff(file, lines_, after);
  }
  after.insert(after.begin() + entry.to, "features = [" + quoted + "]");
  return unified_diff(file, lines_, after);
}

std::string ManifestText::moved(std::string_view file, const ManifestEntry& entry, std::string_view table,
                                bool keep) const {
  if (!ends_with_newline_) return {};
  auto after = lines_;
  if (keep && entry.own_table) {
    std::vector<std::string> copy(lines_.begin() + entry.from - 1, lines_.begin() + entry.to);
    copy.front() = "[" + std::string(table) + "." + entry.key + "]";
    copy.insert(copy.begin(), "");
    after.insert(after.begin() + entry.to, copy.begin(), copy.end());
    return unified_diff(file, lines_, after);
  }
  if (keep) return with_line(file, table, text_of(entry));
  if (entry.own_table) {
    after[static_cast<std::size_t>(entry.from) - 1] = "[" + std::string(table) + "." + entry.key + "]";
    return unified_diff(file, lines_, after);
  }
  auto text = text_of(entry);
  auto at = static_cast<std::size_t>(entry.from) - 1;
  after.erase(after.begin() + entry.from - 1, after.begin() + entry.to);
  // A table that has nothing left goes, too.
  auto next = at;
  while (next < after.size() && trim(after[next]).empty()) ++next;
  bool empty = at > 0 && header_of(after[at - 1]) == entry.table &&
               (next == after.size() || trim(after[next]).starts_with('['));
  if (empty)
    after.erase(after.begin() + static_cast<std::ptrdiff_t>(at) - 1,
                after.begin() + static_cast<std::ptrdiff_t>(next));
  append(after, table, text);
  return unified_diff(file, lines_, after);
}

std::string ManifestText::replaced(std::string_view file, const ManifestEntry& entry,
                                   std::string_view text) const {
  if (!ends_with_newline_) return {};
  auto after = lines_;
  after.erase(after.begin() + entry.from - 1, after.begin() + entry.to);
  auto added = split(text, '\n');
  after.insert(after.begin() + entry.from - 1, added.begin(), added.end());
  return unified_diff(file, lines_, after);
}

std::string unified_diff(std::string_view file, const std::vector<std::string>& before,
                         const std::vector<std::string>& after) {
  constexpr std::size_t context = 3;
  // Longest common subsequence; manifests are short.
  const auto n = before.size(), m = after.size();
  if (n * m > 4'000'000) return {};
  std::vector<std::vector<std::uint32_t>> same(n + 1, std::vector<std::uint32_t>(m + 1, 0));
  for (auto i = n; i-- > 0;)
    for (auto j = m; j-- > 0;)
      same[i][j] = before[i] == after[j] ? same[i + 1][j + 1] + 1 : std::max(same[i + 1][j], same[i][j + 1]);
  struct Line {
    char mark;
    std::string text;
    std::size_t old_line, new_line;
  };
  std::vector<Line> script;
  for (std::size_t i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && before[i] == after[j])
      script.push_back({' ', before[i], i + 1, j + 1}), ++i, ++j;
    else if (i < n && (j == m || same[i + 1][j] >= same[i][j + 1]))
      script.push_back({'-', before[i], i + 1, j + 1}), ++i;
    else
      script.push_back({'+', after[j], i + 1, j + 1}), ++j;
  }
  std::string out;
  for (std::size_t at = 0; at < script.size();) {
    if (script[at].mark == ' ') {
      ++at;
      continue;
    }
    auto from = at > context ? at - context : 0;
    auto to = at, last = at;  // one hunk as long as changes are near each other
    while (to < script.size() && to <= last + 2 * context) {
      if (script[to].mark != ' ') last = to;
      ++to;
    }
    to = std::min(last + context + 1, script.size());
    std::size_t old_count = 0, new_count = 0;
    std::string body;
    for (auto i = from; i < to; ++i) {
      body += script[i].mark + script[i].text + "\n";
      if (script[i].mark != '+') ++old_count;
      if (script[i].mark != '-') ++new_count;
    }
    out += "@@ -" + hunk_range(script[from].old_line, old_count) + " +" +
           hunk_range(script[from].new_line, new_count) + " @@\n" + body;
    at = to;
  }
  if (out.empty()) return {};
  return "--- a/" + std::string(file) + "\n+++ b/" + std::string(file) + "\n" + out;
}

std::optional<std::string> with_feature(std::string_view entry, std::string_view feature) {
  std::string text(entry);
  if (contains(text, "\n")) return std::nullopt;
  auto quoted = "\"" + std::string(feature) + "\"";
  auto equals = text.find('=');
  if (equals == std::string::npos) return std::nullopt;
  auto value = std::string(trim(std::string_view(text).substr(equals + 1)));
  auto key = text.substr(0, equals + 1);
  if (contains(value, "#") || contains(trim(key.substr(0, equals)), ".")) return std::nullopt;
  if (value.starts_with('"')) return key + " { version = " + value + ", features = [" + quoted + "] }";
  if (!value.starts_with('{') || !value.ends_with('}')) return std::nullopt;
  auto list = value.find("features");
  while (list != std::string::npos && list > 0 && value[list - 1] == '-')
    list = value.find("features", list + 1);  // default-features
  if (list == std::string::npos) {
    auto inside = std::string(trim(std::string_view(value).substr(1, value.size() - 2)));
    return key + " { " + inside + ", features = [" + quoted + "] }";
  }
  auto open = value.find('[', list);
  auto close = value.find(']', list);
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  auto inside = trim(std::string_view(value).substr(open + 1, close - open - 1));
  if (contains(inside, quoted)) return std::nullopt;
  return key + " " + value.substr(0, open + 1) + std::string(inside) + (inside.empty() ? "" : ", ") + quoted +
         value.substr(close);
}

}  // namespace tripled::diagnosis
