#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "schema/base/result.h"

namespace tripled {

Error Error::with(std::string_view context) const {
  return Error(kind_, std::string(context) + ": " + message_);
}

void throw_exception_from_error(const Error& e, const boost::source_location&) { throw ErrorException(e); }

Error usage_error(std::string message) { return Error(ErrorKind::usage, std::move(message)); }
Error config_error(std::string message) { return Error(ErrorKind::config, std::move(message)); }
Error io_error(std::string what, int errno_value) {
  return Error(ErrorKind::io, what + ": " + std::strerror(errno_value));
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "tripled: internal error: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace tripled
