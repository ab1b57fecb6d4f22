#include "config/located.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "schema/base/text.h"

namespace tripled::config {

static bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

namespace {

// Leaves yaml-cpp's parser; never leaves this file.
struct Refusal {
  Error error;
};

// The text by lines, to turn yaml-cpp's 0-based byte columns into places and to look at what is really
// written.
class Source {
 public:
  Source(std::string_view text, const std::string& file)
      : text_(text), file_(std::make_shared<const std::string>(file)) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }

  std::size_t offset(const YAML::Mark& mark) const {
    if (mark.is_null() || static_cast<std::size_t>(mark.line) >= starts_.size()) return text_.size();
    return std::min(text_.size(),
                    starts_[static_cast<std::size_t>(mark.line)] + static_cast<std::size_t>(mark.column));
  }

  // Places are asked for in the order of the text, mostly: a long line is walked over once, not once for
  // each.
  Place at(std::size_t offset) const {
    std::size_t line =
        static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
    if (line != seen_.line || offset < seen_.offset) seen_ = {line, starts_[line - 1], 1};
    for (; seen_.offset < offset && seen_.offset < text_.size(); ++seen_.offset)
      if (!continues_character(text_[seen_.offset])) ++seen_.column;
    return Place{file_, static_cast<int>(line), seen_.column};
  }
  Place at(const YAML::Mark& mark) const { return at(offset(mark)); }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  std::vector<std::size_t> starts_;
  struct Seen {
    std::size_t line = 0, offset = 0;
    int column = 1;
  };
  mutable Seen seen_;
};

// Builds the tree from the parser's events: they keep order and duplicate keys, which yaml-cpp's own tree
// does not.
class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, const YamlLimits& limits) : source_(source), limits_(limits) {}

  Node take() { return std::move(root_); }

  // After the parser gave up for want of a `]` or `}`: what was opened last and is not closed.
  Error unclosed(const std::string& message) const {
    for (std::size_t i = open_.size(); i-- > 0;) {
      auto first = character_at(opened_at_[i]);
      if (first != "[" && first != "{") continue;
      std::string why;
      if (!open_[i].commented.empty())
        why = " (`" + open_[i].commented + "` has no value: text that begins with `#` must be quoted)";
      return error_at(source_.at(opened_at_[i]), message + why);
    }
    return error_at(source_.at(std::size_t{0}), message);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document: a matrix is one document, remove the `---`");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { value(Node{}, mark, anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_tag(mark, tag);
    Node node;
    node.kind = Node::Kind::scalar;
    node.scalar = text;
    node.quoted = tag == "!";
    auto start = source_.offset(mark) + (node.quoted ? 1 : 0);
    node.verbatim = !text.empty() && text.find('\n') == std::string::npos &&
                    source_.text().substr(start, text.size()) == text;
    value(std::move(node), mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto known = anchors_.find(anchor);
    if (known == anchors_.end()) refuse(mark, "an alias of the value that it is part of (a cycle)");
    charge(mark, known->second);
    if (open_.size() + depth_of(known->second) > static_cast<std::size_t>(limits_.depth)) too_deep(mark);
    place(Node(known->second), mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, Node::Kind::sequence, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, Node::Kind::map, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    int level = 1;
    bool flow = false;
    std::optional<Entry> key;  // of a map: read, its value not yet
    std::size_t key_offset = 0;
    std::string commented;  // the last key, when `#` begins where its value should
    std::unordered_set<std::string> keys;
  };

  [[noreturn]] void refuse(const Place& place, const std::string& message) const {
    throw Refusal{error_at(place, message)};
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& message) const {
    refuse(source_.at(mark), message);
  }
  [[noreturn]] void too_deep(const YAML::Mark& mark) const {
    refuse(mark, "nested deeper than " + std::to_string(limits_.depth) + " levels");
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark, "a tag (`" + tag + "`): tags are not part of the matrix language");
  }

  static std::size_t depth_of(const Node& node) {
    std::size_t deepest = 0;
    for (const auto& item : node.items) deepest = std::max(deepest, depth_of(item));
    for (const auto& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
    return node.is_map() || node.is_sequence() ? deepest + 1 : 0;
  }

  void charge_one(const YAML::Mark& mark, const Node& node) {
    scalar_bytes_ += node.scalar.size();
    if (++nodes_ > limits_.nodes)
      refuse(mark, "more than " + std::to_string(limits_.nodes) +
                       " values (aliases count each time they are used)");
    if (scalar_bytes_ > limits_.scalar_bytes)
      refuse(mark, "more than " + std::to_string(limits_.scalar_bytes) +
                       " bytes of text (aliases count each time they are used)");
  }
  void charge(const YAML::Mark& mark, const Node& node) {
    charge_one(mark, node);
    for (const auto& item : node.items) charge(mark, item);
    for (const auto& entry : node.entries) charge(mark, entry.value);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind,
            YAML::EmitterStyle::value style) {
    check_tag(mark, tag);
    // A collection as key is refused when it is complete; until then its map is no level of its own: yaml-cpp
    // takes `[[` without an end for keys of maps that nobody wrote.
    bool as_key = !open_.empty() && open_.back().node.is_map() && !open_.back().key;
    Open next;
    next.level = (open_.empty() ? 0 : open_.back().level) + (as_key ? 0 : 1);
    if (next.level > limits_.depth) too_deep(mark);
    next.node.kind = kind;
    next.node.place = source_.at(mark);
    next.node.in_flow = !open_.empty() && open_.back().flow;
    next.anchor = anchor;
    next.flow = style == YAML::EmitterStyle::Flow;
    open_.push_back(std::move(next));
    opened_at_.push_back(mark);
  }

  void close() {
    Open done = std::move(open_.back());
    auto mark = opened_at_.back();
    open_.pop_back();
    opened_at_.pop_back();
    charge_one(mark, done.node);
    if (done.anchor != 0) anchors_[done.anchor] = done.node;
    place(std::move(done.node), mark);
  }

  void value(Node node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    node.place = source_.at(mark);
    node.in_flow = !open_.empty() && open_.back().flow;
    charge_one(mark, node);
    if (anchor != 0) anchors_[anchor] = node;
    place(std::move(node), mark);
  }

  // Puts a finished value where it belongs: the root, a list, or a map's key or value.
  void place(Node node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      start_entry(parent, std::move(node), mark);
    } else {
      bool unwritten = node.is_null() && !written_null(mark);
      auto behind = behind_key(parent);
      if (unwritten && in_braces() && behind && (behind->starts_with(",") || behind->starts_with("}")))
        split_scalar(parent);
      if (unwritten)
        node.place = parent.key->key_place;  // nothing stands there; the parser looks at what follows
      bool comment = unwritten && behind && begins_comment(*behind);
      parent.commented = comment ? parent.key->key : "";
      parent.key->value = std::move(node);
      parent.node.entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }

  void start_entry(Open& parent, Node key, const YAML::Mark& mark) {
    auto at = source_.at(mark);
    if (key.is_null()) refuse(at, "a key must be text: quote it");
    if (!key.is_scalar()) refuse(at, "a key must be text, this is a list or a map");
    if (key.scalar == "<<") refuse(at, "merge keys (`<<`) are not part of the matrix language");
    if (!parent.keys.insert(key.scalar).second)
      refuse(at, "duplicate key `" + key.scalar + "`, first at " +
                     parent.node.find(key.scalar)->key_place.text());
    parent.key = Entry{std::move(key.scalar), at, {}};
    parent.key_offset = source_.offset(mark);
  }

  // `~` or `null`, and not what happens to follow a key without a value.
  bool written_null(const YAML::Mark& mark) const {
    auto text = source_.text().substr(source_.offset(mark), 4);
    return text.substr(0, 1) == "~" || to_lower(text) == "null";
  }

  // Empty at the end of the text.
  std::string_view character_at(const YAML::Mark& mark) const {
    return source_.text().substr(source_.offset(mark), 1);
  }

  // A map written with `{`; yaml-cpp reports others in a list whose `]` is missing.
  bool in_braces() const { return character_at(opened_at_.back()) == "{"; }

  // What follows the key, white space aside: `:`, or `,` or `}` where it was written without a value. Nothing
  // when the key was written with escapes or over lines.
  std::optional<std::string_view> behind_key(const Open& parent) const {
    auto at = parent.key_offset;
    auto text = source_.text();
    const auto& key = parent.key->key;
    std::size_t quote = at < text.size() && (text[at] == '"' || text[at] == '\'') ? 1 : 0;
    if (text.substr(std::min(text.size(), at + quote), key.size()) != key) return std::nullopt;
    auto behind = text.substr(std::min(text.size(), at + key.size() + 2 * quote));
    return behind.substr(std::min(behind.size(), behind.find_first_not_of(" \t\r\n")));
  }

  // `: #77`, where a value should be.
  static bool begins_comment(std::string_view behind) {
    auto at = behind.find_first_not_of(" \t", 1);
    return at != std::string_view::npos && behind[0] == ':' && behind[at] == '#';
  }

  // `{when: a, b}`: the comma ended the text, what follows became a key without a value.
  [[noreturn]] void split_scalar(const Open& parent) const {
    const auto& key = *parent.key;
    std::string message = "`" + key.key + "` has no value";
    if (!parent.node.entries.empty() && parent.node.entries.back().value.is_scalar()) {
      const auto& before = parent.node.entries.back();
      message += "; inside `{}` a comma ends plain text: if it belongs to `" + before.key + "`, quote it: `" +
                 before.key + ": '" + before.value.scalar + ", " + key.key + "'`";
    }
    refuse(key.key_place, message);
  }

  const Source& source_;
  YamlLimits limits_;
  Node root_;
  std::vector<Open> open_;
  std::vector<YAML::Mark> opened_at_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0, scalar_bytes_ = 0;
  int documents_ = 0;
};

// What no YAML text of ours may hold, before a parser sees it.
Status check_bytes(const Source& source, const YamlLimits& limits) {
  auto text = source.text();
  if (text.size() > limits.bytes)
    return error_at(source.at(std::size_t{0}), "larger than " + std::to_string(limits.bytes) + " bytes");
  if (text.substr(0, 3) == "\xef\xbb\xbf" || text.substr(0, 2) == "\xff\xfe" ||
      text.substr(0, 2) == "\xfe\xff")
    return error_at(source.at(std::size_t{0}), "begins with a byte order mark: save it as UTF-8 without one");
  std::size_t indicators = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
      return error_at(source.at(i), "a control character (byte " + std::to_string(c) + ")");
    // Before the parser, which keeps all tokens of an open `[` in memory until it is closed.
    if ((c == '[' || c == '{' || c == ',') && ++indicators > limits.nodes)
      return error_at(source.at(i), "more than " + std::to_string(limits.nodes) + " of `[`, `{` and `,`");
  }
  auto clean = to_valid_utf8(text);
  if (clean != text) {
    std::size_t i = 0;
    while (i < text.size() && clean[i] == text[i]) ++i;
    return error_at(source.at(i), "not UTF-8");
  }
  return {};
}

