// What to do, as text that can be pasted: Debian packages, matrix lines, manifest patches, ways around a
// dependency's fault. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "daemon/diagnosis/causes/failure.h"

namespace tripled::diagnosis {

// `rules: [{match: "triple = T", linker: X}]`.
Mend matrix_rule(const Evidence& evidence, const std::string& setting, const std::string& comment = "");
// `exclude: …` with the reason.
Mend matrix_exclude(const Evidence& evidence, const std::string& reason);
// The Debian package of a program, a library or a pkg-config name, as a line for a shell. nullopt: we know of
// none.
std::optional<Mend> install_program(std::string_view program);
std::optional<Mend> install_library(std::string_view library, const Evidence& evidence);
std::optional<Mend> install_pkg_config(std::string_view name, const Evidence& evidence);
// The catalogue's linker and C library for the triple: packages, and the line of the matrix.
std::vector<Mend> linker_mends(const Evidence& evidence);

// The consumer's ways around a fault in a package from outside: [patch], a pin, or not for this predicate.
// `predicate`: where it fails, cfg source text; empty: not known.
std::vector<Mend> around_dependency(const Evidence& evidence, const Package& package,
                                    const std::string& predicate);

// A dependency declared for other platforms alone is declared for this one, too: moved to the table of
// `predicate` (cfg text under which the code that uses it is compiled; empty: everywhere).
Mend declare_dependency(const Evidence& evidence, const Package& package, const Dependency& dependency,
                        const std::string& predicate);
// A dependency that is not declared at all.
Mend add_dependency(const Evidence& evidence, const Package& package, const std::string& crate,
                    const std::string& requirement, const std::string& predicate);
// The feature is asked for in the entry that holds on this platform.
Mend enable_feature(const Evidence& evidence, const Package& package, const Package& dependency,
                    const std::string& feature);

// The attribute that keeps a use away from platforms where it cannot be: `file:line: #[cfg(…)]`.
Mend gate_use(const Diagnostic& error, const std::string& predicate);

}  // namespace tripled::diagnosis
