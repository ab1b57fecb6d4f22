// Durations as people write them, and time points without a clock.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripled {

using Millis = std::chrono::milliseconds;
// Monotonic; pure code gets it as an argument and never asks for it.
using TimePoint = std::chrono::steady_clock::time_point;

// "20m", "1h30m", "45s", "500ms"; a unit is required. nullopt: not a duration, or over a year.
std::optional<Millis> parse_duration(std::string_view text);
// "1h05m", "2m03s", "4.1s", "350ms": for people.
std::string format_duration(Millis d);
// 2026-11-21T09:30:00Z from milliseconds since the epoch (RFC 3339).
std::string format_timestamp(std::int64_t unix_ms);
std::int64_t unix_now_ms();

}  // namespace tripled
