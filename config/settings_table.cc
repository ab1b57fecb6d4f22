// The table of setting keys, in the order of MATRIX.md.
#include <algorithm>

#include "config/settings_read.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

using Read = std::function<Status(const Entry&, Patch&)>;

// One word out of few.
Read choice(std::string CellSettings::*member, std::vector<std::string> allowed) {
  return [=](const Entry& entry, Patch& patch) -> Status {
    TRIPLED_ASSIGN(auto word, read_choice(entry, allowed));
    assign(patch, entry, [=](Working& w) { w.settings.*member = word; });
    return {};
  };
}

// A path from the matrix's directory, or a name to look up.
Read path(std::string CellSettings::*member) {
  return [=](const Entry& entry, Patch& patch) -> Status {
    TRIPLED_ASSIGN(auto value, read_text(entry));
    assign(patch, entry, [=](Working& w) { w.settings.*member = path_from(w.directory, value); });
    return {};
  };
}

Read texts(std::vector<std::string> CellSettings::*member) {
  return [=](const Entry& entry, Patch& patch) -> Status {
    TRIPLED_ASSIGN(auto values, read_texts(entry));
    assign(patch, entry, [=](Working& w) { w.settings.*member = values; });
    return {};
  };
}

Read duration(std::int64_t CellSettings::*member) {
  return [=](const Entry& entry, Patch& patch) -> Status {
    TRIPLED_ASSIGN(auto value, read_duration(entry));
    assign(patch, entry, [=](Working& w) { w.settings.*member = value.count(); });
    return {};
  };
}

void merge(std::vector<std::string>& values, const WrittenFlags& written) {
  if (written.replace) values.clear();
  values.insert(values.end(), written.values.begin(), written.values.end());
}

Read flags(Flags CellSettings::*member) {
  return [=](const Entry& entry, Patch& patch) -> Status {
    TRIPLED_ASSIGN(auto written, read_flags(entry));
    assign(patch, entry, [=](Working& w) {
      merge((w.settings.*member).values, written);
      (w.settings.*member).replace = (w.settings.*member).replace || written.replace;
    });
    patch.assignments.back().appends = !written.replace;
    return {};
  };
}

Status read_cargo_args(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(auto written, read_flags(entry));
  auto problem = cargo_args_problem(written.values);
  if (!problem.empty()) return error_at(entry.value.place, problem);
  assign(patch, entry, [written](Working& w) { merge(w.settings.cargo_args, written); });
  patch.assignments.back().appends = !written.replace;
  return {};
}

Status read_units(const Entry& entry, Patch& patch) {
  static const std::vector<std::string> words{"default",  "all",     "lib",      "bins",     "tests",
                                              "examples", "benches", "doctests", "test:NAME"};
  std::vector<std::string> units;
  TRIPLED_ASSIGN(auto written, read_texts(entry));
  for (const auto& one : written)
    for (auto& unit : split_words(one)) units.push_back(unit);
  for (const auto& unit : units) {
    bool named = unit.rfind("test:", 0) == 0 && unit.size() > 5;
    bool known = std::find(words.begin(), words.end() - 1, unit) != words.end() - 1;
    if (!named && !known) return unknown_value(entry.value.place, "units", unit, words);
    if (units.size() > 1 && (unit == "default" || unit == "all"))
      return error_at(entry.value.place, "`" + unit + "` stands alone in `units`");
  }
  assign(patch, entry, [units](Working& w) { w.settings.units = units; });
  return {};
}

Status read_stages(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(auto words, read_texts(entry));
  if (words.empty()) return error_at(entry.value.place, "`stages` is an empty list");
  std::vector<Stage> stages;
  for (const auto& word : words) {
    if (word == "doc" || word == "clippy")
      return error_at(entry.value.place, "the stage `" + word + "` is not implemented in this version");
    auto stage = from_text<Stage>(word);
    if (!stage) return unknown_value(entry.value.place, "stages", word, all_texts<Stage>());
    if (std::find(stages.begin(), stages.end(), *stage) != stages.end())
      return error_at(entry.value.place, "the stage `" + word + "` is listed twice");
    stages.push_back(*stage);
  }
  auto has = [&](Stage s) { return std::find(stages.begin(), stages.end(), s) != stages.end(); };
  if (has(Stage::execute) && !has(Stage::test_no_run))
    return error_at(entry.value.place,
                    "`execute` runs what `test-no-run` builds: add `test-no-run` to `stages`");
  std::sort(stages.begin(), stages.end());
  assign(patch, entry, [stages](Working& w) { w.settings.stages = stages; });
  return {};
}

Status read_gate(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(auto word, read_choice(entry, {"none", "strict"}));
  assign(patch, entry, [word](Working& w) { w.settings.strict_gate = word == "strict"; });
  return {};
}

