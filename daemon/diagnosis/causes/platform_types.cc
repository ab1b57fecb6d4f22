// C's and POSIX's types that are other Rust types on other platforms (c_char, c_long, time_t …), and
// functions of the platform's bindings with other arguments. A mismatch counts only where the two types are
// ones that the named type can be: a slip of another kind in the same line is none of it.
#include <algorithm>
#include <array>
#include <cctype>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// A type and what it is somewhere, by std::ffi and the libc crate. c_int, size_t and such are not here: they
// are the same wherever there is a libc.
struct PlatformType {
  std::string_view name, integers;
};
constexpr std::array<PlatformType, 34> kTypes{PlatformType{"c_char", "i8 u8"},
                                              PlatformType{"c_long", "i32 i64"},
                                              PlatformType{"c_ulong", "u32 u64"},
                                              PlatformType{"time_t", "i32 i64"},
                                              PlatformType{"off_t", "i32 i64"},
                                              PlatformType{"loff_t", "i32 i64"},
                                              PlatformType{"suseconds_t", "i32 i64"},
                                              PlatformType{"useconds_t", "u32 u64"},
                                              PlatformType{"clock_t", "i32 i64 u32 u64"},
                                              PlatformType{"ino_t", "u32 u64"},
                                              PlatformType{"dev_t", "i32 u32 u64"},
                                              PlatformType{"nlink_t", "u16 u32 u64"},
                                              PlatformType{"mode_t", "u16 u32"},
                                              PlatformType{"blksize_t", "i32 i64 u32"},
                                              PlatformType{"blkcnt_t", "i32 i64"},
                                              PlatformType{"fsblkcnt_t", "u32 u64"},
                                              PlatformType{"fsfilcnt_t", "u32 u64"},
                                              PlatformType{"rlim_t", "i64 u32 u64"},
                                              PlatformType{"wchar_t", "i32 u16 u32"},
                                              PlatformType{"socklen_t", "i32 u32"},
                                              PlatformType{"speed_t", "u32 u64 i32"},
                                              PlatformType{"tcflag_t", "u32 u64"},
                                              PlatformType{"__fsword_t", "i32 i64"},
                                              PlatformType{"Ioctl", "i32 u32 u64"},
                                              PlatformType{"__rlimit_resource_t", "i32 u32"},
                                              PlatformType{"__priority_which_t", "i32 u32"},
                                              PlatformType{"msgqnum_t", "u32 u64"},
                                              PlatformType{"shmatt_t", "u16 u32 u64"},
                                              PlatformType{"sa_family_t", "u8 u16"},
                                              PlatformType{"pthread_t", "u32 u64"},
                                              PlatformType{"nfds_t", "u32 u64"},
                                              PlatformType{"key_t", "i32 i64"},
                                              PlatformType{"greg_t", "i32 i64"},
                                              PlatformType{"id_t", "u32 i32"}};

constexpr std::array<std::string_view, 10> kIntegers{"i8",  "u8",  "i16", "u16",  "i32",
                                                     "u32", "i64", "u64", "i128", "u128"};

// `*const i8` -> i8, `&[u8]` -> u8, `i64` -> i64; empty: no integer of a fixed size.
std::string integer_of(std::string text) {
  for (const char* shell : {"*const ", "*mut ", "&mut ", "&", "[", "]", "Option<", "NonNull<", ">"})
    text = replace_all(text, shell, "");
  if (auto semicolon = text.find(';'); semicolon != std::string::npos) text = text.substr(0, semicolon);
  text = std::string(trim(text));
  return std::find(kIntegers.begin(), kIntegers.end(), text) != kIntegers.end() ? text : std::string();
}

struct Pair {
  std::string expected, found;
};

// E0308: "expected `i64`, found `i32`" in the primary label. E0277: cannot add `i64` to `i32`, can't compare
// `u8` with `i8`.
Pair mismatch(const Diagnostic& error) {
  if (error.code == "E0277") return {integer_of(quoted(error.message, 1)), integer_of(quoted(error.message))};
  for (const auto& span : error.spans) {
    if (!span.primary) continue;
    auto expected = between(span.label, "expected `", "`"), got = between(span.label, "found `", "`");
    if (expected.empty() && span.label.starts_with("expected ")) {  // before rustc 1.43
      expected = between(span.label, "expected ", ", found ");
      got = span.label.substr(std::min(span.label.find(", found ") + 8, span.label.size()));
    }
    if (!expected.empty() && !got.empty()) return {integer_of(expected), integer_of(got)};
  }
  return {};
}

