#include "schema/base/duration.h"

#include <cctype>
#include <cstdio>
#include <ctime>

namespace tripled {

static std::int64_t unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m" || unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return 0;
}

std::optional<Millis> parse_duration(std::string_view text) {
  constexpr std::int64_t year = 366LL * 86'400'000;
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::size_t digits = 0;
    std::int64_t value = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) {
      if (digits > 11) return std::nullopt;
      value = value * 10 + (text[digits++] - '0');
    }
    std::size_t end = digits;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
    auto factor = unit_ms(text.substr(digits, end - digits));
    if (digits == 0 || factor == 0 || value > year / factor) return std::nullopt;
    total += value * factor;
    if (total > year) return std::nullopt;
    text.remove_prefix(end);
  }
  return Millis(total);
}

std::string format_duration(Millis d) {
  auto ms = d.count();
  if (ms >= 59'950 && ms < 60'000) ms = 60'000;  // would be rounded to 60.0s
  char buffer[48];
  if (ms < 1000)
    std::snprintf(buffer, sizeof buffer, "%ldms", static_cast<long>(ms));
  else if (ms < 60'000)
    std::snprintf(buffer, sizeof buffer, "%.1fs", static_cast<double>(ms) / 1000);
  else if (ms < 3'600'000)
    std::snprintf(buffer, sizeof buffer, "%ldm%02lds", static_cast<long>(ms / 60'000),
                  static_cast<long>(ms / 1000 % 60));
  else
    std::snprintf(buffer, sizeof buffer, "%ldh%02ldm", static_cast<long>(ms / 3'600'000),
                  static_cast<long>(ms / 60'000 % 60));
  return buffer;
}

std::string format_timestamp(std::int64_t unix_ms) {
  std::time_t seconds = unix_ms / 1000;
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return buffer;
}

std::int64_t unix_now_ms() {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace tripled