Status read_toolchain(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(auto name, read_text(entry));
  assign(patch, entry, [name](Working& w) {
    w.toolchain_name = name;
    w.settings.toolchain = name;
    if (w.toolchain_names)
      if (auto known = w.toolchain_names->find(name); known != w.toolchain_names->end())
        w.settings.toolchain = known->second;
    w.settings.toolchain = path_from(w.directory, w.settings.toolchain);
  });
  return {};
}

Status read_env(const Entry& entry, Patch& patch) {
  TRIPLED_TRY(expect_map(entry, "{QUICK: 1}"));
  for (const auto& part : entry.value.entries) {
    if (part.key.empty() || part.key.find_first_of("= \t") != std::string::npos)
      return error_at(part.key_place, "`" + part.key + "` is not the name of an environment variable");
    std::optional<std::string> value;
    if (!part.value.is_null()) {
      if (!part.value.is_scalar())
        return wrong_kind(part.value, "env." + part.key, "text, or null to unset it");
      value = part.value.scalar;
    }
    assign(patch, part, "env." + part.key, [=, key = part.key](Working& w) { w.settings.env[key] = value; });
  }
  return {};
}

Status read_pins(const Entry& entry, Patch& patch) {
  TRIPLED_TRY(expect_map(entry, "{serde: 1.0.200}"));
  for (const auto& part : entry.value.entries) {
    TRIPLED_ASSIGN(auto version, read_text(part));
    assign(patch, part, "pins." + part.key,
           [=, key = part.key](Working& w) { w.settings.pins[key] = version; });
  }
  return {};
}

std::vector<SettingKey> make_keys() {
  using C = CellSettings;
  return {
      {"scope", "Packages, features and targets in cargo's own words; a list of scopes is an axis",
       read_scope},
      {"packages", "Package names, `workspace`, or `each` (one cell a package)", read_packages},
      {"exclude-packages", "Packages of the workspace that are left out", read_exclude_packages},
      {"features", "A list of features, `all`, `none`, or `each` (one cell a feature)", read_features},
      {"default-features", "Whether default features are on", read_default_features},
      {"units", "What is compiled: default, all, or of lib bins tests examples benches doctests test:NAME",
       read_units},
      {"stages", "Stages of the cell", read_stages},
      {"gate", "`strict` stops the cell at its first failing stage", read_gate},
      {"toolchain", "A name of `toolchains:`, stable, 1.85, nightly-2026-08-20, msrv, system, or a path",
       read_toolchain},
      {"profile", "A cargo profile, or {name, opt-level, debug, lto, …}", read_profile},
      {"lockfile", "Which Cargo.lock is used",
       choice(&C::lockfile, {"as-is", "locked", "latest", "minimal", "direct-minimal", "msrv", "shipped"})},
      {"pins", "Exact versions of single crates", read_pins},
      {"lints", "What happens to lints", choice(&C::lints, {"as-is", "cap", "deny"})},
      {"env", "Environment variables; merged by name, null unsets", read_env},
      {"rustflags", "Flags for rustc and rustdoc; appended, {set: […]} replaces", flags(&C::rustflags)},
      {"rustdocflags", "Flags for rustdoc; appended, {set: […]} replaces", flags(&C::rustdocflags)},
      {"cargo-args", "More arguments for cargo; appended, {set: […]} replaces", read_cargo_args},
      {"linker", "The linker of the triple", path(&C::linker)},
      {"sysroot", "A directory that linker, C compilers, pkg-config and QEMU take as the root of the triple",
       path(&C::sysroot)},
      {"std", "Where the standard library comes from", choice(&C::std, {"auto", "core", "build"})},
      {"extra-std", "Triples whose std a build script's cargo needs", texts(&C::extra_std)},
      {"run", "How test executables may run", choice(&C::run, {"native", "emulated", "any", "no"})},
      {"runner", "The program that runs test executables", read_runner},
      {"qemu", "Changes to our own QEMU runner", read_qemu},
      {"tests", "Which tests run and how", read_tests},
      {"timeout", "Limit of one process", duration(&C::timeout_ms)},
      {"no-output-timeout", "Limit of silence of a test executable", duration(&C::no_output_timeout_ms)},
      {"allow-failure", "What may fail, with a reason", read_allow_failure},
      {"expect", "What must fail, with a reason", read_expect},
      {"worker", "Labels that a worker must have", texts(&C::worker_labels)},
      {"requires", "What the machine must have", read_requires},
      {"if-impossible", "Verdict when no worker can do the cell",
       choice(&C::if_impossible, {"broken", "excluded"})},
      {"when", "Narrows triggered sweeps, never one from the command line", read_when},
  };
}

}  // namespace

const std::vector<SettingKey>& setting_keys() {
  static const std::vector<SettingKey> keys = make_keys();
  return keys;
}

}  // namespace tripled::config
