#include "workers/agent/definitions.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::agent {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_files = 6, max_seen = 4000, max_read = 48u << 20, max_file = 2u << 20;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Every text in backquotes.
void add_quoted(std::string_view text, std::vector<std::string>& out) {
  for (auto open = text.find('`'); open != std::string_view::npos;) {
    auto close = text.find('`', open + 1);
    if (close == std::string_view::npos) return;
    out.emplace_back(text.substr(open + 1, close - open - 1));
    open = text.find('`', close + 1);
  }
}

// Names in a path or type; generics' numbers and lifetimes' single letters are none.
std::vector<std::string> words_of(const std::string& path) {
  std::vector<std::string> out;
  std::string word;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && is_word(path[i])) {
      word += path[i];
      continue;
    }
    bool number = !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0;
    if (word.size() > 1 && !number) out.push_back(word);
    word.clear();
  }
  return out;
}

// `fn name`, `struct name`, `macro_rules! name`, or a field or variant at the head of its line.
bool defines(std::string_view text, const std::string& word) {
  static constexpr std::array<std::string_view, 10> items{"fn",  "struct", "enum",  "union",  "trait",
                                                          "mod", "type",   "const", "static", "macro_rules!"};
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    auto end = at + word.size();
    if ((at > 0 && is_word(text[at - 1])) || (end < text.size() && is_word(text[end]))) continue;
    auto line = text.rfind('\n', at);
    auto head = trim(text.substr(line == std::string_view::npos ? 0 : line + 1,
                                 at - (line == std::string_view::npos ? 0 : line + 1)));
    if (std::any_of(items.begin(), items.end(), [&](std::string_view item) { return head.ends_with(item); }))
      return true;
    bool member = head.empty() || head == "pub" || head.ends_with("]");
    if (member && end < text.size() && (text[end] == ':' || text[end] == ',' || text[end] == '('))
      return true;
  }
  return false;
}

bool names_something_missing(const std::string& code) {
  static constexpr std::array<std::string_view, 17> codes{
      "E0432", "E0433", "E0425", "E0412", "E0405", "E0423", "E0599", "E0609", "E0560",
      "E0574", "E0422", "E0531", "E0532", "E0407", "E0046", "E0004", "E0026"};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

MissingNames missing_names(const Diagnostic& error) {
  MissingNames out;
  if (!names_something_missing(error.code)) return out;
  std::vector<std::string> quoted;
  add_quoted(error.message, quoted);
  for (const auto& span : error.spans)
    if (span.primary) add_quoted(span.label, quoted);
  for (const auto& path : quoted) {
    auto segments = words_of(path);
    out.crates.insert(segments.begin(), segments.end());
    // What leads to it is there; the last word is what is missing.
    if (!segments.empty()) out.words.insert(segments.back());
  }
  for (const char* word : {"crate", "self", "super", "std", "core", "mod"}) out.words.erase(word);
  return out;
}

std::vector<fs::path> files_defining(const fs::path& root, const std::set<std::string>& words) {
  std::vector<fs::path> sources, out;
  std::error_code ec;
  fs::recursive_directory_iterator walk(root, fs::directory_options::skip_permission_denied, ec);
  for (; !ec && walk != fs::recursive_directory_iterator() && sources.size() < max_seen; walk.increment(ec)) {
    auto name = walk->path().filename().string();
    std::error_code type;
    if (walk->is_directory(type) && (name == "target" || name.starts_with(".")))
      walk.disable_recursion_pending();
    if (name.ends_with(".rs") && walk->is_regular_file(type)) sources.push_back(walk->path());
  }
  std::sort(sources.begin(), sources.end());
  std::size_t read = 0;
  for (const auto& source : sources) {
    if (out.size() >= max_files || read > max_read) break;
    auto text = read_file(source, max_file);
    if (!text) continue;
    read += text->size();
    if (std::any_of(words.begin(), words.end(),
                    [&](const std::string& word) { return defines(*text, word); }))
      out.push_back(source);
  }
  return out;
}

}  // namespace tripled::agent
