// The target of a request, taken apart (RFC 3986, 3.3 and 3.4). Pure.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripled::web {

struct Target {
  std::vector<std::string> path;  // decoded segments; `/` has none
  std::map<std::string, std::string> query;

  // The number a query names; `otherwise` where it does not; nullopt: no number from `least` to `most`.
  std::optional<std::int64_t> number(const std::string& key, std::int64_t otherwise, std::int64_t least,
                                     std::int64_t most) const;
};

// nullopt: no path, a broken escape, a zero byte.
std::optional<Target> parse_target(std::string_view text);

// A positive number that is all of the text.
std::optional<std::int64_t> parse_id(std::string_view text);

}  // namespace tripled::web
