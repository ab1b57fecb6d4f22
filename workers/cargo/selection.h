// Which crate targets of the selected packages a cargo call compiles: the words of `scope` and `units` that
// select targets, told apart from those that select packages and features. Internal to workers/cargo; pure.
#pragma once
#include <string>
#include <vector>

#include "schema/model/cell.h"

namespace tripled::cargo {

// One selecting flag with its value: {"--test", "it"}, {"--lib", ""}.
struct TargetFlag {
  std::string flag, value;
};

struct Selection {
  std::vector<std::string> rest;    // scope without the target flags: packages, features
  std::vector<TargetFlag> targets;  // of scope and units; empty: cargo's default
  bool doctests_only = false;       // `units: [doctests]`
};

Selection read_selection(const CellSettings& settings);
bool selects(const Selection& selection, const std::string& flag);
std::vector<std::string> target_arguments(const Selection& selection);
// Doctests are asked for beside named targets, where cargo itself would not plan them.
bool wants_doctests_apart(const CellSettings& settings);

// `args` with every flag that cargo refuses to see twice (--offline, --locked, --lib …) kept once.
std::vector<std::string> without_repeated_flags(std::vector<std::string> args);

}  // namespace tripled::cargo
