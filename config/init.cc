#include "config/init.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "schema/base/text.h"

namespace tripled::config {
namespace {

// Triples that most projects learn something from: 32-bit, another architecture, big-endian.
const std::vector<std::string> kUsual{"x86_64-unknown-linux-gnu", "i686-unknown-linux-gnu",
                                      "aarch64-unknown-linux-gnu", "s390x-unknown-linux-gnu"};

// What a dependency table's cfg names, and the triple that shows it.
struct Hint {
  const char *part, *triple;
};
constexpr Hint kHints[] = {
    {"windows", "x86_64-pc-windows-gnu"},
    {"macos", "aarch64-apple-darwin"},
    {"target_vendor = \"apple\"", "aarch64-apple-darwin"},
    {"ios", "aarch64-apple-ios"},
    {"freebsd", "x86_64-unknown-freebsd"},
    {"netbsd", "x86_64-unknown-netbsd"},
    {"illumos", "x86_64-unknown-illumos"},
    {"solaris", "x86_64-pc-solaris"},
    {"android", "aarch64-linux-android"},
    {"wasi", "wasm32-wasip1"},
    {"wasm", "wasm32-unknown-unknown"},
    {"musl", "x86_64-unknown-linux-musl"},
    {"redox", "x86_64-unknown-redox"},
};

bool is_triple(const std::string& text) {
  if (std::count(text.begin(), text.end(), '-') < 1) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// Tests of Linux triples run here, natively or under QEMU; the others can only be checked.
bool can_run(const std::string& triple, const std::string& host) {
  return triple == host || (contains(triple, "-linux-") && !contains(triple, "android"));
}

struct Choice {
  std::vector<std::string> run, check;
};

Choice choose(const InitFacts& facts) {
  std::vector<std::string> all;
  if (is_triple(facts.host)) all.push_back(facts.host);
  for (const auto& triple : facts.ci_triples)
    if (is_triple(triple)) add_once(all, triple);
  for (const auto& triple : kUsual) add_once(all, triple);
  for (const auto& cfg : facts.cfgs) {
    if (is_triple(cfg)) {
      add_once(all, cfg);
      continue;
    }
    for (const auto& hint : kHints)
      if (contains(cfg, hint.part)) {
        add_once(all, hint.triple);
        break;
      }
  }
  if (facts.ci_triples.empty() && facts.cfgs.empty()) add_once(all, "x86_64-unknown-freebsd");
  Choice out;
  for (const auto& triple : all) (can_run(triple, facts.host) ? out.run : out.check).push_back(triple);
  return out;
}

std::string quoted(const std::string& text) { return "'" + replace_all(text, "'", "''") + "'"; }

std::string header(const InitFacts& facts) {
  std::string out =
      "# What is swept: `tripled plan` shows the cells, `tripled sweep` runs them. Written by `tripled "
      "init`.\n"
      "tripled: 1\n";
  if (!facts.name.empty())
    out += fmt::format("project: {{name: {}, source: {{path: .}}}}\n", quoted(facts.name));
  bool msrv = !facts.rust_version.empty();
  out += "\n# Names for toolchains: stable, 1.85, nightly-2026-08-20, msrv, system, a path.\n";
  out += msrv ? fmt::format("toolchains: {{today: stable, old: msrv}} # rust-version is {}\n",
                            replace_all(facts.rust_version, "\n", " "))
              : "toolchains: {today: stable}\n";
  return out + "defaults: {toolchain: today}\n";
}

// `default` and `std` are what most crates can do without.
bool has_default_features(const InitFacts& facts) {
  for (const auto& p : facts.packages)
    for (const auto& f : p.features)
      if (f == "default" || f == "std") return true;
  return false;
}

std::string axes(const InitFacts& facts, const Choice& choice) {
  std::string out = "\n# Every triple is built and tested with every variant.\naxes:\n  triple:\n";
  for (const auto& triple : choice.run)
    out += "    - " + triple + (triple == facts.host ? " # this machine\n" : "\n");
  out += "    # - expr: tier = 1 and cfg(unix)    # all that rustc knows and for which this is true\n";
  if (!has_default_features(facts)) return out;
  out +=
      "  variant:\n"
      "    full: {}\n"
      "    bare: {default-features: no}\n";
  return out;
}

std::string include(const InitFacts& facts, const Choice& choice) {
  std::vector<std::string> rows;
  if (!choice.check.empty())
    rows.push_back(fmt::format("  - {{triple: [{}], stages: [check]}} # nothing here runs their tests\n",
                               join(choice.check, ", ")));
  if (!facts.rust_version.empty() && is_triple(facts.host))
    rows.push_back(fmt::format(
        "  - {{triple: {}, toolchain: old, stages: [check]}} # is rust-version true?\n", facts.host));
  if (facts.no_std)
    rows.push_back(
        "  - {triple: thumbv7em-none-eabi, scope: --lib --no-default-features, stages: [check]} # no std at "
        "all\n");
  if (rows.empty()) return "";
  return "\n# Rows beside the product.\ninclude:\n" + join(rows, "");
}

std::string members(const InitFacts& facts) {
  if (facts.packages.size() < 2) return "";
  std::vector<std::string> names;
  for (const auto& p : facts.packages) names.push_back(p.name);
  std::string list = join(names, ", ");
  if (list.size() > 160) list = list.substr(0, list.rfind(',', 160)) + ", …";
  return "packages: workspace # members: " + replace_all(list, "\n", " ") + "\n";
}

}  // namespace

std::string initial_matrix(const InitFacts& facts) {
  auto choice = choose(facts);
  std::string out = header(facts) + axes(facts, choice);
  out += "\nstages: [check, build, test-no-run, execute]\n" + members(facts) + include(facts, choice);
  out +=
      "\n# Settings for some cells; later rules win.\n"
      "rules:\n"
      "  - {match: emulated, timeout: 20m, optional: true} # QEMU is slow\n"
      "  # - match: 'cfg(target_endian = \"big\")'\n"
      "  #   expect: {fail: {stage: execute, test: \"codec::*\"}, reason: \"#77\"}\n"
      "  # - {match: 'triple = i686-*', env: {QUICK: 1}}\n";
  return out;
}

}  // namespace tripled::config
