// Toolchain facts as the expansion looks at them: by name, with a stand-in for a toolchain that is not here
// (its cells are planned and end as `broken`), and cfg under a cell's flags. Internal to config/.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/toolchain.h"

namespace tripled::config {

class FactsTable {
 public:
  // config error when no toolchain at all is usable.
  static Result<FactsTable> make(const std::vector<ToolchainFacts>& facts);

  // Null: nobody was asked about this toolchain.
  const ToolchainFacts* toolchain(const std::string& name) const;
  // Null: this toolchain does not know the triple.
  const TripleFacts* triple(const ToolchainFacts& toolchain, const std::string& name) const;
  // Null: not known. `flags` as cfg_flags() gives them.
  const std::vector<std::string>* cfg(const ToolchainFacts& toolchain, const TripleFacts& triple,
                                      const std::vector<std::string>& flags) const;
  // Whether cfg was asked of this toolchain at all.
  bool has_any_cfg(const ToolchainFacts& toolchain) const;
  // Names that any toolchain knows, sorted.
  const std::vector<std::string>& all_triples() const { return all_triples_; }
  bool known_anywhere(const std::string& triple) const;
  // "toolchain `1.85`: not installed; rustup toolchain install 1.85"
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::map<std::string, const ToolchainFacts*> by_name_;
  std::map<const ToolchainFacts*, std::map<std::string, const TripleFacts*>> triples_;
  std::vector<std::string> all_triples_, warnings_;
};

// The flags of `rustflags` that can change what `rustc --print cfg` says; lints and linker arguments cannot.
std::vector<std::string> cfg_flags(const std::vector<std::string>& rustflags);

}  // namespace tripled::config
