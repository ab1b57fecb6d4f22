// Text that several folders need: globs, splitting, nearest names, shell quoting.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripled {

// `*` any run, `?` one character, `[abc]`/`[!abc]` a set, `{a,b}` alternatives. Whole-text match.
bool glob_match(std::string_view pattern, std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);  // keeps empty fields
std::vector<std::string> split_words(std::string_view text);            // by white space
std::string_view trim(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
bool contains(std::string_view text, std::string_view part);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

// Words of a POSIX shell line: quotes and backslashes, no expansion. nullopt: an unclosed quote.
std::optional<std::vector<std::string>> shell_words(std::string_view line);
// `text` as one word of a POSIX shell.
std::string shell_quote(std::string_view text);
std::string shell_join(const std::vector<std::string>& words);

// `1 cell`, `2 cells`, `0 cells`: a count and its noun, for nouns that take an s.
std::string counted(std::size_t count, std::string_view noun);

// The candidate nearest to `word` (edit distance at most a third of its length), for "did you mean".
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// Valid UTF-8 with U+FFFD for what is not; JSON, XML and terminals take nothing else.
std::string to_valid_utf8(std::string_view bytes);

}  // namespace tripled
