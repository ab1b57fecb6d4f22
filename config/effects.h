// Which written settings matter in the end: the source of "changes nothing" warnings. Internal to config/.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"

namespace tripled::config {

class Effects {
 public:
  // Applies and remembers whether the value became another one.
  void apply(const Assignment& assignment, Level level, Working& working);
  // The cell is finished: what was set last survives. `host`: its triple is the toolchain's own.
  void finish_cell(const Working& working, bool host);

  // In the order of first use:
  //  - overwritten in every cell that it applied to;
  //  - in a rule or an include row, equal to what every such cell had already;
  //  - about execution, and no such cell executes; `qemu` where every such cell has a `runner`;
  //  - `linker`, and in no such cell something is linked (build scripts of the host's cells are).
  // A default that is written out in `defaults`, a group or an axis value is not warned about.
  std::vector<std::string> warnings() const;

 private:
  struct Effect {
    const Assignment* assignment = nullptr;
    Level level = Level::builtin;
    bool changed = false, survived = false, executed = false, staged = false;
    bool own_runner = true, linked = false;  // own_runner: in all cells
  };
  static std::string why_useless(const Effect& effect);
  Effect& effect_of(const Assignment& assignment, Level level);

  std::map<const Assignment*, std::size_t> index_;
  std::vector<Effect> effects_;
  std::vector<const Assignment*> applied_;  // to the cell at hand
};

}  // namespace tripled::config
