#include "workers/cargo/messages.h"

#include <algorithm>

#include "workers/cargo/diagnostic.h"
#include "workers/cargo/json_fields.h"

namespace tripled::cargo {

namespace {

constexpr std::size_t kLineLimit = 64u << 20;
constexpr std::size_t kErrors = 2000;
constexpr std::size_t kArtifacts = 100'000;
constexpr std::size_t kPlainLines = 200;
constexpr std::size_t kPlainLine = 4u << 10;

TargetName target_name(const json::object& object) {
  TargetName out;
  auto package = parse_package_id(text_field(object, "package_id"));
  const auto& target = object_field(object, "target");
  out.package = package.name;
  out.version = package.version;
  out.target = text_field(target, "name");
  out.kind = target_kind(texts_field(target, "kind"));
  out.manifest_path = text_field(object, "manifest_path");
  out.src_path = text_field(target, "src_path");
  return out;
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool is_host_path(const std::string& path, const SourcePaths& paths) {
  if (paths.triple.empty() || path.empty()) return false;
  std::string_view rest = path;
  if (!paths.target_dir.empty() && rest.starts_with(paths.target_dir))
    rest.remove_prefix(paths.target_dir.size());
  return rest.find("/" + paths.triple + "/") == std::string_view::npos;
}

Artifact make_artifact(const json::object& object, const SourcePaths& paths) {
  Artifact out;
  out.unit = target_name(object);
  out.harness = bool_field(object_field(object, "profile"), "test");
  out.fresh = bool_field(object, "fresh");
  out.executable = text_field(object, "executable");
  out.filenames = texts_field(object, "filenames");
  out.host = is_host_path(out.filenames.empty() ? out.executable : out.filenames.front(), paths);
  return out;
}

BuildScriptRun make_build_script(const json::object& object, const SourcePaths& paths) {
  BuildScriptRun out;
  auto package = parse_package_id(text_field(object, "package_id"));
  out.package = package.name;
  out.version = package.version;
  out.out_dir = text_field(object, "out_dir");
  out.host = is_host_path(out.out_dir + "/", paths);
  out.linked_paths = texts_field(object, "linked_paths");
  out.linked_libs = texts_field(object, "linked_libs");
  for (const auto& item : array_field(object, "env")) {
    if (!item.is_array() || item.get_array().size() != 2) continue;
    const auto& pair = item.get_array();
    if (pair[0].is_string() && pair[1].is_string())
      out.env.emplace_back(std::string(pair[0].get_string()), std::string(pair[1].get_string()));
  }
  return out;
}

bool same_error(const CompilerError& a, const CompilerError& b) {
  return same_target(a.unit, b.unit) && a.diagnostic.code == b.diagnostic.code &&
         a.diagnostic.message == b.diagnostic.message && a.diagnostic.file == b.diagnostic.file &&
         a.diagnostic.line == b.diagnostic.line && a.diagnostic.column == b.diagnostic.column;
}

bool same_artifact(const Artifact& a, const Artifact& b) {
  return a.harness == b.harness && a.host == b.host && a.executable == b.executable &&
         a.filenames == b.filenames && same_target(a.unit, b.unit);
}

void add_compiler_message(const json::object& object, const SourcePaths& paths, BuildMessages& out) {
  const auto& message = object_field(object, "message");
  auto level = message_level(message);
  if (level == MessageLevel::warning) ++out.warning_count;
  if (level == MessageLevel::warning || level == MessageLevel::other) return;
  auto unit = target_name(object);
  if (level == MessageLevel::note) {  // "the above error was encountered while instantiating …"
    for (auto it = out.errors.rbegin(); it != out.errors.rend(); ++it) {
      if (!same_target(it->unit, unit)) continue;
      if (it->diagnostic.notes.size() < 32)
        it->diagnostic.notes.push_back("note: " + bounded(text_field(message, "message"), 4096));
      return;
    }
    return;
  }
  ++out.error_count;
  if (out.errors.size() >= kErrors) return;
  CompilerError error;
  error.diagnostic = make_diagnostic(message, unit.package, directory_of(unit.manifest_path), paths);
  error.unit = std::move(unit);
  out.errors.push_back(std::move(error));
}

}  // namespace

bool same_target(const TargetName& a, const TargetName& b) {
  return a.package == b.package && a.version == b.version && a.target == b.target && a.kind == b.kind;
}

// Errors are compared as multisets: a library and its harness say the same error twice in one call.
void BuildMessages::merge(BuildMessages later) {
  std::vector<bool> taken(errors.size(), false);
  for (auto& error : later.errors) {
    bool known = false;
    for (std::size_t i = 0; i < taken.size() && !known; ++i)
      if (!taken[i] && same_error(errors[i], error)) known = taken[i] = true;
    if (known) continue;
    if (errors.size() < kErrors) errors.push_back(std::move(error));
  }
  error_count = std::max({error_count, later.error_count, static_cast<std::int64_t>(errors.size())});
  warning_count = std::max(warning_count, later.warning_count);
  for (auto& artifact : later.artifacts)
    if (std::none_of(artifacts.begin(), artifacts.end(),
                     [&](const auto& a) { return same_artifact(a, artifact); }))
      artifacts.push_back(std::move(artifact));
  for (auto& script : later.build_scripts)
    if (std::none_of(build_scripts.begin(), build_scripts.end(), [&](const auto& s) {
          return s.out_dir == script.out_dir && s.package == script.package;
        }))
      build_scripts.push_back(std::move(script));
  success = later.success;
  for (auto& line : later.plain_lines)
    if (plain_lines.size() < kPlainLines) plain_lines.push_back(std::move(line));
  dropped_lines += later.dropped_lines;
}

MessageParser::MessageParser(SourcePaths paths) : paths_(std::move(paths)), lines_(kLineLimit) {}

void MessageParser::feed(std::string_view bytes) {
  lines_.feed(
      bytes, [this](std::string_view text) { line(text); }, [this] { ++messages_.dropped_lines; });
}

void MessageParser::finish() {
  lines_.finish([this](std::string_view text) { line(text); });
}

void MessageParser::line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return;
  boost::system::error_code ec;
  json::value value;
  if (text.front() == '{') value = parse_deep(text, ec);
  if (ec || !value.is_object() || !value.get_object().if_contains("reason")) {
    if (messages_.plain_lines.size() < kPlainLines)
      messages_.plain_lines.push_back(bounded(text, kPlainLine));
    else
      ++messages_.dropped_lines;
    return;
  }
  const auto& object = value.get_object();
  auto reason = text_field(object, "reason");
  if (reason == "compiler-message") {
    add_compiler_message(object, paths_, messages_);
  } else if (reason == "compiler-artifact") {
    if (messages_.artifacts.size() < kArtifacts)
      messages_.artifacts.push_back(make_artifact(object, paths_));
    else
      ++messages_.dropped_lines;
  } else if (reason == "build-script-executed") {
    if (messages_.build_scripts.size() < kArtifacts)
      messages_.build_scripts.push_back(make_build_script(object, paths_));
    else
      ++messages_.dropped_lines;
  } else if (reason == "build-finished") {
    messages_.success = bool_field(object, "success");
  }
}

}  // namespace tripled::cargo
