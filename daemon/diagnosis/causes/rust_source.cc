#include "daemon/diagnosis/causes/rust_source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "daemon/diagnosis/causes/rust_mask.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view word_before(std::string_view code, std::size_t at) {
  while (at > 0 && std::isspace(static_cast<unsigned char>(code[at - 1])) != 0) --at;
  auto end = at;
  if (at > 0 && code[at - 1] == '!') --at;
  while (at > 0 && is_word(code[at - 1])) --at;
  return code.substr(at, end - at);
}

// What surrounds a place while the file is walked from its start.
struct Scope {
  char bracket = '{';
  std::vector<Gate> gates;    // of this bracket's item
  std::vector<Gate> pending;  // to go on with after a ) or ]
  bool conditional = false;   // `if #[cfg(…)] {` or `if cfg!(…) {`
  bool item = false;          // a ( or [ in the head of an item
};

class Walker {
 public:
  Walker(const std::string& text, const std::string& code) : text_(text), code_(code) {}

  // Goes on from where it was.
  std::vector<Gate> walk(std::size_t target) {
    for (; at_ < target && at_ < code_.size(); ++at_) step();
    std::vector<Gate> out;
    for (const auto& scope : scopes_) {
      // `pending` of an open ( or [ belongs to the item that is still going on.
      out.insert(out.end(), scope.gates.begin(), scope.gates.end());
      out.insert(out.end(), scope.pending.begin(), scope.pending.end());
    }
    out.insert(out.end(), pending_.begin(), pending_.end());
    return out;
  }

 private:
  void step() {
    char c = code_[at_];
    if (c == '\n') ++line_;
    if (c == '#' && attribute()) return;
    if (c == '{' || c == '(' || c == '[') return open(c);
    if (c == '}' || c == ')' || c == ']') return close(c);
    if (c == ';' || (c == ',' && !item_)) forget();
    if (is_word(c) && (at_ == 0 || !is_word(code_[at_ - 1]))) word();
  }

  void forget() {
    pending_.clear();
    conditional_ = item_ = false;
  }

  // Commas of an item's generics do not end it; those of fields, variants and arguments do. `fn(` is a type.
  void note_item(std::string_view rest) {
    for (std::string_view word :
         {"fn ", "struct ", "enum ", "union ", "trait ", "impl ", "impl<", "type ", "mod "})
      if (rest.starts_with(word)) item_ = true;
  }

  std::size_t matching(std::size_t open) const {
    int depth = 0;
    for (auto i = open; i < code_.size(); ++i) {
      if (code_[i] == '(') ++depth;
      if (code_[i] == ')' && --depth == 0) return i;
    }
    return std::string::npos;
  }

  // `#[cfg(…)]` of what follows, `#![cfg(…)]` of what surrounds it.
  bool attribute() {
    auto rest = std::string_view(code_).substr(at_);
    bool inner = rest.starts_with("#![cfg(");
    if (!inner && !rest.starts_with("#[cfg(")) return false;
    auto open = at_ + (inner ? 6 : 5);
    auto end = matching(open);
    if (end == std::string::npos) return false;
    Gate gate{std::string(trim(std::string_view(text_).substr(open + 1, end - open - 1))), line_, false};
    if (inner && !scopes_.empty())
      scopes_.back().gates.push_back(std::move(gate));
    else if (inner)
      scopes_.insert(scopes_.begin(), Scope{'{', {std::move(gate)}, {}, false});
    else
      pending_.push_back(std::move(gate));
    if (word_before(code_, at_) == "if") conditional_ = true;
    skip_to(std::min(code_.find(']', end), code_.size() - 1));
    return true;
  }

  void word() {
    auto rest = std::string_view(code_).substr(at_);
    note_item(rest);
    if (rest.starts_with("cfg!(")) {
      auto end = matching(at_ + 4);
      if (end == std::string::npos) return;
      auto inside = std::string(trim(std::string_view(text_).substr(at_ + 5, end - at_ - 5)));
      auto before = at_;
      while (before > 0 && std::isspace(static_cast<unsigned char>(code_[before - 1])) != 0) --before;
      bool negated = before > 0 && code_[before - 1] == '!';
      auto head = word_before(code_, negated ? before - 1 : before);
      if (head == "if") {
        pending_.push_back({negated ? "not(" + inside + ")" : inside, line_, true});
        conditional_ = true;
      }
      skip_to(end);
    } else if (rest.starts_with("else") && (rest.size() < 5 || !is_word(rest[4])) && !closed_.empty()) {
      std::vector<std::string> texts;
      for (const auto& gate : closed_) texts.push_back(gate.predicate);
      auto all = texts.size() == 1 ? texts.front() : "all(" + join(texts, ", ") + ")";
      pending_.push_back({"not(" + all + ")", line_, closed_.front().macro});
      conditional_ = true;
      closed_.clear();
    } else {
      closed_.clear();
    }
  }

