// Which kind of error a block of cargo's stderr is. Texts: cargo 1.85-1.96.
#include <algorithm>
#include <array>
#include <regex>

#include "schema/base/text.h"
#include "workers/cargo/json_fields.h"
#include "workers/cargo/stderr.h"

namespace tripled::cargo {

namespace {

struct Pattern {
  std::string_view text;
  CargoErrorKind kind;
};

// The first that occurs in the block decides: causes that name a cure stand before the general words around
// them.
constexpr std::array kPatterns{
    Pattern{"No space left on device", CargoErrorKind::disk_full},
    Pattern{"os error 28", CargoErrorKind::disk_full},
    Pattern{"Disk quota exceeded", CargoErrorKind::disk_full},
    Pattern{"does not have that feature", CargoErrorKind::unknown_feature},
    Pattern{"does not have feature", CargoErrorKind::unknown_feature},
    Pattern{"does not contain this feature", CargoErrorKind::unknown_feature},
    Pattern{"does not contain these features", CargoErrorKind::unknown_feature},
    Pattern{"none of the selected packages contains", CargoErrorKind::unknown_feature},
    Pattern{"because --locked was passed", CargoErrorKind::lock_outdated},
    Pattern{"because --frozen was passed", CargoErrorKind::lock_outdated},
    Pattern{"needs to be updated but", CargoErrorKind::lock_outdated},
    Pattern{"is not supported by the following package", CargoErrorKind::rust_version},
    Pattern{"cannot be built because it requires rustc", CargoErrorKind::rust_version},
    Pattern{"but --offline was specified", CargoErrorKind::network},
    Pattern{"offline mode", CargoErrorKind::network},
    Pattern{"curl failed", CargoErrorKind::network},
    Pattern{"network failure", CargoErrorKind::network},
    Pattern{"Could not resolve host", CargoErrorKind::network},
    Pattern{"failed to download", CargoErrorKind::network},
    Pattern{"download of ", CargoErrorKind::network},
    Pattern{"failed to fetch", CargoErrorKind::network},
    Pattern{"failed to clone into", CargoErrorKind::network},
    Pattern{"to learn about target-specific information", CargoErrorKind::toolchain},
    Pattern{"(never executed)", CargoErrorKind::toolchain},
    Pattern{"error loading target specification", CargoErrorKind::toolchain},
    Pattern{"no matching package", CargoErrorKind::no_matching_package},
    Pattern{"failed to select a version", CargoErrorKind::resolution},
    Pattern{"is yanked", CargoErrorKind::resolution},
    Pattern{"cyclic package dependency", CargoErrorKind::resolution},
    Pattern{"target named `", CargoErrorKind::selection},
    Pattern{"targets found in package", CargoErrorKind::selection},
    Pattern{"package ID specification", CargoErrorKind::selection},
    Pattern{"not found in workspace", CargoErrorKind::selection},
    Pattern{"excluded package(s)", CargoErrorKind::selection},
    Pattern{"unexpected argument", CargoErrorKind::selection},
    Pattern{"requires the features", CargoErrorKind::selection},
    Pattern{"failed to parse", CargoErrorKind::manifest},
    Pattern{"failed to load manifest", CargoErrorKind::manifest},
    Pattern{"failed to read", CargoErrorKind::manifest},
    Pattern{"could not find `Cargo.toml`", CargoErrorKind::manifest},
    Pattern{"could not load Cargo configuration", CargoErrorKind::manifest},
    Pattern{"--> ", CargoErrorKind::manifest},
};

// "can't find `gone` example at `examples/gone.rs` or …", "can't find bin `gone` at path `…`".
bool names_missing_target(const std::string& block) {
  auto at = block.find("can't find ");
  if (at == std::string::npos) return false;
  auto line = block.substr(at, std::min<std::size_t>(block.find('\n', at) - at, 500));
  for (const char* word : {"example", "bin", "test", "bench", "library", "lib", "build script"})
    if (contains(line, std::string(" ") + word + " ")) return true;
  return false;
}

CargoErrorKind kind_of(const std::string& block) {
  if (names_missing_target(block)) return CargoErrorKind::missing_target_file;
  if (block.starts_with("error: profile `")) return CargoErrorKind::selection;
  for (const auto& pattern : kPatterns)
    if (contains(block, pattern.text)) return pattern.kind;
  return CargoErrorKind::other;
}

// `lib test`, `bin "b1" test`, `test "t1"`, `build script`.
void read_label(const std::string& label, CargoError& out) {
  static const std::regex form("(lib|bin|test|bench|example|build script)(?: \"([^\"]*)\")?( test)?.*");
  std::smatch match;
  if (!std::regex_match(label, match, form)) return;
  out.unit_kind = match[1] == "build script" ? "custom-build" : match[1].str();
  out.target = match[2].str();
  out.harness = match[3].matched || out.unit_kind == "test" || out.unit_kind == "bench";
}

int signal_of(const std::string& block) {
  static const std::regex form("\\(signal: ([0-9]+)");
  std::smatch match;
  auto from = block.size() > 400 ? block.substr(block.size() - 400) : block;
  return std::regex_search(from, match, form) ? std::atoi(match[1].str().c_str()) : 0;
}

std::string first_line(const std::string& block) {
  auto line =
      block.substr(0, std::min<std::size_t>(block.find('\n'), 2000));  // std::regex recurses per character
  return line.starts_with("error: ") ? line.substr(7) : line;
}

// The line that says why: the deepest `Caused by:`.
std::string deepest_cause(const std::string& block) {
  auto at = block.rfind("\nCaused by:\n");
  if (at == std::string::npos) return {};
  auto rest = block.substr(at + 12);
  return std::string(trim(rest.substr(0, rest.find('\n'))));
}

std::optional<CargoError> unit_error(const std::string& block, const std::string& line) {
  static const std::regex form(
      "could not compile `([^`]*)`(?: \\(([^)]*)\\))?(?: due to (?:([0-9]+) )?previous errors?.*)?");
  std::smatch match;
  if (!std::regex_match(line, match, form)) return std::nullopt;
  CargoError out;
  out.package = match[1];
  read_label(match[2].str(), out);
  out.errors = match[3].matched ? std::atoll(match[3].str().c_str()) : 1;
  bool counted = contains(line, " due to ");
  out.kind = counted ? CargoErrorKind::unit_failed : CargoErrorKind::unit_crashed;
  out.signal = counted ? 0 : signal_of(block);
  out.message = line;
  if (out.signal != 0) out.message += ": rustc was ended by signal " + std::to_string(out.signal);
  return out;
}

// What a build script said last: the words of its panic, else its last line.
std::string last_words(const CargoError& error) {
  auto lines = split(build_script_stderr(error), '\n');
  std::string last;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (contains(lines[i], "panicked at") && i + 1 < lines.size()) return std::string(trim(lines[i + 1]));
    auto text = trim(lines[i]);
    if (!text.empty() && !text.starts_with("note: ")) last = std::string(text);
  }
  return last;
}

std::optional<CargoError> build_script_error(const std::string& block, const std::string& line) {
  static const std::regex form("failed to run custom build command for `([^`]*)`");
  std::smatch match;
  if (!std::regex_search(line, match, form)) return std::nullopt;
  CargoError out;
  auto package = parse_package_display(match[1].str());
  out.kind = CargoErrorKind::build_script_failed;
  out.package = package.name;
  out.version = package.version;
  out.unit_kind = "run-custom-build";
  out.target = "build-script-build";
  out.signal = contains(block, "--- std") ? 0 : signal_of(block);
  out.text = block;
  out.message = "build script of `" + package.name + " v" + package.version + "` failed";
  if (auto words = last_words(out); !words.empty()) out.message += ": " + words;
  return out;
}

// `cargo::error=` comes as "error: name@1.0: text"; unreadable output of a build script names it in words.
std::optional<CargoError> build_script_said(const std::string& line) {
  static const std::regex logged("([A-Za-z0-9_-]+)@([0-9][^ :]*): (.*)");
  static const std::regex named(
      "(?:invalid output in build script|minimum supported Rust version) of `([^`]*)`");
  std::smatch match;
  CargoError out;
  PackageName package;
  if (std::regex_match(line, match, logged)) {
    package = {match[1], match[2], ""};
    out.message = "build script of `" + package.name + " v" + package.version + "` failed: " + match[3].str();
  } else if (std::regex_search(line, match, named)) {
    package = parse_package_display(match[1].str());
    out.message = line;
  } else {
    return std::nullopt;
  }
  out.kind = CargoErrorKind::build_script_failed;
  out.package = package.name;
  out.version = package.version;
  out.unit_kind = "run-custom-build";
  out.target = "build-script-build";
  return out;
}

std::string global_message(CargoErrorKind kind, const std::string& block, const std::string& line) {
  if (kind == CargoErrorKind::unknown_feature || kind == CargoErrorKind::missing_target_file) {
    for (const auto& text : split(block, '\n'))
      if (contains(text, "that feature") || contains(text, "this feature") ||
          contains(text, "does not have feature") || contains(text, "can't find "))
        return text.starts_with("error: ") ? text.substr(7) : std::string(trim(text));
  }
  auto cause = deepest_cause(block);
  return cause.empty() || contains(line, cause) ? line : line + ": " + cause;
}

}  // namespace

std::optional<CargoError> classify_cargo_error(const std::string& block) {
  auto line = first_line(block);
  if (line.starts_with("could not compile due to ") || line.starts_with("build failed") ||
      line == "build script logged errors")
    return std::nullopt;
  // `cargo test` without --no-run repeats what the tests said.
  if (contains(line, "doctest failed, to rerun") || contains(line, "test failed, to rerun"))
    return std::nullopt;
  std::optional<CargoError> out = unit_error(block, line);
  if (!out) out = build_script_error(block, line);
  if (!out) out = build_script_said(line);
  if (!out) {
    out.emplace();
    out->kind = kind_of(block);
    out->message = global_message(out->kind, block, line);
  }
  out->message = bounded(out->message, 2000);
  out->text = block;
  return out;
}

}  // namespace tripled::cargo
