#include "schema/program/service_manager.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tripled::program {
namespace {

std::string taken(const char* variable) {
  const char* value = std::getenv(variable);
  std::string out = value ? value : "";
  ::unsetenv(variable);
  return out;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager out;
  out.socket_ = taken("NOTIFY_SOCKET");
  auto microseconds = taken("WATCHDOG_USEC"), pid = taken("WATCHDOG_PID");
  if (!pid.empty() && pid != std::to_string(::getpid())) return out;  // it watches somebody else
  if (auto limit = std::strtoll(microseconds.c_str(), nullptr, 10); limit > 1)
    out.interval_ = std::chrono::microseconds(limit / 2);
  return out;
}

void ServiceManager::say(std::string_view state) const {
  sockaddr_un address{};
  bool abstract = !socket_.empty() && socket_.front() == '@';
  if (socket_.empty() || (socket_.front() != '/' && !abstract) || socket_.size() >= sizeof address.sun_path)
    return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (abstract) address.sun_path[0] = '\0';
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() + (abstract ? 0 : 1));
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  if (::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size) < 0)
    spdlog::warn("NOTIFY_SOCKET: {}", std::strerror(errno));
  ::close(fd);
}

void LongStart::goes_on() {
  constexpr std::chrono::seconds interval{5};
  auto now = std::chrono::steady_clock::now();
  if (last_ != std::chrono::steady_clock::time_point{} && now - last_ < interval) return;
  last_ = now;
  manager_.say("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=migrating the database");
}

}  // namespace tripled::program
