// Types that differ from platform to platform (C's char and long, time_t …), sizes and literals that hold for
// one pointer width, several versions of one crate that meet.
#include <algorithm>
#include <array>
#include <set>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/places.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// --- several versions of a crate

std::optional<Diagnosis> mixed(const Case& of) {
  auto text = words_of(of.error);
  std::string crate = between(text, "multiple different versions of crate `", "`");
  if (crate.empty()) crate = between(text, "two different versions of crate `", "`");
  if (crate.empty())
    crate = between(text, "two types come from two different crates", "`").empty()
                ? std::string()
                : between(text, "come from two different versions of `", "`");
  if (crate.empty()) return std::nullopt;
  auto out = found(of, Cause::mixed_versions, Confidence::certain);
  out.subject = crate;
  std::set<std::string> versions;
  for (const auto& package : of.evidence.metadata.packages)
    if (crate_name(package.name) == crate && package.reached) versions.insert(package.version);
  std::vector<std::string> list(versions.begin(), versions.end());
  out.title = "types of different versions of `" + crate + "` meet" +
              (list.size() > 1 ? ": " + join(list, ", ") : std::string());
  for (const auto& span : of.error.spans)
    if (contains_any(span.label, {"this is the expected", "this is the found"}))
      out.evidence.push_back(span_item(span));
  for (const auto& package : of.evidence.metadata.packages)
    for (const auto& d : package.dependencies)
      if (crate_name(d.name) == crate && package.reached && out.evidence.size() < 8)
        out.evidence.push_back(
            {"metadata", "", 0, 0,
             package.name + " " + package.version + " asks for " + d.name + " " + d.requirement});
  out.mends.push_back(mend(MendKind::command, "cargo tree -d --target " + of.evidence.cell.triple));
  if (list.size() > 1)
    out.mends.push_back(mend(MendKind::pin, "cargo update -p " + crate + "@" + list.front() + " --precise " +
                                                list.back() + "   # where the requirements allow it"));
  return out;
}

// --- platform types

// Names of C's and POSIX's types whose Rust type depends on the platform. c_int, size_t and such are the same
// wherever there is a libc.
constexpr std::array<std::string_view, 44> kPlatformTypes{
    "c_char",     "c_long",      "c_ulong",    "time_t",
    "off_t",      "suseconds_t", "clock_t",    "ino_t",
    "dev_t",      "nlink_t",     "mode_t",     "blksize_t",
    "blkcnt_t",   "rlim_t",      "wchar_t",    "socklen_t",
    "speed_t",    "tcflag_t",    "fsblkcnt_t", "fsfilcnt_t",
    "ssize_t",    "__fsword_t",  "Ioctl",      "__rlimit_resource_t",
    "msgqnum_t",  "shmatt_t",    "key_t",      "sa_family_t",
    "pthread_t",  "nfds_t",      "greg_t",     "__priority_which_t",
    "useconds_t", "id_t",        "swblk_t",    "__cpu_mask",
    "stack_t",    "sigset_t",    "c_short",    "loff_t",
    "ino64_t",    "statfs",      "timeval",    "timespec"};

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

// E0308: "expected `i64`, found `i32`" in the primary label; E0277: "`u64: From<usize>`" says nothing here.
Pair mismatch(const Diagnostic& error) {
  for (const auto& span : error.spans) {
    if (!span.primary) continue;
    auto expected = between(span.label, "expected `", "`"), got = between(span.label, "found `", "`");
    if (!expected.empty() && !got.empty()) return {integer_of(expected), integer_of(got)};
  }
  return {};
}

bool is_c_char_pair(const Pair& pair) {
  return (pair.expected == "i8" && pair.found == "u8") || (pair.expected == "u8" && pair.found == "i8");
}

// c_long, time_t, off_t and the like are 32 or 64 bits, signed or not.
bool is_word_pair(const Pair& pair) {
  static constexpr std::array<std::string_view, 6> words{"i32", "u32", "i64", "u64", "u16", "i16"};
  auto known = [](const std::string& t) { return std::find(words.begin(), words.end(), t) != words.end(); };
  return known(pair.expected) && known(pair.found) && pair.expected != pair.found;
}

// The line of the error and the signature around it, and where the called function is defined.
struct Surroundings {
  std::string line, signature, defined;
};

Surroundings around(const Case& of) {
  Surroundings out;
  out.line = source_line(of, of.error.file, of.error.line);
  if (const auto* text = of.evidence.file(of.error.file)) {
    RustSource source(*text);
    auto [from, to] = source.around(of.error.line, of.error.column);
    for (int i = from; i <= to && i < from + 12; ++i) {
      out.signature += std::string(source.line(i)) + "\n";
      if (contains(source.line(i), "{")) break;
    }
  }
  for (const auto& span : of.error.spans)
    if (contains(span.label, "defined here")) out.defined += span.file + "\n";
  return out;
}

std::string platform_type_in(std::string_view text, bool chars) {
  for (auto type : kPlatformTypes) {
    if (!has_word(text, type)) continue;
    if (chars != (type == "c_char")) continue;
    return std::string(type);
  }
  return {};
}