bool can_be(const PlatformType& type, const Pair& pair) {
  return has_word(type.integers, pair.expected) && has_word(type.integers, pair.found);
}

std::string type_in(std::string_view text, const Pair& pair) {
  for (const auto& type : kTypes)
    if (has_word(text, type.name) && can_be(type, pair)) return std::string(type.name);
  return {};
}

// The line of the error and the signature around it, and where the called function is defined.
struct Surroundings {
  std::string line, signature, defined;
};

Surroundings around(const Case& of) {
  Surroundings out;
  out.line = source_line(of, of.error.file, of.error.line);
  if (const auto* source = of.sources.find(of.error.file)) {
    auto [from, to] = source->around(of.error.line, of.error.column);
    for (int i = from; i <= to && i < from + 12; ++i) {
      out.signature += std::string(source->line(i)) + "\n";
      if (contains(source->line(i), "{")) break;
    }
  }
  for (const auto& span : of.error.spans)
    if (contains(span.label, "defined here"))
      out.defined += span.file + "\n" + source_line(of, span.file, span.line) + "\n";
  return out;
}

std::vector<std::string> names_in(std::string_view line) {
  std::string plain(line);
  for (char& c : plain)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') c = ' ';
  auto words = split_words(plain);
  std::erase_if(words, [](const std::string& w) {
    static constexpr std::array<std::string_view, 14> keywords{"let",    "mut",    "pub",    "for",   "use",
                                                               "self",   "unsafe", "return", "match", "const",
                                                               "static", "impl",   "where",  "struct"};
    return w.size() < 3 || std::isdigit(static_cast<unsigned char>(w[0])) != 0 ||
           std::find(keywords.begin(), keywords.end(), w) != keywords.end() ||
           std::find(kIntegers.begin(), kIntegers.end(), w) != kIntegers.end();
  });
  return words;
}

// What the line uses is declared elsewhere in the sources with a platform's type: a field, a parameter, an
// alias.
std::string type_of_names(const Case& of, const std::string& line, const Pair& pair) {
  auto names = names_in(line);
  if (names.empty()) return {};
  for (const auto& [file, text] : of.evidence.files) {
    if (!file.ends_with(".rs") || file.starts_with("libc-")) continue;
    int number = 0;
    for (const auto& other : split(text, '\n')) {
      ++number;
      if (file == of.error.file && number == of.error.line) continue;
      auto type = type_in(other, pair);
      if (type.empty()) continue;
      for (const auto& name : names) {
        bool declares = contains(other, name + ":") || contains(other, name + " :") ||
                        contains(other, "fn " + name) || contains(other, "type " + name);
        if (name != type && declares && has_word(other, name)) return type;
      }
    }
  }
  return {};
}

// The line uses a name that the file takes from the bindings: `use libc::{stat, time};`.
bool uses_bindings(const Case& of, const std::string& line) {
  const auto* text = of.evidence.file(of.error.file);
  if (!text) return false;
  for (const auto& other : split(*text, '\n')) {
    if (!contains(other, "use libc::")) continue;
    for (const auto& name : names_in(line))
      if (has_word(other, name)) return true;
  }
  return false;
}

