// A file descriptor of this folder's own files, closed with its scope.
#pragma once
#include <unistd.h>

namespace tripled {

struct Fd {
  int value;
  explicit Fd(int v) : value(v) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (value >= 0) ::close(value);
  }
};

}  // namespace tripled
