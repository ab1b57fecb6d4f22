#include "workers/cargo/flags.h"

#include <algorithm>
#include <array>

#include "schema/base/text.h"

namespace tripled::cargo {

namespace {

// Flags in the cell's own environment come before any configuration, as with cargo.
std::optional<std::vector<std::string>> from_environment(const CommandInput& input,
                                                         const std::string& encoded,
                                                         const std::string& plain) {
  const auto& env = input.settings.env;
  if (auto found = env.find(encoded); found != env.end() && found->second)
    return found->second->empty() ? std::vector<std::string>{} : split(*found->second, '\x1f');
  if (auto found = env.find(plain); found != env.end() && found->second) return split_words(*found->second);
  return std::nullopt;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::vector<std::string> lint_flags(const std::string& lints) {
  if (lints == "cap") return {"--cap-lints", "warn"};
  if (lints == "deny") return {"-D", "warnings"};
  return {};
}

}  // namespace

std::vector<std::string> rustdoc_subset(const std::vector<std::string>& rustflags) {
  static constexpr std::array<std::string_view, 19> kWithValue{
      "-C",       "--codegen",   "--cfg",     "--check-cfg", "-L",          "--extern", "-Z",
      "-W",       "-A",          "-D",        "-F",          "--warn",      "--allow",  "--deny",
      "--forbid", "--cap-lints", "--sysroot", "--edition",   "--force-warn"};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rustflags.size(); ++i) {
    const auto& flag = rustflags[i];
    bool separate = std::find(kWithValue.begin(), kWithValue.end(), flag) != kWithValue.end();
    if (separate && i + 1 < rustflags.size()) {
      out.push_back(flag);
      out.push_back(rustflags[++i]);
      continue;
    }
    bool joined = std::any_of(kWithValue.begin(), kWithValue.end(), [&](std::string_view known) {
      bool is_long = known.starts_with("--");
      return flag.starts_with(known) && flag.size() > known.size() && (!is_long || flag[known.size()] == '=');
    });
    if (joined) out.push_back(flag);
  }
  return out;
}

CompilerFlags compiler_flags(const CommandInput& input) {
  CompilerFlags out;
  const auto& settings = input.settings;
  auto triple = input.triples.empty() ? input.host : input.triples.front();
  auto lints = lint_flags(settings.lints);
  bool rust = settings.rustflags.replace || !settings.rustflags.values.empty() || !lints.empty();
  bool doc = rust || settings.rustdocflags.replace || !settings.rustdocflags.values.empty();
  if (!input.project && (rust || doc))
    out.notes.emplace_back("the project's own configuration could not be read: its rustflags are not kept");
  if (input.project) append(out.notes, overridden_settings(*input.project, triple, input.cfg));
  if (rust) {
    std::vector<std::string> flags;
    if (!settings.rustflags.replace) {
      auto own = from_environment(input, "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS");
      if (!own && input.project) own = effective_rustflags(*input.project, triple, input.cfg);
      if (own) flags = *own;
    }
    append(flags, settings.rustflags.values);
    append(flags, lints);
    out.rustflags = std::move(flags);
  }
  if (doc) {
    std::vector<std::string> flags;
    if (!settings.rustdocflags.replace) {
      auto own = from_environment(input, "CARGO_ENCODED_RUSTDOCFLAGS", "RUSTDOCFLAGS");
      if (!own && input.project) own = effective_rustdocflags(*input.project, triple, input.cfg);
      if (own) flags = *own;
    }
    append(flags, rustdoc_subset(settings.rustflags.values));
    if (settings.lints == "cap")
      append(flags, lints);  // `deny` is about the crate's own code, not its examples
    append(flags, settings.rustdocflags.values);
    out.rustdocflags = std::move(flags);
  }
  return out;
}

}  // namespace tripled::cargo