// yaml-cpp's words, with ours where they do not help.
std::string yaml_message(const Source& source, const YAML::ParserException& e) {
  std::string message = e.msg;
  auto at = source.offset(e.mark);
  auto line_start = source.text().rfind('\n', at == 0 ? 0 : at - 1);
  auto line = source.text().substr(line_start == std::string_view::npos ? 0 : line_start + 1);
  line = line.substr(0, line.find('\n'));
  auto indent = line.substr(0, line.find_first_not_of(" \t"));
  if (contains(indent, "\t")) message += " (a tab in the indentation: use spaces)";
  if (message == "illegal map value") message += " (text that holds `: ` must be quoted)";
  return "not valid YAML: " + message;
}

}  // namespace

Result<Node> read_yaml(std::string_view text, const std::string& file, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    return config_error(file + ":1:1: larger than " + std::to_string(limits.bytes) + " bytes");
  Source source(text, file);
  TRIPLED_TRY(check_bytes(source, limits));
  Builder builder(source, limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return refusal.error;
  } catch (const YAML::ParserException& e) {
    if (e.msg.ends_with("flow not found")) return builder.unclosed(yaml_message(source, e));
    return error_at(source.at(e.mark), yaml_message(source, e));
  } catch (const YAML::Exception& e) {
    return error_at(source.at(e.mark), std::string("not valid YAML: ") + e.msg);
  } catch (const std::exception& e) {  // never seen; a library's exception must not leave this folder
    return config_error(file + ":1:1: not valid YAML: " + e.what());
  }
  Node root = builder.take();
  if (root.is_null()) return config_error(file + ":1:1: the file is empty");
  return root;
}

}  // namespace tripled::config
