#include "workers/toolchain/target_specs.h"

#include <algorithm>
#include <boost/json.hpp>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::toolchain {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key, std::string_view otherwise = "") {
  const auto* value = object.if_contains(key);
  if (!value) return std::string(otherwise);
  if (value->is_string()) return std::string(std::string_view(value->get_string()));
  if (value->is_int64())
    return std::to_string(value->get_int64());  // older rustcs: widths as numbers, or as texts
  return std::string(otherwise);
}

std::optional<bool> flag_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

int number(const std::string& text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9' || value > 1000) return 0;
    value = value * 10 + (c - '0');
  }
  return value;
}

TripleFacts from_spec(const std::string& triple, const json::object& spec) {
  TripleFacts facts;
  facts.triple = triple;
  facts.arch = text_of(spec, "arch");
  facts.os = text_of(spec, "os", "none");
  facts.env = text_of(spec, "env");
  facts.endian = text_of(spec, "target-endian", "little");
  facts.data_layout = text_of(spec, "data-layout");
  facts.linker_flavor = text_of(spec, "linker-flavor");
  facts.pointer_width = number(text_of(spec, "target-pointer-width"));
  facts.std = facts.os != "none";
  if (const auto* metadata = spec.if_contains("metadata"); metadata && metadata->is_object()) {
    const auto& known = metadata->get_object();
    facts.description = text_of(known, "description");
    if (auto tier = number(text_of(known, "tier")); tier > 0) facts.tier = tier;
    if (auto std = flag_of(known, "std")) facts.std = *std;
    facts.host_tools = flag_of(known, "host_tools").value_or(false);
  }
  return facts;
}

// target_os="linux" -> linux for key target_os.
std::string cfg_value(const std::string& line, std::string_view key) {
  auto equals = line.find('=');
  if (equals == std::string::npos || std::string_view(line).substr(0, equals) != key) return "";
  auto value = line.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

Result<std::vector<TripleFacts>> parse_target_specs(std::string_view text) {
  TRIPLED_ASSIGN(auto parsed, wire::parse(text));
  if (!parsed.is_object()) return Error(ErrorKind::protocol, "all-target-specs-json: expected an object");
  std::vector<TripleFacts> out;
  for (const auto& [triple, spec] : parsed.get_object())
    if (spec.is_object()) out.push_back(from_spec(std::string(triple), spec.get_object()));
  if (out.empty()) return Error(ErrorKind::protocol, "all-target-specs-json: no triple in it");
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.triple < b.triple; });
  return out;
}

std::vector<TripleFacts> triples_from_list(std::string_view text) {
  std::vector<TripleFacts> out;
  for (const auto& line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    TripleFacts facts;
    facts.triple = trim(line);
    out.push_back(std::move(facts));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.triple < b.triple; });
  return out;
}

void fill_from_cfg(TripleFacts& facts, const std::vector<std::string>& cfg) {
  for (const auto& line : cfg) {
    if (auto v = cfg_value(line, "target_arch"); !v.empty()) facts.arch = v;
    if (auto v = cfg_value(line, "target_os"); !v.empty()) facts.os = v;
    if (auto v = cfg_value(line, "target_env"); !v.empty()) facts.env = v;
    if (auto v = cfg_value(line, "target_endian"); !v.empty()) facts.endian = v;
    if (auto v = cfg_value(line, "target_pointer_width"); !v.empty()) facts.pointer_width = number(v);
  }
  if (!facts.os.empty()) facts.std = facts.os != "none";
}

}  // namespace tripled::toolchain
