// The stored log of an attempt: the beginning and the end of its output, byte for byte, in bounded memory.
// Whoever parses output reads the whole stream from the OutputSink. Not thread-safe; belongs to the thread
// that runs.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "workers/exec/process.h"

namespace tripled::exec {

class BoundedLog {
 public:
  // Keeps the first and the last bound / 2 bytes.
  explicit BoundedLog(std::uint64_t bound);

  void append(std::string_view bytes);

  std::uint64_t total_bytes() const { return total_bytes_; }
  std::uint64_t total_lines() const { return total_lines_; }  // newlines seen
  bool truncated() const { return total_bytes_ > head_.size() + tail_.size(); }

  // Everything, or head, one marker line, tail. Cut at line ends where there is one near.
  //   [tripled: 123456 bytes (789 lines) left out]
  std::string text() const;
  // text() as one zstd frame.
  Result<std::string> compress() const;

 private:
  std::string tail_in_order() const;

  std::uint64_t half_;
  std::string head_;
  std::string tail_;            // a ring once it is full
  std::size_t tail_start_ = 0;  // of the oldest byte in the ring
  std::uint64_t total_bytes_ = 0;
  std::uint64_t total_lines_ = 0;
};

// Both streams into one log in order of arrival, and on to another sink (a parser) if there is one.
class LogSink : public OutputSink {
 public:
  explicit LogSink(BoundedLog& log, OutputSink* next = nullptr) : log_(log), next_(next) {}
  void on_stdout(std::string_view bytes) override;
  void on_stderr(std::string_view bytes) override;

 private:
  BoundedLog& log_;
  OutputSink* next_;
};

Result<std::string> compress(std::string_view bytes);
// protocol error: not zstd, cut off, or more than `limit` bytes.
Result<std::string> decompress(std::string_view frame, std::size_t limit = 256u << 20);

}  // namespace tripled::exec
