// `cfg!(…)` outside of a plain `if cfg!(…) {`: what it decides is compiled on every platform all the same.
// Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>

#include "daemon/diagnosis/causes/rust_source.h"

namespace tripled::diagnosis {

// The predicate under which the place is reached, of a `cfg!` that stands before it in its function: joined
// with `&&`, in `.then(…)`, matched (`match cfg!(…) { true => …`), or kept under a name that an `if` asks.
std::optional<Gate> deciding_macro(const std::string& text, const RustSource& source, int line, int column);

}  // namespace tripled::diagnosis
