// The compiler flags of a cell: the project's own, the cell's behind them, lints. Internal to workers/cargo;
// pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "workers/cargo/command.h"

namespace tripled::cargo {

struct CompilerFlags {
  std::optional<std::vector<std::string>> rustflags, rustdocflags;  // none: leave it to cargo
  std::vector<std::string> notes;
};

CompilerFlags compiler_flags(const CommandInput& input);

// The rustflags that rustdoc takes as well: -C, --cfg, -L, --extern, -Z, lints. The others (-l, -O, -g …) are
// left out.
std::vector<std::string> rustdoc_subset(const std::vector<std::string>& rustflags);

}  // namespace tripled::cargo
