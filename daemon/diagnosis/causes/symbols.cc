// Symbols that a linker misses, or finds twice: of a newer glibc, of libatomic, of a library that is not
// named.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "daemon/diagnosis/causes/linker_words.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

std::set<std::string> undefined(std::string_view text) {
  std::set<std::string> out;
  for (auto [before, ends] :
       {std::pair{"undefined reference to `", "'`"}, std::pair{"undefined reference to '", "'"},
        std::pair{"undefined symbol: ", "\n \t"}, std::pair{"unresolved external symbol ", "\n \t"}}) {
    std::string_view marker = before;
    for (auto at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + 1)) {
      auto rest = text.substr(at + marker.size());
      auto name = std::string(rest.substr(0, rest.find_first_of(ends)));
      if (!name.empty()) out.insert(name);
    }
  }
  // Apple: Undefined symbols for architecture arm64:\n  "_foo", referenced from:
  for (auto at = text.find("\", referenced from"); at != std::string_view::npos;
       at = text.find("\", referenced from", at + 1)) {
    auto open = text.rfind('"', at - 1);
    if (open != std::string_view::npos) out.insert(std::string(text.substr(open + 1, at - open - 1)));
  }
  return out;
}

std::optional<Diagnosis> newer_glibc(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  auto symbols = undefined(text);
  auto versioned = std::find_if(symbols.begin(), symbols.end(), [](const std::string& s) {
    return contains(s, "@GLIBC_") || contains(s, "@@GLIBC_");
  });
  bool said = contains(text, "version `GLIBC_") || contains(text, "version 'GLIBC_");
  if (versioned == symbols.end() && !said) return std::nullopt;
  auto out = of_linker(of, Cause::glibc_too_new, Confidence::certain,
                       "something was built against a newer glibc than the sysroot has");
  out.subject = versioned != symbols.end() ? *versioned : "GLIBC_" + between(text, "GLIBC_", "'");
  say(out, text, "GLIBC_");
  out.mends.push_back(matrix_rule(of.evidence, "sysroot: /path/to/sysroot", "with a newer glibc"));
  return out;
}

// `__atomic_load_8`: does the triple lack atomics of this width, which the code may expect of every machine?
// More than a word is asked for knowingly, and is a symbol like any other that is not linked.
bool is_lacking(const Evidence& evidence, const std::string& symbol) {
  if (!symbol.starts_with("__atomic_") && !symbol.starts_with("__sync_")) return false;
  auto bytes = std::atoi(symbol.substr(symbol.rfind('_') + 1).c_str());
  if (bytes <= 0 || bytes > 8) return false;
  auto line = "target_has_atomic=\"" + std::to_string(8 * bytes) + "\"";
  return std::find(evidence.cfg.begin(), evidence.cfg.end(), line) == evidence.cfg.end();
}

// libatomic's and the compiler's helpers for atomics that the machine lacks.
std::optional<Diagnosis> undefined_atomics(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  for (const auto& symbol : undefined(text)) {
    if (!is_lacking(of.evidence, symbol)) continue;
    auto out = of_linker(of, Cause::atomics_missing, Confidence::certain,
                         "`" + symbol + "`: an atomic that " + of.evidence.cell.triple +
                             " does in libatomic, which is not linked");
    out.fault = author(of.failure);
    out.subject = symbol;
    say(out, text, symbol);
    out.mends.push_back(mend(MendKind::rust, "build.rs: println!(\"cargo::rustc-link-lib=atomic\");"));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> undefined_symbols(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  auto symbols = undefined(text);
  if (symbols.empty()) return std::nullopt;
  auto out = of_linker(of, Cause::undefined_symbols, Confidence::certain, "");
  out.fault = author(of.failure);
  out.subject = *symbols.begin();
  out.title = "undefined symbol `" + out.subject + "`" +
              (symbols.size() > 1 ? " and " + std::to_string(symbols.size() - 1) + " more" : "");
  std::size_t told = 0;
  for (const auto& symbol : symbols)
    if (++told <= 8) say(out, text, symbol);
  out.mends.push_back(mend(
      MendKind::rust, "declare the library that has `" + out.subject +
                          "`: #[link(name = \"…\")], or cargo::rustc-link-lib in build.rs; or keep its use "
                          "behind a cfg that holds where the symbol exists"));
  return out;
}

// Definitions that meet twice are the code's own; most often two versions of a native library.
std::optional<Diagnosis> defined_twice(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  if (!contains_any(text, {"multiple definition of", "duplicate symbol"})) return std::nullopt;
  auto out = of_linker(of, Cause::mixed_versions, Confidence::guess, "a symbol is defined twice");
  out.fault = author(of.failure);
  out.subject = between(text, "multiple definition of `", "'");
  if (out.subject.empty()) out.subject = between(text, "duplicate symbol: ", "\n");
  say(out, text, out.subject);
  out.mends.push_back(mend(MendKind::command, "cargo tree -d --target " + of.evidence.cell.triple));
  return out;
}

// A glibc that is too old shows in what is undefined, and in words of its own, before anything else does.
constexpr std::array<Rule, 1> versions{newer_glibc};
constexpr std::array<Rule, 3> table{undefined_atomics, undefined_symbols, defined_twice};

}  // namespace

std::span<const Rule> glibc_rules() { return versions; }
std::span<const Rule> symbol_rules() { return table; }

}  // namespace tripled::diagnosis
