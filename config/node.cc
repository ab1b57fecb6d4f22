// Located values once they are read; located.cc makes them.
#include "config/located.h"

namespace tripled::config {

std::string Place::text() const {
  if (!file) return "default";
  return *file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Error error_at(const Place& place, const std::string& message) {
  return config_error(place.file ? place.text() + ": " + message : message);
}

const Entry* Node::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

static bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

Place Node::place_of(std::size_t offset) const {
  Place out = place;
  if (!verbatim || offset > scalar.size()) return out;
  out.column += quoted ? 1 : 0;
  for (std::size_t i = 0; i < offset; ++i)
    if (!continues_character(scalar[i])) ++out.column;
  return out;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "`" + node.scalar + "`";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "nothing";
}

}  // namespace tripled::config
