// Parts of a blob as HTTP names them (RFC 9110, 14): how a large file crosses in pieces and goes on after a
// cut.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tripled::wire {

// The largest part that either side sends in one body.
inline constexpr std::size_t max_part_bytes = 8u << 20;

// How many bytes of an unfinished upload the daemon holds: where it goes on.
inline constexpr const char* upload_offset_header = "Upload-Offset";

// `Content-Range: bytes 0-99/1000`; with size 0, `bytes */1000`: no part, the size alone.
struct ContentRange {
  std::uint64_t first = 0, size = 0, total = 0;
  bool operator==(const ContentRange&) const = default;
};
std::string to_text(const ContentRange& range);
// nullopt: not written so, ends before it begins or after the whole.
std::optional<ContentRange> parse_content_range(std::string_view text);

// `Range: bytes=100-` or `bytes=100-199`; `last` counts with it.
struct WantedRange {
  std::uint64_t first = 0;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  bool operator==(const WantedRange&) const = default;
};
// nullopt: not written so. Several ranges and those from the end are not understood.
std::optional<WantedRange> parse_wanted_range(std::string_view text);

}  // namespace tripled::wire
