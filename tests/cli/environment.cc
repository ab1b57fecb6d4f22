#include "tests/cli/environment.h"

#include <cstdlib>

namespace tripled::test {

static void set(const std::string& name, const std::optional<std::string>& value) {
  if (value)
    ::setenv(name.c_str(), value->c_str(), 1);
  else
    ::unsetenv(name.c_str());
}

Environment::Environment(const std::map<std::string, std::optional<std::string>>& wanted) {
  for (const auto& [name, value] : wanted) {
    const char* old = std::getenv(name.c_str());
    before_[name] = old ? std::optional<std::string>(old) : std::nullopt;
    set(name, value);
  }
}

Environment::~Environment() {
  for (const auto& [name, value] : before_) set(name, value);
}

}  // namespace tripled::test