std::optional<Diagnosis> platform_type(const Case& of) {
  if (of.error.code != "E0308") return std::nullopt;
  auto pair = mismatch(of.error);
  bool chars = is_c_char_pair(pair);
  if (pair.expected.empty() || (!chars && !is_word_pair(pair))) return std::nullopt;
  auto near = around(of);
  auto type = platform_type_in(near.line, chars);
  auto confidence = Confidence::certain;
  if (type.empty()) type = platform_type_in(near.signature, chars);
  if (type.empty()) confidence = Confidence::likely;
  // The type is not named: a C string's pointer, a field or a function of the platform's bindings.
  bool c_text = chars && (contains_any(near.line + near.defined,
                                       {"CStr", "CString", "from_ptr", "into_raw", "ffi/c_str.rs"}));
  bool bindings = contains(near.line + near.signature, "libc::") || contains(near.defined, "libc-");
  bool request = !chars && contains(near.line, "ioctl");
  if (type.empty() && c_text) type = "c_char", confidence = Confidence::certain;
  if (type.empty() && request) type = "ioctl's request", confidence = Confidence::certain;
  if (type.empty() && bindings) type = "a type of libc";
  if (type.empty()) return std::nullopt;
  auto out = found(of, Cause::platform_type_differs, confidence);
  out.subject = type;
  out.title = "`" + type + "` is another type on " + of.evidence.cell.triple + ": expected " + pair.expected +
              ", found " + pair.found;
  Span at;
  at.file = of.error.file;
  at.line = of.error.line;
  out.evidence.push_back(span_item(at, std::string(trim(near.line))));
  auto place = of.error.file + ":" + std::to_string(of.error.line);
  out.mends.push_back(
      mend(MendKind::rust,
           chars ? place + ": use std::ffi::c_char itself, and .cast() for pointers, in the place of i8 or u8"
                 : place + ": use `" + type +
                       "` itself, or `.into()`, `as _`, `try_into()`, in the place of a type of fixed size"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

// --- layout

bool about_pointers(std::string_view text) {
  return contains_any(text,
                      {"usize", "isize", "*const", "*mut", "size_of", "align_of", "NonNull", "pointer"});
}

Diagnosis layout(const Case& of, Confidence confidence, std::string subject, std::string title) {
  auto out = found(of, Cause::layout_differs, confidence);
  out.subject = std::move(subject);
  out.title = std::move(title);
  out.cfg = "target_pointer_width = \"64\"";
  if (of.evidence.pointer_width() == 64) out.cfg.clear();
  auto place = of.error.file + ":" + std::to_string(of.error.line);
  auto line = std::string(trim(source_line(of, of.error.file, of.error.line)));
  if (!line.empty()) {
    Span at;
    at.file = of.error.file;
    at.line = of.error.line;
    out.evidence.push_back(span_item(at, line));
  }
  out.mends.push_back(
      mend(MendKind::rust,
           place + ": a value for each width, under #[cfg(target_pointer_width = \"32\")] and \"64\", or one "
                   "that does not depend on it"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> transmute(const Case& of) {
  if (of.error.code != "E0512") return std::nullopt;
  std::string from, to;
  for (const auto& note : of.error.notes) {
    if (contains(note, "source type:")) from = note.substr(note.find("source type:") + 13);
    if (contains(note, "target type:")) to = note.substr(note.find("target type:") + 13);
  }
  // A generic type has no size at all: no matter of platforms.
  auto bits = [](const std::string& t) { return between(t, "(", " bits)"); };
  if (bits(from).empty() || bits(to).empty()) return std::nullopt;
  bool pointers = about_pointers(from + to);
  auto out = layout(of, pointers ? Confidence::certain : Confidence::likely,
                    "transmute " + quoted(from) + " -> " + quoted(to),
                    "transmute between types that differ in size here: " + std::string(trim(from)) + ", " +
                        std::string(trim(to)));
  if (of.evidence.pointer_width() == 64 && !pointers) out.confidence = Confidence::guess;
  return out;
}

std::optional<Diagnosis> constant(const Case& of) {
  if (of.error.code != "E0080") return std::nullopt;
  auto text = of.error.message + "\n" + source_line(of, of.error.file, of.error.line);
  bool overflow = contains_any(of.error.message, {"which would overflow", "overflow"});
  bool width = of.evidence.pointer_width() != 64;
  if (about_pointers(text))
    return layout(
        of, contains_any(text, {"size_of", "align_of"}) || width ? Confidence::certain : Confidence::likely,
        of.error.message.substr(0, 160),
        "a constant holds for another size or alignment: " + of.error.message.substr(0, 200));
  if (overflow && width)
    return layout(of, Confidence::guess, of.error.message.substr(0, 160),
                  "a constant overflows here: " + of.error.message.substr(0, 200));
  return std::nullopt;
}

std::optional<Diagnosis> array_size(const Case& of) {
  if (of.error.code != "E0308") return std::nullopt;
  for (const auto& span : of.error.spans) {
    if (!span.primary || !contains(span.label, "an array with a size of")) continue;
    auto near = around(of);
    bool pointers = about_pointers(near.line + near.signature);
    if (!pointers) return std::nullopt;
    return layout(of, Confidence::likely, "array",
                  "an array's length depends on the pointer width: " + span.label);
  }
  return std::nullopt;
}

// Denied by default: literals and arithmetic that do not fit.
std::optional<Diagnosis> literals(const Case& of) {
  if (!of.is_one_of({"overflowing_literals", "arithmetic_overflow", "unconditional_panic"}))
    return std::nullopt;
  auto text = words_of(of.error) + source_line(of, of.error.file, of.error.line) + of.error.rendered;
  if (of.evidence.pointer_width() == 64 || !contains_any(text, {"usize", "isize"})) return std::nullopt;
  return layout(of, of.error.code == "overflowing_literals" ? Confidence::certain : Confidence::likely,
                of.error.code,
                of.error.message + " with " + std::to_string(of.evidence.pointer_width()) + "-bit pointers");
}

constexpr std::array<Rule, 6> table{mixed, platform_type, transmute, constant, array_size, literals};

}  // namespace

std::span<const Rule> type_rules() { return table; }

}  // namespace tripled::diagnosis
