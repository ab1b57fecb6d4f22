// Tests whose expected values hold on other machines alone: byte order, widths, page size, atomics, speed.
#include <array>
#include <cctype>

#include "daemon/diagnosis/causes/asserted.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/test_case.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// The emulator was told which page size to play (QEMU's -p).
bool has_own_page_size(const Evidence& evidence) {
  for (const auto& word : evidence.runner.command)
    if (word == "-p") return true;
  return evidence.runner_environment.count("QEMU_PAGESIZE") != 0;
}

std::optional<Diagnosis> page_size(const TestCase& of) {
  auto lower = to_lower(of.text);
  auto values = asserted(of.text);
  bool named = contains_any(lower, {"page size", "page_size", "pagesize", "_sc_pagesize"});
  bool pages = values && (is_page_size(*values) || (is_one_page(*values) && has_own_page_size(of.evidence)));
  if (!contains(lower, "unsupported system page size") && !(named && (pages || values)) && !pages)
    return std::nullopt;
  return of_test(of, Cause::test_page_size, named ? Confidence::likely : Confidence::guess, Fault::project,
                 "the test holds for another page size");
}

std::optional<Diagnosis> endianness(const TestCase& of) {
  // On a little-endian machine the order of bytes is what its author saw.
  if (!of.evidence.big_endian()) return std::nullopt;
  auto values = asserted(of.text);
  bool named = contains(to_lower(of.test.test + panic_message(of.text)), "endian");
  if (!values || !is_byte_swapped(*values)) {
    if (!named) return std::nullopt;
    auto out = of_test(of, Cause::test_endianness, Confidence::guess, Fault::project,
                       "a test about the order of bytes fails on a big-endian machine");
    out.cfg = "target_endian = \"big\"";
    return out;
  }
  auto out = of_test(of, Cause::test_endianness, Confidence::likely, Fault::project,
                     "the bytes come in the other order: " + values->left + ", not " + values->right);
  out.cfg = "target_endian = \"big\"";
  out.mends.push_back(
      mend(MendKind::rust,
           "to_le_bytes / from_le_bytes (or _be_) in the place of to_ne_bytes, transmute and pointer casts"));
  return out;
}

// u64 and f64 lie at multiples of 4 in C's layout on 32-bit x86, of 8 elsewhere: offsets and paddings follow.
std::optional<Diagnosis> field_alignment(const TestCase& of) {
  auto values = asserted(of.text);
  if (of.evidence.cfg_value("target_arch") != "x86" && !of.evidence.cell.triple.starts_with("i"))
    return std::nullopt;
  auto about = to_lower(of.test.test + " " + panic_message(of.text));
  if (!values || !is_layout(*values) || !contains_any(about, {"align", "offset", "padding"}))
    return std::nullopt;
  auto out = of_test(of, Cause::test_alignment, Confidence::likely, Fault::project,
                     "8-byte fields are aligned to 4 here: " + values->left + ", not " + values->right);
  out.cfg = "target_arch = \"x86\"";
  out.mends.push_back(mend(MendKind::rust, "std::mem::offset_of! and align_of in the place of numbers"));
  return out;
}

std::optional<Diagnosis> pointer_width(const TestCase& of) {
  if (of.evidence.pointer_width() == 64) return std::nullopt;
  auto values = asserted(of.text);
  bool convert = contains_any(of.text, {"TryFromIntError", "PosOverflow", "capacity overflow",
                                        "out of range integral type conversion"});
  auto about = to_lower(of.test.test + " " + panic_message(of.text));
  bool sizes = values && is_layout(*values) && contains_any(about, {"size", "layout", "align", "offset"});
  if (!convert && !sizes && !(values && is_word_width(*values))) return std::nullopt;
  auto out = of_test(
      of, Cause::test_pointer_width, Confidence::likely, Fault::project,
      convert ? "a number does not fit into " + std::to_string(of.evidence.pointer_width()) + "-bit usize"
              : "a size or limit is that of 64-bit words: " + values->left + ", not " + values->right);
  out.cfg = "target_pointer_width = \"" + std::to_string(of.evidence.pointer_width()) + "\"";
  out.mends.push_back(mend(
      MendKind::rust, "u64 where a number does not depend on the machine; size_of::<usize>() where it does"));
  return out;
}

std::optional<Diagnosis> atomics(const TestCase& of) {
  if (!contains_any(of.text, {"is_lock_free", "lock-free", "lock free"})) return std::nullopt;
  return of_test(of, Cause::test_atomics, Confidence::guess, Fault::project,
                 "the test is about lock-free atomics that the triple may lack");
}

// A Duration as `{:?}` prints it: 20.078473ms, 1.5s.
bool names_duration(const std::string& words) {
  for (std::string_view unit : {"ns", "µs", "ms", "s"})
    for (auto at = words.find(unit); at != std::string::npos; at = words.find(unit, at + 1)) {
      auto end = at + unit.size();
      bool last = end == words.size() || std::isalnum(static_cast<unsigned char>(words[end])) == 0;
      if (last && at > 0 && std::isdigit(static_cast<unsigned char>(words[at - 1])) != 0) return true;
    }
  return false;
}

std::optional<Diagnosis> time(const TestCase& of) {
  auto words = panic_message(of.text);
  bool said = contains_any(words, {"elapsed", "took too long", "too slow", "deadline", "Duration", "Instant",
                                   "TimedOut", "timed out", "Timeout", "timeout"});
  if (!said && !names_duration(words)) return std::nullopt;
  return of_test(of, Cause::test_time,
                 contains_any(words, {"elapsed", "took", "too slow", "slept", "waited"}) ? Confidence::likely
                                                                                         : Confidence::guess,
                 Fault::project, "the test depends on how fast the machine is: " + first_line(words));
}

constexpr std::array<TestRule, 6> table{page_size, endianness, field_alignment, pointer_width, atomics, time};

}  // namespace

std::span<const TestRule> value_rules() { return table; }

}  // namespace tripled::diagnosis
