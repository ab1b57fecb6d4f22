// A rustc diagnostic (the `message` of a compiler-message, rustc book "JSON Output") as our Diagnostic.
// Internal to workers/cargo. Pure, thread-safe.
#pragma once
#include "schema/model/result.h"
#include "workers/cargo/json_fields.h"
#include "workers/cargo/package_id.h"

namespace tripled::cargo {

enum class MessageLevel { error, warning, note, other };
// `error: internal compiler error` is an error; failure-note, help and summaries ("aborting due to …") are
// other.
MessageLevel message_level(const json::object& message);

// `manifest_dir`: of the package being compiled, absolute; spans inside other crates' macros are moved to
// their use here, as rustc's own text does.
Diagnostic make_diagnostic(const json::object& message, const std::string& package,
                           const std::string& manifest_dir, const SourcePaths& paths);

}  // namespace tripled::cargo
