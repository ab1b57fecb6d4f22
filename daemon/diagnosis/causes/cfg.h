// cfg predicates of Rust sources and manifests, decided for the platform of the evidence. The parser is the
// matrix language's (config/expr.h). Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/expr.h"
#include "daemon/diagnosis/causes/evidence.h"

namespace tripled::diagnosis {

// What stands between the parentheses of `cfg(…)`, or all of it. nullopt: no predicate.
std::optional<config::CfgPredicate> parse_cfg(std::string_view text);
// As it would stand in a source: any(unix, target_os = "wasi").
std::string cfg_text(const config::CfgPredicate& predicate);

// The same text in one form, however it was written; as it is where it is no predicate.
std::string normal_cfg(std::string_view text);

// One predicate for all of them, without repetitions or an `any` in an `any`; empty: none.
std::string any_cfg(const std::vector<std::string>& texts);

// Every name and name = value in it.
std::vector<config::CfgPredicate> cfg_atoms(const config::CfgPredicate& predicate);
// All of them at once, as one predicate; empty: none.
std::string all_cfg(const std::vector<std::string>& texts);
// Nothing but `feature = "…"` decides it.
bool is_about_features(const config::CfgPredicate& predicate);
// Alternatives fewer: `any(windows, doc)` -> windows. std's own documentation is built for every platform.
config::CfgPredicate without_doc(const config::CfgPredicate& predicate);

// A name that rustc itself sets, on this platform or on another one.
bool is_rustc_cfg(const Evidence& evidence, const std::string& name);

// In code of `package` (null: a manifest's, or no features are known) on this platform. nullopt: it cannot be
// parsed, cfg was not kept, or it hangs on a name that the package's build script may set: rustc, asked for
// its cfg, does not know of those.
std::optional<bool> cfg_holds(std::string_view text, const Evidence& evidence, const Package* package,
                              bool harness = false);
// `cfg(…)` or a triple, as a manifest's `[target.…]` says it.
std::optional<bool> platform_holds(std::string_view target, const Evidence& evidence);

}  // namespace tripled::diagnosis
