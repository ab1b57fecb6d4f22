#include "daemon/app/service_manager.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tripled::app {

void notify_service_manager(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (!path || (*path != '/' && *path != '@') || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path) + (*path == '/' ? 1 : 0));
  if (*path == '@') address.sun_path[0] = '\0';
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
  notify_service_manager("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=migrating the database");
}

}  // namespace tripled::app
