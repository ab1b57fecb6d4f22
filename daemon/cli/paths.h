// Where state and caches of a one-shot command lie (XDG base directory specification).
#pragma once
#include <filesystem>

namespace tripled::cli {

struct Paths {
  std::filesystem::path state;  // $XDG_STATE_HOME/tripled: database, logs. Kept.
  std::filesystem::path cache;  // $XDG_CACHE_HOME/tripled: stds, snapshots, target dirs. May be thrown away.
};

Paths default_paths();

}  // namespace tripled::cli
