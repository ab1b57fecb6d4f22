// Sizes in bytes as people write them. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripled {

// "20 GiB", "512MiB", "1.5 TiB", "4096 B"; a unit is required, powers of 1024. nullopt: not a size, or over 1
// EiB.
std::optional<std::uint64_t> parse_size(std::string_view text);
// "20 GiB", "1.5 MiB", "12 B": for people, at most one decimal.
std::string format_size(std::uint64_t bytes);

}  // namespace tripled
