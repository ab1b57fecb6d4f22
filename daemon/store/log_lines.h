// Lines of a stored log without holding all of it. Pure, any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tripled::store {

struct LineRange {
  std::uint64_t from = 1;      // the first line has number 1
  std::uint64_t lines = 1000;  // at most so many
  bool tail = false;           // the last `lines` of it instead
};

struct LogLines {
  std::string text;         // whole lines, each with its end; the last one of a log may have none
  std::uint64_t first = 1;  // number of the first of them
  std::uint64_t lines = 0;  // how many
  std::uint64_t total = 0;  // of the log
};

inline constexpr std::size_t max_range_bytes = 4u << 20;
inline constexpr std::size_t max_line_bytes = 64u << 10;  // a longer one is cut, and says so

// `frame`: zstd, as workers store it. A range above max_range_bytes ends early (the tail: begins late).
// store error: it is no such frame.
Result<LogLines> read_log_lines(std::string_view frame, const LineRange& range);

}  // namespace tripled::store
