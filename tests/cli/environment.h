// Environment variables for the length of a test.
#pragma once
#include <map>
#include <optional>
#include <string>

namespace tripled::test {

// Puts back what was there before. No value: not set.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::optional<std::string>>& wanted);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace tripled::test
