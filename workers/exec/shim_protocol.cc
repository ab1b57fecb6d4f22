#include "workers/exec/shim_protocol.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "schema/base/text.h"

namespace tripled::exec {
namespace {

namespace json = boost::json;

constexpr std::array kRecordNames = {"exited", "signalled", "could_not_start", "lost"};
constexpr std::array kFailureNames = {"none",          "no_program",   "no_interpreter", "wrong_format",
                                      "no_permission", "no_directory", "other"};
constexpr std::array kOutcomeNames = {"exited",    "signalled",       "timed_out",
                                      "no_output", "could_not_start", "cancelled"};

template <std::size_t N>
std::size_t index_of(const std::array<const char*, N>& names, std::string_view name, std::size_t otherwise) {
  for (std::size_t i = 0; i < N; ++i)
    if (name == names[i]) return i;
  return otherwise;
}

void put(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).push_back('=');
  out.append(value).push_back('\0');
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool apply_field(ShimSpec& spec, std::string_view key, std::string_view value) {
  if (key == "arg") {
    spec.command.argv.emplace_back(value);
    return true;
  }
  if (key == "env") {
    auto equals = value.find('=');
    if (equals == std::string_view::npos) return false;
    spec.command.env.emplace(value.substr(0, equals), value.substr(equals + 1));
    return true;
  }
  if (key == "mount") {
    spec.command.mounts.push_back({std::string(value), {}});
    return true;
  }
  if (key == "at") {
    if (spec.command.mounts.empty()) return false;
    spec.command.mounts.back().at = std::string(value);
    return true;
  }
  if (key == "cwd") {
    spec.command.cwd = std::string(value);
    return true;
  }
  if (key == "cgroups") {
    spec.cgroups = std::string(value);
    return true;
  }
  if (key == "worker") return read_number(value, spec.worker_pid);
  if (key == "open_files") return read_number(value, spec.limits.open_files.emplace());
  if (key == "file_size") return read_number(value, spec.limits.file_size.emplace());
  if (key == "processes") return read_number(value, spec.limits.processes.emplace());
  if (key == "memory") return read_number(value, spec.limits.memory.emplace());
  if (key == "nice") return read_number(value, spec.limits.nice.emplace());
  if (key == "grace_ms") {
    Millis::rep ms = 0;
    if (!read_number(value, ms)) return false;
    spec.limits.grace = Millis(ms);
    return true;
  }
  return false;
}

std::int64_t number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

std::string_view to_string(OutcomeKind kind) { return kOutcomeNames.at(static_cast<std::size_t>(kind)); }
std::string_view to_string(StartFailure failure) {
  return kFailureNames.at(static_cast<std::size_t>(failure));
}

std::string encode_spec(const ShimSpec& spec) {
  std::string out;
  put(out, "worker", std::to_string(spec.worker_pid));
  put(out, "cwd", spec.command.cwd.empty() ? std::string("/") : spec.command.cwd.string());
  if (!spec.cgroups.empty()) put(out, "cgroups", spec.cgroups);
  put(out, "grace_ms", std::to_string(spec.limits.grace.count()));
  if (spec.limits.open_files) put(out, "open_files", std::to_string(*spec.limits.open_files));
  if (spec.limits.file_size) put(out, "file_size", std::to_string(*spec.limits.file_size));
  if (spec.limits.processes) put(out, "processes", std::to_string(*spec.limits.processes));
  if (spec.limits.memory) put(out, "memory", std::to_string(*spec.limits.memory));
  if (spec.limits.nice) put(out, "nice", std::to_string(*spec.limits.nice));
  for (const auto& mount : spec.command.mounts) {
    put(out, "mount", mount.from.string());
    put(out, "at", mount.at.string());
  }
  for (const auto& argument : spec.command.argv) put(out, "arg", argument);
  for (const auto& [name, value] : spec.command.env) put(out, "env", name + "=" + value);
  return out;
}

Result<ShimSpec> decode_spec(std::string_view bytes) {
  ShimSpec spec;
  while (!bytes.empty()) {
    auto end = bytes.find('\0');
    auto field = bytes.substr(0, end);
    auto equals = field.find('=');
    if (end == std::string_view::npos || equals == std::string_view::npos ||
        !apply_field(spec, field.substr(0, equals), field.substr(equals + 1)))
      return Error(ErrorKind::protocol, "shim: unreadable field `" + std::string(field.substr(0, 40)) + "`");
    bytes.remove_prefix(end + 1);
  }
  if (spec.command.argv.empty()) return Error(ErrorKind::protocol, "shim: no program given");
  return spec;
}

std::string to_json_line(const ExitRecord& record) {
  json::object object;
  object["outcome"] = kRecordNames.at(static_cast<std::size_t>(record.kind));
  object["code"] = record.code;
  object["start_failure"] = to_string(record.start_failure);
  object["text"] = to_valid_utf8(record.text);
  object["exceeded"] = record.exceeded;
  object["asked"] = record.asked;
  object["duration_us"] = record.duration_us;
  object["cpu_us"] = record.cpu_us;
  object["max_rss_bytes"] = static_cast<std::int64_t>(record.max_rss_bytes);
  object["leftover_killed"] = record.leftover_killed;
  object["survivors"] = record.survivors;
  object["enforced"] = json::value_from(record.enforced);
  return json::serialize(object) + "\n";
}

Result<ExitRecord> parse_record(std::string_view line) {
  boost::system::error_code error;
  auto value = json::parse(line, error);
  if (error || !value.is_object())
    return Error(ErrorKind::protocol,
                 "shim: unreadable exit record `" + std::string(line.substr(0, 80)) + "`");
  const auto& object = value.get_object();
  ExitRecord record;
  record.kind = static_cast<RecordKind>(
      index_of(kRecordNames, text_of(object, "outcome"), static_cast<std::size_t>(RecordKind::lost)));
  record.code = static_cast<int>(number(object, "code"));
  record.start_failure = static_cast<StartFailure>(index_of(kFailureNames, text_of(object, "start_failure"),
                                                            static_cast<std::size_t>(StartFailure::other)));
  record.text = text_of(object, "text");
  record.exceeded = text_of(object, "exceeded");
  const auto* asked = object.if_contains("asked");
  record.asked = asked != nullptr && asked->is_bool() && asked->get_bool();
  record.duration_us = number(object, "duration_us");
  record.cpu_us = number(object, "cpu_us");
  record.max_rss_bytes = static_cast<std::uint64_t>(number(object, "max_rss_bytes"));
  record.leftover_killed = static_cast<int>(number(object, "leftover_killed"));
  record.survivors = static_cast<int>(number(object, "survivors"));
  if (const auto* enforced = object.if_contains("enforced"); enforced != nullptr && enforced->is_array())
    for (const auto& name : enforced->get_array())
      if (name.is_string()) record.enforced.emplace_back(std::string_view(name.get_string()));
  return record;
}

}  // namespace tripled::exec
