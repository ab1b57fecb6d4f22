// What rules about items share. Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <string>
#include <vector>

#include "config/expr.h"
#include "daemon/diagnosis/causes/failure.h"

namespace tripled::diagnosis {

// rustc found the item behind a cfg and said so.
bool was_configured_out(const Diagnostic& error);
// The package whose file it is; null: std, or not known.
const Package* owner_of(const Evidence& evidence, const std::string& file);
// The directory of the manifest that the file lies under; empty: the project's root, or not kept.
std::string nearest_manifest(const Evidence& evidence, const std::string& file);
// The path that is missing, or what the message quotes.
std::string missing_subject(const Diagnostic& error);
// Features of a predicate that are off. `cargo metadata` counts a feature as on that another platform's table
// asks for: where rustc says that the predicate does not hold and none seems off, all of them are given.
std::vector<std::string> features_off(const config::CfgPredicate& predicate, const Package* package);
// The dependency lacks a feature that the failing package needs.
Diagnosis feature_of_dependency(const Case& of, const Package& owner, const std::string& feature);

}  // namespace tripled::diagnosis
