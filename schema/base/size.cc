#include "schema/base/size.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "schema/base/text.h"

namespace tripled {

static constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

std::optional<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (parsed.ec != std::errc{} || !(number >= 0)) return std::nullopt;
  auto unit = trim(text.substr(static_cast<std::size_t>(parsed.ptr - text.data())));
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (unit != units[i]) continue;
    const double bytes = std::ldexp(number, static_cast<int>(10 * i));
    if (bytes > std::ldexp(1.0, 60)) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  std::size_t unit = 0;
  double number = static_cast<double>(bytes);
  for (; number >= 1024 && unit + 1 < units.size(); ++unit) number /= 1024;
  char text[32];
  const bool whole = number >= 100 || number == std::floor(number);
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.1f", number);
  return std::string(text) + " " + std::string(units[unit]);
}

}  // namespace tripled
