// The service manager's end of NOTIFY_SOCKET.
#pragma once
#include <chrono>
#include <filesystem>
#include <string>

namespace tripled::test {

class NotifySocket {
 public:
  // Its file lies in `dir`.
  explicit NotifySocket(const std::filesystem::path& dir);
  ~NotifySocket();
  const std::string& path() const { return path_; }
  // Whether `state` was said within the time; what else was said before it is dropped.
  bool hears(const std::string& state, std::chrono::milliseconds within);
  // Drops what was said until now.
  void forget();

 private:
  bool next(std::string& text, int wait_ms);
  int fd_ = -1;
  std::string path_;
};

}  // namespace tripled::test
