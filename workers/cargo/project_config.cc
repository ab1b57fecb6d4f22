#include "workers/cargo/project_config.h"

#include <cctype>

#include "schema/base/text.h"
#include "workers/cargo/json_fields.h"

namespace tripled::cargo {

namespace {

// cargo's StringList: an array, or a text that is split at white space.
std::optional<std::vector<std::string>> string_list(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value) return std::nullopt;
  if (value->is_string()) return split_words(std::string_view(value->get_string()));
  if (value->is_array()) return texts_field(object, key);
  return std::nullopt;
}

TargetConfig read_target(const json::object& object) {
  TargetConfig out;
  out.rustflags = string_list(object, "rustflags");
  out.rustdocflags = string_list(object, "rustdocflags");
  out.linker = text_field(object, "linker");
  if (auto runner = string_list(object, "runner")) out.runner = *runner;
  return out;
}

// --- cfg expressions: any(…), all(…), not(…), name, name = "value"
// ---------------------------------------------

class CfgReader {
 public:
  CfgReader(std::string_view text, const std::vector<std::string>& cfg) : text_(text), cfg_(cfg) {}

  std::optional<bool> whole() {
    auto value = expression(0);
    skip_space();
    return at_ == text_.size() ? value : std::nullopt;
  }

 private:
  static constexpr int kDepth = 64;

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::string word() {
    skip_space();
    auto begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '_' || text_[at_] == '-' || text_[at_] == '.'))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::optional<bool> expression(int depth) {
    auto name = word();
    if (name.empty() || depth > kDepth) return std::nullopt;
    if (take('(')) return group(name, depth);
    if (take('=')) return equality(name);
    if (name == "true" || name == "false") return name == "true";
    return has(name);
  }

  std::optional<bool> group(const std::string& name, int depth) {
    std::vector<bool> values;
    while (!take(')')) {
      auto value = expression(depth + 1);
      if (!value) return std::nullopt;
      values.push_back(*value);
      if (take(',')) continue;
      if (!take(')')) return std::nullopt;
      break;
    }
    bool any = false, all = true;
    for (bool value : values) {
      any = any || value;
      all = all && value;
    }
    if (name == "any") return any;
    if (name == "all") return all;
    if (name == "not" && values.size() == 1) return !values[0];
    if (name == "cfg" && values.size() == 1 && depth == 0) return values[0];
    return std::nullopt;
  }

  std::optional<bool> equality(const std::string& name) {
    if (!take('"')) return std::nullopt;
    auto end = text_.find('"', at_);
    if (end == std::string_view::npos) return std::nullopt;
    auto value = text_.substr(at_, end - at_);
    at_ = end + 1;
    return has(name + "=\"" + std::string(value) + "\"");
  }

  bool has(const std::string& line) const {
    for (const auto& item : cfg_)
      if (item == line) return true;
    return false;
  }

  std::string_view text_;
  const std::vector<std::string>& cfg_;
  std::size_t at_ = 0;
};

using FlagField = std::optional<std::vector<std::string>> TargetConfig::*;

// target.T first, then the matching cfg keys in their sorted order; build.* only where none of them has the
// key.
std::vector<std::string> effective(const ProjectConfig& config, const std::string& triple,
                                   const std::vector<std::string>& cfg, FlagField flags,
                                   const std::optional<std::vector<std::string>>& build) {
  std::vector<std::string> out;
  auto add = [&](const TargetConfig& target) {
    if (const auto& list = target.*flags) out.insert(out.end(), list->begin(), list->end());
  };
  if (auto own = config.targets.find(triple); own != config.targets.end()) add(own->second);
  for (const auto& [key, target] : config.targets)
    if (key.starts_with("cfg(") && cfg_matches(key, cfg).value_or(false)) add(target);
  if (out.empty() && build) return *build;  // cargo too falls back when the joined list is empty
  return out;
}

}  // namespace

Result<ProjectConfig> parse_config(std::string_view text) {
  boost::system::error_code ec;
  auto value = parse_deep(text, ec);
  if (ec || !value.is_object())
    return Error(ErrorKind::protocol, "`cargo config get` did not print a JSON object");
  const auto& object = value.get_object();
  ProjectConfig out;
  const auto& build = object_field(object, "build");
  out.build_rustflags = string_list(build, "rustflags");
  out.build_rustdocflags = string_list(build, "rustdocflags");
  out.build_target_dir = text_field(build, "target-dir");
  out.rustc_wrapper = text_field(build, "rustc-wrapper");
  if (out.rustc_wrapper.empty()) out.rustc_wrapper = text_field(build, "rustc-workspace-wrapper");
  out.rustc = text_field(build, "rustc");
  out.rustdoc = text_field(build, "rustdoc");
  if (auto target = string_list(build, "target")) out.build_target = *target;
  for (const auto& item : object_field(object, "target"))
    if (item.value().is_object())
      out.targets[std::string(item.key())] = read_target(item.value().get_object());
  for (const auto& item : object_field(object, "env")) {
    if (item.value().is_string())
      out.env[std::string(item.key())] = std::string(item.value().get_string());
    else if (item.value().is_object())
      out.env[std::string(item.key())] = text_field(item.value().get_object(), "value");
  }
  out.profile_overrides = object.if_contains("profile") != nullptr;
  return out;
}

std::optional<bool> cfg_matches(std::string_view expression, const std::vector<std::string>& cfg) {
  return CfgReader(trim(expression), cfg).whole();
}

std::vector<std::string> effective_rustflags(const ProjectConfig& config, const std::string& triple,
                                             const std::vector<std::string>& cfg) {
  return effective(config, triple, cfg, &TargetConfig::rustflags, config.build_rustflags);
}

std::vector<std::string> effective_rustdocflags(const ProjectConfig& config, const std::string& triple,
                                                const std::vector<std::string>& cfg) {
  return effective(config, triple, cfg, &TargetConfig::rustdocflags, config.build_rustdocflags);
}

std::vector<std::string> overridden_settings(const ProjectConfig& config, const std::string& triple,
                                             const std::vector<std::string>& cfg) {
  std::vector<std::string> out;
  auto say = [&](const std::string& key, const std::string& value) {
    if (!value.empty())
      out.push_back("the project's configuration sets " + key + " = " + value + "; tripled's own is used");
  };
  say("build.target-dir", config.build_target_dir);
  say("build.target", join(config.build_target, " "));
  say("build.rustc-wrapper", config.rustc_wrapper);
  say("build.rustc", config.rustc);
  say("build.rustdoc", config.rustdoc);
  for (const auto& [key, target] : config.targets) {
    if (key != triple && !(key.starts_with("cfg(") && cfg_matches(key, cfg).value_or(false))) continue;
    say("target." + key + ".linker", target.linker);
    say("target." + key + ".runner", join(target.runner, " "));
  }
  return out;
}

}  // namespace tripled::cargo
