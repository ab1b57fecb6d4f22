#include "workers/toolchain/toolchain_name.h"

#include <charconv>

#include "schema/base/text.h"

namespace tripled::toolchain {
namespace {

// The number at the front of `text`, which is then cut off it.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end == text.data() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  return true;
}

struct NumericName {
  RustVersion version;
  bool with_patch = false;
  std::string_view rest;
};

std::optional<NumericName> take_version(std::string_view text) {
  NumericName out;
  auto major = take_number(text);
  if (!major || text.empty() || text.front() != '.') return std::nullopt;
  text.remove_prefix(1);
  auto minor = take_number(text);
  if (!minor) return std::nullopt;
  out.version = {*major, *minor, 0};
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    auto patch = take_number(text);
    if (!patch) return std::nullopt;
    out.version.patch = *patch;
    out.with_patch = true;
  }
  out.rest = text;
  return out;
}

std::string channel_of(std::string_view release) {
  if (contains(release, "-nightly")) return "nightly";
  if (contains(release, "-beta")) return "beta";
  if (contains(release, "-dev")) return "dev";
  return "stable";
}

}  // namespace

std::optional<RustVersion> parse_version(std::string_view text) {
  auto taken = take_version(text);
  if (!taken) return std::nullopt;
  if (!taken->rest.empty() && taken->rest.front() != '-' && taken->rest.front() != '+') return std::nullopt;
  return taken->version;
}

ToolchainName parse_toolchain_name(std::string_view name) {
  using Kind = ToolchainName::Kind;
  ToolchainName out;
  if (name == "system") {
    out.kind = Kind::system;
  } else if (name == "msrv") {
    out.kind = Kind::msrv;
  } else if (contains(name, "/") || name == "." || name == "..") {
    out.kind = Kind::path;
  } else if (auto numeric = take_version(name); numeric && numeric->rest.empty()) {
    out.kind = Kind::version;
    out.version = numeric->version;
    out.with_patch = numeric->with_patch;
  } else {
    for (std::string_view channel : {"stable", "beta", "nightly"}) {
      if (!name.starts_with(channel)) continue;
      auto rest = name.substr(channel.size());
      if (rest.empty()) {
        out.kind = Kind::channel;
        out.channel = channel;
      } else if (rest.front() == '-' && is_date(rest.substr(1))) {
        out.kind = Kind::dated;
        out.channel = channel;
        out.date = rest.substr(1);
      }
    }
  }
  return out;
}

std::optional<VerboseVersion> parse_verbose_version(std::string_view text) {
  VerboseVersion out;
  if (!text.starts_with("rustc ")) return std::nullopt;
  for (const auto& line : split(text, '\n')) {
    auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    auto key = line.substr(0, colon);
    std::string value(trim(std::string_view(line).substr(colon + 2)));
    if (value == "unknown") continue;
    if (key == "release") out.release = value;
    if (key == "commit-hash") out.commit = value;
    if (key == "commit-date") out.commit_date = value;
    if (key == "host") out.host = value;
  }
  if (out.release.empty() || out.host.empty()) return std::nullopt;
  out.channel = channel_of(out.release);
  return out;
}

bool answers_to(const ToolchainName& name, std::string_view release, std::string_view channel) {
  switch (name.kind) {
    case ToolchainName::Kind::channel:
      return channel == name.channel;
    case ToolchainName::Kind::version: {
      auto version = parse_version(release);
      // rustup's 1.85 is a release: a 1.85.0-nightly from before it is something else.
      return version && channel == "stable" && version->major == name.version.major &&
             version->minor == name.version.minor &&
             (!name.with_patch || version->patch == name.version.patch);
    }
    case ToolchainName::Kind::dated:
    case ToolchainName::Kind::system:
    case ToolchainName::Kind::msrv:
    case ToolchainName::Kind::path:
    case ToolchainName::Kind::other:
      return false;
  }
  return false;
}

}  // namespace tripled::toolchain
