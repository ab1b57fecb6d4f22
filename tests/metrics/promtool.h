// promtool, which tests/run unpacks from Debian's prometheus: looked at, never installed.
#pragma once
#include <string>

namespace tripled::test {

inline constexpr const char* kNoPromtool =
    "promtool is not unpacked (tests/run without --no-install does that)";
bool promtool_is_here();

struct Said {
  int status = -1;
  std::string text;  // both streams
};
// `arguments` as a shell reads them.
Said promtool(const std::string& arguments);

}  // namespace tripled::test
