// A blocking TCP socket to loopback, for what no library would send. Every read has a deadline.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace tripled::test {

class RawSocket {
 public:
  // From the address `from`, any of 127.0.0.0/8.
  explicit RawSocket(std::uint16_t port, const std::string& from = "127.0.0.1");
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket(const RawSocket&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False: the other side does not take it, or not within a few seconds.
  bool write(const std::string& bytes);
  // Nothing more comes from here; the other side sees the end.
  void finish();
  // Byte by byte, until `end` came or nothing more does.
  std::string read_until(const std::string& end);
  // What comes until the other side closes, at most for `seconds`.
  std::string read_all(int seconds = 20);
  // The number in an answer's first line; 0: there was none.
  unsigned status(int seconds = 20);

 private:
  int fd_ = -1;
};

// Of this process.
std::size_t open_descriptors();
std::size_t resident_bytes();

}  // namespace tripled::test
