// YAML text as a tree of located values: scalars are text as written (1.70, 13.0 and yes stay text), maps
// keep their order, every value knows file:line:column (1-based, columns in characters). Pure; any thread.
// What YAML allows and a matrix does not is refused here: duplicate keys, a second document, `<<`, tags,
// cycles, alias bombs, deep nesting, large files, control characters (reference: YAML 1.2 as yaml-cpp 0.7
// reads it).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace tripled::config {

struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0, column = 0;
  std::string text() const;  // matrix.yaml:17:5; "default" when there is no file
};

struct Entry;

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  std::string scalar;  // without quotes
  bool quoted = false;
  bool in_flow = false;        // inside `{}` or `[]`, where a comma ends plain text
  bool verbatim = false;       // `scalar` stands in the file as it is: offsets in it are columns
  Place place;                 // of the first character, the opening quote included
  std::vector<Node> items;     // of a sequence
  std::vector<Entry> entries;  // of a map, in file order, keys unique

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_map() const { return kind == Kind::map; }
  const Entry* find(std::string_view key) const;
  // The place of the byte `offset` of `scalar`; the scalar's own place where that cannot be told.
  Place place_of(std::size_t offset) const;
};

struct Entry {
  std::string key;
  Place key_place;
  Node value;
};

struct YamlLimits {
  std::size_t bytes = 1 << 20;
  int depth = 64;
  std::size_t nodes = 50'000;           // aliases counted as often as they are used
  std::size_t scalar_bytes = 8u << 20;  // the same for text
};

// config error `file:line:col: message`. `file` is only a name for messages.
Result<Node> read_yaml(std::string_view text, const std::string& file, const YamlLimits& limits = {});

// "matrix.yaml:17:5: message" as a config error.
Error error_at(const Place& place, const std::string& message);
// What a value is, for messages: "a list", "a map", "`x`", "nothing".
std::string describe(const Node& node);

}  // namespace tripled::config
