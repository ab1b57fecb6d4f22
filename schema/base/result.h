// Result<T>: what every call returns that the outside world can refuse. A failing build is an outcome of the
// project, never an Error.
#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tripled {

// usage: the person asked for something that cannot be (exit status 2). config: a file of theirs is wrong
// (2). tool: a program we need is missing or refused. cancelled: somebody stopped it.
enum class ErrorKind { usage, config, io, protocol, store, tool, timeout, cancelled, conflict, internal };

class Error {
 public:
  Error() = default;
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  // Lower-case, names the thing and the place: "matrix.yaml:17:5: unknown key `triples`".
  const std::string& message() const { return message_; }
  // The same error seen from one level up: "loading matrix: …".
  Error with(std::string_view context) const;

 private:
  ErrorKind kind_ = ErrorKind::internal;
  std::string message_;
};

// What Result::value() throws when somebody did not look first; never crosses a folder on purpose.
class ErrorException : public std::runtime_error {
 public:
  explicit ErrorException(const Error& e) : std::runtime_error(e.message()), error(e) {}
  Error error;
};
[[noreturn]] void throw_exception_from_error(const Error& e, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;
using Status = Result<void>;

Error usage_error(std::string message);
Error config_error(std::string message);
Error io_error(std::string what, int errno_value);

// A broken invariant is a bug of ours: print where and abort, in release builds too.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
#define TRIPLED_CHECK(cond) \
  ((cond) ? static_cast<void>(0) : ::tripled::check_failed(#cond, __FILE__, __LINE__))

// Return the error of `expr` to the caller, with or without context.
#define TRIPLED_TRY(expr)                                                       \
  do {                                                                          \
    if (auto tripled_try_ = (expr); !tripled_try_) return tripled_try_.error(); \
  } while (false)
#define TRIPLED_JOIN2(a, b) a##b
#define TRIPLED_JOIN(a, b) TRIPLED_JOIN2(a, b)
#define TRIPLED_ASSIGN(lhs, expr) TRIPLED_ASSIGN_(TRIPLED_JOIN(tripled_res_, __LINE__), lhs, expr)
#define TRIPLED_ASSIGN_(tmp, lhs, expr) \
  auto tmp = (expr);                    \
  if (!tmp) return tmp.error();         \
  lhs = std::move(tmp).value()

}  // namespace tripled
