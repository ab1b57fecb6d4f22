// Lines out of a byte stream of any chunking, with a bound per line. Internal to workers/cargo; one thread at
// a time.
#pragma once
#include <string>
#include <string_view>

namespace tripled::cargo {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t limit) : limit_(limit) {}

  // Calls `line(text)` for each complete line without its newline, `overlong()` once for each line beyond the
  // bound.
  template <class Line, class Overlong>
  void feed(std::string_view bytes, Line&& line, Overlong&& overlong) {
    while (!bytes.empty()) {
      auto newline = bytes.find('\n');
      auto part = bytes.substr(0, newline);
      if (!dropping_ && pending_.size() + part.size() > limit_) {
        dropping_ = true;
        std::string().swap(pending_);
        overlong();
      }
      if (newline == std::string_view::npos) {
        if (!dropping_) pending_.append(part);
        return;
      }
      if (!dropping_) {
        if (pending_.empty()) {
          line(part);
        } else {
          pending_.append(part);
          line(std::string_view(pending_));
          pending_.clear();
        }
      }
      dropping_ = false;
      bytes.remove_prefix(newline + 1);
    }
  }

  template <class Line>
  void finish(Line&& line) {
    if (!dropping_ && !pending_.empty()) line(std::string_view(pending_));
    std::string().swap(pending_);
    dropping_ = false;
  }

 private:
  std::size_t limit_;
  std::string pending_;
  bool dropping_ = false;
};

}  // namespace tripled::cargo