  void skip_to(std::size_t end) {
    line_ += static_cast<int>(std::count(code_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         code_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    at_ = end;
  }

  void open(char bracket) {
    Scope scope;
    scope.bracket = bracket;
    scope.conditional = conditional_;
    scope.item = item_;
    item_ = false;
    if (bracket == '{')
      scope.gates = std::move(pending_);
    else
      scope.pending = std::move(pending_);
    pending_.clear();
    if (bracket == '{') conditional_ = false;
    scopes_.push_back(std::move(scope));
  }

  void close(char bracket) {
    if (scopes_.empty()) return;
    auto scope = std::move(scopes_.back());
    scopes_.pop_back();
    pending_.clear();
    closed_.clear();
    item_ = bracket != '}' && scope.item;
    if (bracket != '}') pending_ = std::move(scope.pending);
    if (bracket == '}' && scope.conditional) closed_ = std::move(scope.gates);
  }

  const std::string& text_;
  const std::string& code_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Scope> scopes_;
  std::vector<Gate> pending_, closed_;
  bool conditional_ = false, item_ = false;
};

std::string path_attribute(std::string_view text, std::size_t item) {
  auto from = item > 200 ? item - 200 : 0;
  auto before = text.substr(from, item - from);
  auto at = before.rfind("path = \"");
  if (at == std::string_view::npos) return {};
  auto rest = before.substr(at + 8);
  auto end = rest.find('"');
  // Only white space, attributes and `pub` may stand between it and the item.
  if (end == std::string_view::npos || contains(rest.substr(end), ";") || contains(rest.substr(end), "}"))
    return {};
  return std::string(rest.substr(0, end));
}

constexpr std::array<std::string_view, 10> kItems{"fn",  "struct", "enum",  "union",  "trait",
                                                  "mod", "type",   "const", "static", "macro_rules!"};

}  // namespace

RustSource::RustSource(std::string_view text) : text_(text), code_(without_comments_and_literals(text)) {
  starts_.push_back(0);
  for (std::size_t at = 0; at < text_.size(); ++at)
    if (text_[at] == '\n') starts_.push_back(at + 1);
}

std::string_view RustSource::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
  auto from = starts_[static_cast<std::size_t>(number) - 1];
  return std::string_view(text_).substr(from, text_.find('\n', from) - from);
}

std::size_t RustSource::offset(int number, int column) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return text_.size();
  auto from = starts_[static_cast<std::size_t>(number) - 1];
  return std::min(from + static_cast<std::size_t>(std::max(column - 1, 0)), text_.size());
}

std::pair<int, int> RustSource::place(std::size_t at) const {
  auto next = std::upper_bound(starts_.begin(), starts_.end(), at);
  auto number = static_cast<int>(next - starts_.begin());
  return {number, static_cast<int>(at - *(next - 1)) + 1};
}

std::vector<Gate> RustSource::gates(int number, int column) const {
  return Walker(text_, code_).walk(offset(number, column));
}

std::vector<std::vector<Gate>> RustSource::gates_at(const std::vector<std::size_t>& places) const {
  std::vector<std::vector<Gate>> out;
  Walker walker(text_, code_);
  for (auto at : places) out.push_back(walker.walk(at));
  return out;
}

std::vector<RustSource::Item> RustSource::items(std::string_view name) const {
  std::vector<Item> found, out;
  std::vector<std::size_t> places;
  for (auto at = code_.find(name); at != std::string::npos && !name.empty(); at = code_.find(name, at + 1)) {
    auto end = at + name.size();
    if ((at > 0 && is_word(code_[at - 1])) || (end < code_.size() && is_word(code_[end]))) continue;
    auto word = word_before(code_, at);
    bool item = std::find(kItems.begin(), kItems.end(), word) != kItems.end();
    auto [number, column] = place(at);
    auto before = trim(std::string_view(code_).substr(starts_[static_cast<std::size_t>(number) - 1],
                                                      at - starts_[static_cast<std::size_t>(number) - 1]));
    auto after = end < code_.size() ? code_[end] : ' ';
    bool field = !item && (before.empty() || before == "pub" || before.ends_with("]")) &&
                 (after == ':' || after == ',' || after == '(' || after == ' ') &&
                 std::string_view(code_).substr(end, 2) != "::";
    if (!item && !field) continue;
    found.push_back({number, column, item ? std::string(word) : "field", {}, {}});
    if (word == "mod") found.back().path = path_attribute(text_, at);
    places.push_back(at);
    if (found.size() >= 64) break;
  }
  auto gates_here = gates_at(places);
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].gates = std::move(gates_here[i]);
    // A field or variant without a condition tells nothing.
    if (found[i].word != "field" || !found[i].gates.empty()) out.push_back(std::move(found[i]));
  }
  return out;
}

std::vector<RustSource::Item> RustSource::modules() const {
  std::vector<Item> out;
  std::vector<std::size_t> places;
  for (auto at = code_.find("mod "); at != std::string::npos; at = code_.find("mod ", at + 1)) {
    if (at > 0 && is_word(code_[at - 1])) continue;
    auto begin = at + 4;
    auto end = begin;
    while (end < code_.size() && is_word(code_[end])) ++end;
    if (end == begin || out.size() >= 512) continue;
    auto [number, column] = place(begin);
    out.push_back({number, column, code_.substr(begin, end - begin), {}, path_attribute(text_, at)});
    places.push_back(begin);
  }
  auto gates_here = gates_at(places);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].gates = std::move(gates_here[i]);
  return out;
}

