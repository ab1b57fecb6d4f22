// Texts of build scripts: what they look at. Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <string>

#include "daemon/diagnosis/causes/failure.h"

namespace tripled::diagnosis {

// The script of the failing package; null: it has none, or its text was not kept.
const std::string* script_text(const Case& of);
// `cfg!(…)` and `#[cfg(…)]` in a build script are the host's; the cfg that it prints is the triple's.
bool asks_the_host(const std::string& script);
// It starts a compiler by its plain name, which makes objects of the host.
bool calls_compiler(const std::string& script);

}  // namespace tripled::diagnosis
