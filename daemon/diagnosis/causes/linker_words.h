// What rules about linkers share. Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "daemon/diagnosis/causes/failure.h"

namespace tripled::diagnosis {

// rustc's "linking with `X` failed", "linker `X` not found".
bool is_linking(const Case& of);
// The environment's fault until a rule says otherwise.
Diagnosis of_linker(const Case& of, Cause cause, Confidence confidence, std::string title);
// The line with these words as evidence, where there is one.
void say(Diagnosis& out, const std::string& text, std::string_view sign);

}  // namespace tripled::diagnosis