std::vector<Gate> RustSource::conditions(int from, int to) const {
  std::vector<Gate> out;
  auto begin = offset(from, 1);
  auto end = offset(to + 1, 1);
  for (std::string_view form : {"cfg(", "cfg_attr(", "cfg!("}) {
    for (auto at = code_.find(form, begin); at < end; at = code_.find(form, at + 1)) {
      if (at > 0 && is_word(code_[at - 1])) continue;
      auto open = at + form.size() - 1;
      auto close = closing(open);
      if (close == std::string::npos) continue;
      out.push_back({std::string(trim(std::string_view(text_).substr(open + 1, close - open - 1))),
                     place(at).first, form == "cfg!("});
      if (out.size() >= 64) return out;
    }
  }
  return out;
}

std::size_t RustSource::closing(std::size_t open) const {
  int depth = 0;
  for (auto i = open; i < code_.size(); ++i) {
    if (code_[i] == '(') ++depth;
    if (code_[i] == ')' && --depth == 0) return i;
  }
  return std::string::npos;
}

std::pair<int, int> RustSource::around(int number, int column) const {
  auto target = offset(number, column);
  std::vector<std::size_t> open;
  for (std::size_t at = 0; at < target && at < code_.size(); ++at) {
    if (code_[at] == '{') open.push_back(at);
    if (code_[at] == '}' && !open.empty()) open.pop_back();
  }
  // The innermost block that a `fn` heads; a place in a signature belongs to the block behind it.
  auto head = [&](std::size_t brace) {
    auto from = code_.find_last_of(";{}", brace == 0 ? 0 : brace - 1);
    return from == std::string::npos || from >= brace ? std::size_t{0} : from + 1;
  };
  auto is_fn = [&](std::size_t brace) {
    auto words = split_words(code_.substr(head(brace), brace - head(brace)));
    return std::find(words.begin(), words.end(), "fn") != words.end();
  };
  auto next = code_.find_first_of(";{}", target);
  if (next != std::string::npos && code_[next] == '{' && is_fn(next) && head(next) <= target)
    open.push_back(next);
  for (auto brace = open.rbegin(); brace != open.rend(); ++brace) {
    if (!is_fn(*brace)) continue;
    int depth = 0;
    auto end = *brace;
    for (; end < code_.size(); ++end) {
      if (code_[end] == '{') ++depth;
      if (code_[end] == '}' && --depth == 0) break;
    }
    auto start = head(*brace);
    while (start < *brace && std::isspace(static_cast<unsigned char>(code_[start])) != 0) ++start;
    return {place(start).first, place(std::min(end, code_.size())).first};
  }
  return {number, number};
}

namespace {

// Files that can declare the module of `file`, with the name it would have.
std::vector<std::pair<std::string, std::string>> declarers(const std::filesystem::path& file) {
  std::vector<std::pair<std::string, std::string>> out;
  auto dir = file.parent_path();
  auto name = file.stem().string();
  if (name == "lib" || name == "main") return out;
  if (name == "mod") {
    name = dir.filename().string();
    dir = dir.parent_path();
  }
  for (const char* root : {"lib.rs", "main.rs", "mod.rs"}) out.emplace_back((dir / root).string(), name);
  auto sibling = dir;
  sibling += ".rs";
  out.emplace_back(sibling.string(), name);
  return out;
}

}  // namespace

const RustSource* Sources::find(const std::string& file) const {
  auto known = read_.find(file);
  if (known != read_.end()) return known->second.get();
  const auto* text = evidence_.file(file);
  return (read_[file] = text ? std::make_unique<RustSource>(*text) : nullptr).get();
}

const std::vector<RustSource::Item>& Sources::modules(const std::string& file,
                                                      const RustSource& source) const {
  auto [place, added] = modules_.try_emplace(file);
  if (added) place->second = source.modules();
  return place->second;
}

std::optional<Sources::Declared> Sources::declared(const std::string& file) const {
  for (const auto& [parent, name] : declarers(file)) {
    const auto* source = parent == file ? nullptr : find(parent);
    if (!source) continue;
    for (const auto& module : modules(parent, *source)) {
      bool by_path = !module.path.empty() && std::filesystem::path(file).filename() == module.path;
      if (by_path || (module.word == name && module.path.empty()))
        return Declared{parent, module.line, module.column};
    }
  }
  return std::nullopt;
}

std::vector<Gate> Sources::gates(std::string file, int line, int column) const {
  constexpr int deepest = 16;
  std::vector<Gate> out;
  for (int depth = 0; depth < deepest; ++depth) {
    if (const auto* source = find(file)) {
      auto here = source->gates(line, column);
      out.insert(out.begin(), here.begin(), here.end());
    }
    auto next = declared(file);
    if (!next) break;
    file = next->file;
    line = next->line;
    column = next->column;
  }
  return out;
}

}  // namespace tripled::diagnosis