Diagnosis differs(const Case& of, Confidence confidence, const std::string& type, std::string title,
                  const std::string& cure) {
  auto out = found(of, Cause::platform_type_differs, confidence);
  out.subject = type;
  out.title = std::move(title);
  auto line = std::string(trim(source_line(of, of.error.file, of.error.line)));
  Span at;
  at.file = of.error.file;
  at.line = of.error.line;
  if (!line.empty()) out.evidence.push_back(span_item(at, line));
  out.mends.push_back(
      mend(MendKind::rust, of.error.file + ":" + std::to_string(of.error.line) + ": " + cure));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> integer(const Case& of) {
  if (!of.is_one_of({"E0308", "E0277"})) return std::nullopt;
  auto pair = mismatch(of.error);
  if (pair.expected.empty() || pair.found.empty() || pair.expected == pair.found) return std::nullopt;
  auto near = around(of);
  auto confidence = Confidence::certain;
  auto type = type_in(near.line, pair);
  if (type.empty()) {
    confidence = Confidence::likely;
    type = type_in(near.signature, pair);
  }
  // The type is not named: a C string's pointer, a request of ioctl, a field or function of the bindings.
  bool chars = can_be(kTypes[0], pair);
  auto is_c_text = [](const std::string& text) {
    return contains_any(text, {"CStr", "CString", "from_ptr", "into_raw", "ffi/c_str.rs"});
  };
  bool c_text = chars && is_c_text(near.line + near.defined);
  bool request = contains(near.line, "ioctl") && can_be({"", "i32 u32 u64"}, pair);
  bool bindings = (uses_bindings(of, near.line) || contains(near.line + near.signature, "libc::") ||
                   contains(near.defined, "libc-")) &&
                  can_be({"", "i8 u8 i32 i64 u16 u32 u64"}, pair);
  if (type.empty() && c_text) type = "c_char", confidence = Confidence::certain;
  if (type.empty() && chars && is_c_text(near.signature)) type = "c_char";
  if (type.empty() && request) type = "ioctl's request", confidence = Confidence::certain;
  if (type.empty()) type = type_in(near.defined, pair);
  if (type.empty()) {
    confidence = Confidence::likely;
    type = type_of_names(of, near.line, pair);
  }
  if (type.empty() && bindings) type = "a type of libc";
  if (type.empty()) return std::nullopt;
  return differs(
      of, confidence, type,
      "`" + type + "` is another type on " + of.evidence.cell.triple + ": expected " + pair.expected +
          ", found " + pair.found,
      chars ? "use std::ffi::c_char itself, and .cast() for pointers, in the place of i8 or u8"
            : "use `" + type + "` itself, or `.into()`, `as _`, `try_into()`, in the place of a fixed size");
}

// One integer where two are meant, because a platform's type is the other one here: `impl T for c_char`
// beside `impl T for u8` (E0119); a sign or a value that it cannot have (E0600, a literal out of range).
std::optional<Diagnosis> same_or_too_small(const Case& of) {
  std::string integer;
  if (of.error.code == "E0119" || of.error.code == "E0600") integer = integer_of(quoted(of.error.message, 1));
  if (of.error.code == "overflowing_literals") integer = integer_of(quoted(of.error.message));
  if (integer.empty()) return std::nullopt;
  Pair pair{integer, integer};
  std::string type;
  for (const auto& span : of.error.spans)
    if (type.empty()) type = type_in(source_line(of, span.file, span.line), pair);
  auto near = around(of);
  if (type.empty() && of.error.code != "E0119") type = type_in(near.line + "\n" + near.signature, pair);
  bool certain = !type.empty();
  if (type.empty() && of.error.code != "E0119") type = type_of_names(of, near.line, pair);
  if (type.empty()) return std::nullopt;
  return differs(of, certain ? Confidence::certain : Confidence::likely, type,
                 "`" + type + "` is " + integer + " on " + of.evidence.cell.triple + ": " + of.error.message,
                 "code for both kinds of `" + type + "`, under #[cfg] or through one generic implementation");
}

// A function of libc that takes other arguments here.
std::optional<Diagnosis> arguments(const Case& of) {
  if (!of.is_one_of({"E0061", "E0057"})) return std::nullopt;
  for (const auto& span : of.error.spans) {
    if (!contains(span.label, "defined here") || !span.file.starts_with("libc-")) continue;
    auto line = std::string(trim(source_line(of, of.error.file, of.error.line)));
    return differs(
        of, Confidence::likely, "a function of libc",
        "a function of libc takes other arguments on " + of.evidence.cell.triple + ": " + of.error.message,
        "a call for each platform, under #[cfg(target_os = \"…\")]");
  }
  return std::nullopt;
}

constexpr std::array<Rule, 3> table{integer, same_or_too_small, arguments};

}  // namespace

std::span<const Rule> platform_type_rules() { return table; }

}  // namespace tripled::diagnosis
