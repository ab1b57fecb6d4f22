#include "config/settings.h"

#include <algorithm>
#include <filesystem>

#include "config/settings_read.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

std::string flags_text(const Flags& flags) {
  auto words = shell_join(flags.values);
  return flags.replace ? "set: " + words : words;
}

template <class T>
std::string texts(const std::vector<T>& values) {
  std::string out;
  for (const auto& v : values) out += (out.empty() ? "" : ", ") + to_text(v);
  return out;
}

std::string profile_text(const Profile& profile) {
  std::string out = profile.name;
  for (const auto& [key, value] : profile.settings) out += ", " + key + ": " + value;
  return out;
}

std::string runner_text(const CellSettings& s) {
  if (!s.runner) return "";
  return s.runner->name + " (" + to_text(s.runner->kind) + "): " + shell_join(s.runner->command);
}

std::string duration_text(std::int64_t ms) { return ms == 0 ? "" : format_duration(Millis(ms)); }

using S = const CellSettings&;
struct Printer {
  const char* key;
  std::string (*print)(S);
};

// In the order of MATRIX.md; `env` and `pins` are printed by their own keys.
const Printer kPrinters[] = {
    {"scope", [](S s) { return shell_join(s.scope); }},
    {"units", [](S s) { return join(s.units, " "); }},
    {"stages", [](S s) { return texts(s.stages); }},
    {"gate", [](S s) { return std::string(s.strict_gate ? "strict" : "none"); }},
    {"toolchain", [](S s) { return s.toolchain; }},
    {"profile", [](S s) { return profile_text(s.profile); }},
    {"lockfile", [](S s) { return s.lockfile; }},
    {"pins", nullptr},
    {"lints", [](S s) { return s.lints; }},
    {"env", nullptr},
    {"rustflags", [](S s) { return flags_text(s.rustflags); }},
    {"rustdocflags", [](S s) { return flags_text(s.rustdocflags); }},
    {"cargo-args", [](S s) { return shell_join(s.cargo_args); }},
    {"linker", [](S s) { return s.linker; }},
    {"sysroot", [](S s) { return s.sysroot; }},
    {"std", [](S s) { return s.std; }},
    {"extra-std", [](S s) { return join(s.extra_std, " "); }},
    {"run", [](S s) { return s.run; }},
    {"runner", [](S s) { return runner_text(s); }},
    {"qemu.cpu", [](S s) { return s.qemu.cpu; }},
    {"qemu.version", [](S s) { return s.qemu.version; }},
    {"qemu.args", [](S s) { return shell_join(s.qemu.args); }},
    {"tests.filter", [](S s) { return join(s.tests.filter, ", "); }},
    {"tests.only", [](S s) { return join(s.tests.only, ", "); }},
    {"tests.skip", [](S s) { return join(s.tests.skip, ", "); }},
    {"tests.ignored", [](S s) { return s.tests.ignored; }},
    {"tests.threads", [](S s) { return s.tests.threads ? std::to_string(*s.tests.threads) : std::string(); }},
    {"tests.args", [](S s) { return shell_join(s.tests.args); }},
    {"tests.libtest-like", [](S s) { return join(s.tests.libtest_like, ", "); }},
    {"timeout", [](S s) { return duration_text(s.timeout_ms); }},
    {"no-output-timeout", [](S s) { return duration_text(s.no_output_timeout_ms); }},
    {"expect", [](S s) { return expectations_text(s.expected); }},
    {"worker", [](S s) { return join(s.worker_labels, ", "); }},
    {"requires.cpu-flags", [](S s) { return join(s.required_cpu_flags, ", "); }},
    {"if-impossible", [](S s) { return s.if_impossible; }},
};

const std::string kEnv = "env.", kPins = "pins.";

bool selects(const std::string& key) {
  return key == "scope" || key == "packages" || key == "exclude-packages" || key == "features" ||
         key == "default-features";
}

}  // namespace

const Assignment* Patch::find(std::string_view key) const {
  for (const auto& a : assignments)
    if (a.key == key) return &a;
  return nullptr;
}

bool is_setting_key(std::string_view key) {
  for (const auto& k : setting_keys())
    if (k.name == key) return true;
  return false;
}

std::vector<std::string> setting_names() {
  std::vector<std::string> out;
  for (const auto& k : setting_keys()) out.push_back(k.name);
  return out;
}

Status read_setting(const Entry& entry, Patch& patch) {
  for (const auto& key : setting_keys())
    if (key.name == entry.key) return key.read(entry, patch);
  return unknown_key(entry, setting_names(), "settings");
}

Result<Patch> read_settings(const Node& map, const std::vector<std::string>& others,
                            const std::string& what) {
  auto known = setting_names();
  known.insert(known.end(), others.begin(), others.end());
  TRIPLED_TRY(check_keys(map, known, what));
  Patch patch;
  auto mine = [&](const std::string& key) {
    return is_setting_key(key) && std::find(others.begin(), others.end(), key) == others.end();
  };
  for (const auto& entry : map.entries)
    if (mine(entry.key)) TRIPLED_TRY(read_setting(entry, patch));
  const Entry* packages = map.find("packages");
  if (packages && map.find("scope") && mine("scope") && mine("packages"))
    return error_at(packages->key_place,
                    "`packages` beside `scope`: both select packages, write one of them");
  return patch;
}

std::string path_from(const std::string& directory, const std::string& written) {
  if (directory.empty() || !contains(written, "/")) return written;
  return (std::filesystem::path(directory) / written).lexically_normal().string();
}

void apply(const Assignment& assignment, Level level, Working& working) {
  working.level = level;
  assignment.apply(working);
  auto place = assignment.place.text();
  auto note = [&](const std::string& key, bool adds) {
    auto& known = working.provenance[key];
    known = adds && !known.empty() ? known + ", " + place : place;
  };
  note(assignment.key, assignment.appends);
  // The words that cargo gets have several keys; all of them made `scope`.
  if (selects(assignment.key) && assignment.key != "scope") note("scope", true);
  if (assignment.key == "allow-failure") note("expect", true);
}

std::string setting_text(const CellSettings& settings, const std::string& key) {
  if (key.rfind(kEnv, 0) == 0) {
    auto found = settings.env.find(key.substr(kEnv.size()));
    return found == settings.env.end() ? "" : found->second ? "=" + *found->second : "(unset)";
  }
  if (key.rfind(kPins, 0) == 0) {
    auto found = settings.pins.find(key.substr(kPins.size()));
    return found == settings.pins.end() ? "" : found->second;
  }
  std::string wanted = selects(key) ? "scope" : key == "allow-failure" ? "expect" : key;
  for (const auto& printer : kPrinters)
    if (printer.print && wanted == printer.key) return printer.print(settings);
  return "";
}

std::vector<std::pair<std::string, std::string>> setting_rows(const CellSettings& settings) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& printer : kPrinters) {
    if (printer.print) {
      out.emplace_back(printer.key, printer.print(settings));
    } else if (printer.key == std::string_view("env")) {
      for (const auto& [name, value] : settings.env)
        out.emplace_back(kEnv + name, value ? *value : "(unset)");
    } else {
      for (const auto& [name, value] : settings.pins) out.emplace_back(kPins + name, value);
    }
  }
  return out;
}

}  // namespace tripled::config
