#include "daemon/diagnosis/causes/evidence.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::diagnosis {
namespace {

namespace json = wire::json;

// A field that is missing leaves the default.
template <class T>
Status read(const json::object& from, const char* key, T& out) {
  auto* value = from.if_contains(key);
  if (!value || value->is_null()) return {};
  return wire::from_json(*value, out, key);
}

// Numbers of bytes and texts alike.
Status read_machine(const json::object& from, std::map<std::string, std::string>& out) {
  auto* value = from.if_contains("machine");
  if (!value) return {};
  if (!value->is_object()) return Error(ErrorKind::protocol, "machine: expected an object");
  for (const auto& item : value->get_object())
    out[std::string(item.key())] = item.value().is_string()
                                       ? std::string(std::string_view(item.value().get_string()))
                                       : json::serialize(item.value());
  return {};
}

Status read_cargo(const json::object& from, std::vector<CargoWords>& out) {
  auto* value = from.if_contains("cargo");
  if (!value) return {};
  if (!value->is_array()) return Error(ErrorKind::protocol, "cargo: expected an array");
  for (const auto& item : value->get_array()) {
    if (!item.is_object()) return Error(ErrorKind::protocol, "cargo: expected objects");
    CargoWords words;
    TRIPLED_TRY(read(item.get_object(), "package", words.package));
    TRIPLED_TRY(read(item.get_object(), "message", words.message));
    TRIPLED_TRY(read(item.get_object(), "text", words.text));
    TRIPLED_TRY(read(item.get_object(), "offset", words.offset));
    out.push_back(std::move(words));
  }
  return {};
}

// Format 1 does not say: cargo's command does.
Stage stage_of(const Evidence& evidence, bool execute) {
  if (execute) return Stage::execute;
  if (evidence.command.size() > 1 && evidence.command[1] == "build") {
    for (const auto& word : evidence.command)
      if (word == "--tests") return Stage::test_no_run;
    return Stage::build;
  }
  if (evidence.command.size() > 1 && evidence.command[1] == "test") return Stage::test_no_run;
  return Stage::check;
}

Status read_compile(const json::object& from, Evidence& out) {
  TRIPLED_TRY(read(from, "diagnostics", out.diagnostics));
  TRIPLED_TRY(read(from, "units", out.units));
  TRIPLED_TRY(read(from, "graph", out.graph));
  TRIPLED_TRY(read_cargo(from, out.cargo));
  TRIPLED_TRY(read(from, "said", out.said));
  TRIPLED_TRY(read(from, "configuration", out.configuration));
  TRIPLED_TRY(read(from, "lock", out.lock));
  TRIPLED_TRY(read(from, "files", out.files));
  std::string metadata;
  TRIPLED_TRY(read(from, "metadata", metadata));
  if (auto parsed = parse_metadata(metadata))
    out.metadata = std::move(parsed).value();
  else
    out.metadata_error = metadata;
  return {};
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view b) { return text.starts_with(b); });
}

}  // namespace

const std::string* Evidence::file(std::string_view name) const {
  auto found = files.find(std::string(name));
  return found == files.end() ? nullptr : &found->second;
}

std::string Evidence::cfg_value(std::string_view key) const {
  for (const auto& line : cfg)
    if (line.starts_with(key) && line.size() > key.size() + 2 && line[key.size()] == '=')
      return line.substr(key.size() + 2, line.size() - key.size() - 3);
  return {};
}

int Evidence::pointer_width() const {
  if (auto width = cfg_value("target_pointer_width"); !width.empty()) return std::atoi(width.c_str());
  std::string_view arch = std::string_view(cell.triple).substr(0, cell.triple.find('-'));
  if (contains(cell.triple, "x32") || contains(cell.triple, "ilp32") || arch == "arm64_32") return 32;
  if (arch == "avr" || arch == "msp430") return 16;
  if (contains(arch, "64") || arch == "s390x") return 64;
  return 32;
}

bool Evidence::big_endian() const {
  if (auto endian = cfg_value("target_endian"); !endian.empty()) return endian == "big";
  std::string_view arch = std::string_view(cell.triple).substr(0, cell.triple.find('-'));
  if (contains(arch, "el") || contains(arch, "le")) return false;
  return starts_with_any(arch, {"s390x", "powerpc", "mips", "sparc", "m68k", "aarch64_be", "armeb", "armebv",
                                "thumbeb", "hppa"});
}

Result<Evidence> parse_evidence(std::string_view document) {
  TRIPLED_ASSIGN(json::value value, wire::parse(document));
  if (!value.is_object()) return Error(ErrorKind::protocol, "evidence: expected an object");
  const auto& top = value.get_object();
  Evidence out;
  TRIPLED_TRY(read(top, "format", out.format));
  TRIPLED_TRY(read(top, "cell", out.cell));
  TRIPLED_TRY(read(top, "process", out.process));
  TRIPLED_TRY(read(top, "command", out.command));
  TRIPLED_TRY(read(top, "versions", out.versions));
  TRIPLED_TRY(read(top, "broken_reason", out.broken_reason));
  TRIPLED_TRY(read(top, "broken_fix", out.broken_fix));
  TRIPLED_TRY(read(top, "notes", out.notes));
  TRIPLED_TRY(read_machine(top, out.machine));
  std::string cfg;
  TRIPLED_TRY(read(top, "cfg", cfg));
  if (!cfg.starts_with("error: "))
    for (auto& line : split(cfg, '\n'))
      if (!line.empty()) out.cfg.push_back(std::move(line));
  bool execute = top.contains("tests") || top.contains("binaries");
  if (execute) {
    TRIPLED_TRY(read(top, "tests", out.tests));
    TRIPLED_TRY(read(top, "binaries", out.binaries));
    TRIPLED_TRY(read(top, "runner", out.runner));
    TRIPLED_TRY(read(top, "environment", out.environment));
    TRIPLED_TRY(read(top, "runner_environment", out.runner_environment));
  } else {
    TRIPLED_TRY(read_compile(top, out));
  }
  out.stage = stage_of(out, execute);
  TRIPLED_TRY(read(top, "stage", out.stage));
  return out;
}

Evidence evidence_of(const Cell& cell, Stage stage, const AttemptResult& result) {
  Evidence out;
  out.cell = cell;
  out.stage = stage;
  out.diagnostics = result.errors;
  out.units = result.units;
  out.broken_reason = result.broken_reason;
  out.broken_fix = result.broken_fix;
  out.notes = result.notes;
  out.tests = result.tests;
  out.binaries = result.binary_failures;
  out.runner = result.runner;
  out.environment = result.env;
  out.process = result.process;
  out.command = result.command;
  out.versions = result.versions;
  return out;
}

Evidence evidence_of(const PrepareResult& prepare) {
  Evidence out;
  out.process.outcome = Outcome::not_run;
  out.broken_reason = prepare.error;
  out.notes = prepare.notes;
  out.versions = prepare.versions;
  // One block for each `error: ` of cargo's output; several lockfile policies can fail alike.
  std::set<std::string> known;
  for (const auto& sources : prepare.sources) {
    std::string block;
    auto keep = [&] {
      if (block.starts_with("error: ") && known.insert(block).second) {
        auto message = block.substr(7, block.find('\n') - 7);
        out.cargo.push_back({"", message, block, 0});
      }
      block.clear();
    };
    for (const auto& line : split(sources.cargo_output, '\n')) {
      if (line.starts_with("error: ")) keep();
      if (!block.empty() || line.starts_with("error: ")) block += block.empty() ? line : "\n" + line;
    }
    keep();
  }
  return out;
}

}  // namespace tripled::diagnosis
