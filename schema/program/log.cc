#include "schema/program/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace tripled::program {
namespace {

// The variable names the device and inode of the journal's stream: a child whose output was redirected has
// the variable and another stream.
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat here {};
  if (!stream || ::fstat(STDERR_FILENO, &here) != 0) return false;
  return std::to_string(here.st_dev) + ":" + std::to_string(here.st_ino) == stream;
}

// `%*`: the level as a priority of syslog(3).
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    out.push_back('<');
    out.push_back(digit(message.level));
    out.push_back('>');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }

 private:
  static char digit(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::trace:
      case spdlog::level::debug:
        return '7';
      case spdlog::level::warn:
        return '4';
      case spdlog::level::err:
        return '3';
      case spdlog::level::critical:
        return '2';
      case spdlog::level::info:
      case spdlog::level::off:
      case spdlog::level::n_levels:
        break;
    }
    return '6';
  }
};

}  // namespace

void log_to_stderr(const std::string& name) {
  if (!stderr_is_the_journal()) return spdlog::set_default_logger(spdlog::stderr_color_mt(name));
  auto logger = spdlog::stderr_logger_mt(name);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<Priority>('*').set_pattern("%*%v");
  logger->set_formatter(std::move(formatter));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace tripled::program
