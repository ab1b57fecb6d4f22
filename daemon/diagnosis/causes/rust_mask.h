// Rust's comments and literals, so that brackets and words in them are not taken for code. Internal to
// daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>

namespace tripled::diagnosis {

// The same text, as long, with comments and the insides of strings and characters blanked.
std::string without_comments_and_literals(std::string_view text);

}  // namespace tripled::diagnosis
