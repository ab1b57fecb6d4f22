#include "daemon/diagnosis/causes/failure.h"

#include <algorithm>
#include <cctype>

#include "daemon/diagnosis/causes/manifest_text.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

constexpr std::size_t most_text = 600;

std::string bounded(std::string_view text) {
  if (text.size() <= most_text) return std::string(text);
  auto cut = most_text;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// rustc's rendering: `12 | code`.
std::string rendered_line(const std::string& rendered, const std::string& file, int number) {
  bool here = false;
  for (const auto& text : split(rendered, '\n')) {
    auto rest = trim(text);
    if (rest.starts_with("--> ") || rest.starts_with("::: ")) here = rest.substr(4).starts_with(file + ":");
    if (!here) continue;
    auto bar = rest.find(" |");
    if (bar == std::string_view::npos || bar == 0) continue;
    auto digits = rest.substr(0, bar);
    if (digits.find_first_not_of("0123456789 ") != std::string_view::npos) continue;
    if (std::atoi(std::string(digits).c_str()) == number)
      return std::string(rest.size() > bar + 3 ? rest.substr(bar + 3) : "");
  }
  return {};
}

}  // namespace

bool Case::is_one_of(std::initializer_list<std::string_view> codes) const {
  return std::find(codes.begin(), codes.end(), error.code) != codes.end();
}

Fault author(const Failure& failure) {
  if (failure.package.empty()) return Fault::project;
  return failure.foreign() ? Fault::dependency : Fault::project;
}

Diagnosis found(const Case& of, Cause cause, Confidence confidence) {
  Diagnosis out;
  out.cause = cause;
  out.confidence = confidence;
  out.fault = author(of.failure);
  out.package = of.failure.package;
  out.version = of.failure.version;
  out.target = of.failure.target;
  out.code = of.error.code;
  EvidenceItem message;
  message.kind = "message";
  message.file = of.error.file;
  message.line = of.error.line;
  message.text = bounded((of.error.code.empty() ? "" : of.error.code + ": ") + of.error.message);
  out.evidence.push_back(std::move(message));
  for (const auto& span : of.error.spans)
    if (span.primary && !span.label.empty()) {
      out.evidence.push_back(span_item(span));
      break;
    }
  return out;
}

std::string words_of(const Diagnostic& error) {
  std::string out = error.message;
  for (const auto& note : error.notes) {
    auto text = std::string_view(note);
    if (text.starts_with("note: ")) text.remove_prefix(6);
    // Linkers' command lines begin with the program, or with the environment it was given.
    if (trim(text).starts_with('"') || text.starts_with("env -u") || contains(text, "\" \"-o\" \"") ||
        text.starts_with("LC_ALL="))
      continue;
    out += "\n" + note;
  }
  return out;
}

std::string all_words_of(const Diagnostic& error) {
  if (error.message.starts_with("linking with ")) return words_of(error);
  return words_of(error) + "\n" + error.rendered;
}

std::string quoted(std::string_view text, int n) {
  std::size_t at = 0;
  for (int i = 0;; ++i) {
    auto open = text.find('`', at);
    if (open == std::string_view::npos) return {};
    auto close = text.find('`', open + 1);
    if (close == std::string_view::npos) return {};
    if (i == n) return std::string(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  auto from = text.find(before);
  if (from == std::string_view::npos) return {};
  from += before.size();
  auto to = text.find(after, from);
  return to == std::string_view::npos ? std::string() : std::string(text.substr(from, to - from));
}

std::string line_with(std::string_view text, std::string_view part) {
  auto at = text.find(part);
  if (at == std::string_view::npos) return {};
  auto begin = text.rfind('\n', at);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  return std::string(trim(text.substr(begin, text.find('\n', at) - begin)));
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return contains(text, part); });
}

bool has_word(std::string_view text, std::string_view word) {
  if (word.empty()) return false;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    auto end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

EvidenceItem span_item(const Span& span, std::string text) {
  EvidenceItem out;
  out.kind = "span";
  out.file = span.file;
  out.line = span.line;
  out.text = bounded(text.empty() ? span.label : text);
  return out;
}

EvidenceItem log_item(std::string text) {
  EvidenceItem out;
  out.kind = "log";
  out.text = bounded(text);
  return out;
}

std::string shown_directory(const Evidence& evidence, const Package& package) {
  auto crate = package.name + "-" + package.version;
  auto dir = package.directory();
  const auto& root = evidence.metadata.workspace_root;
  // `cargo vendor`: from a registry, and in the project.
  bool inside = !root.empty() && dir.starts_with(root + "/");
  if (!package.source.empty() && !(inside && evidence.file(dir.substr(root.size() + 1) + "/Cargo.toml")))
    return crate;
  if (dir == root) return "";
  if (!root.empty() && dir.starts_with(root + "/")) return dir.substr(root.size() + 1);
  return crate;
}

std::string manifest_file(const Evidence& evidence, const Package& package) {
  auto dir = shown_directory(evidence, package);
  // A member's files are named below the project, which can be a directory of the workspace.
  auto name = dir.empty() ? std::string("Cargo.toml") : dir + "/Cargo.toml";
  if (evidence.file(name) || !package.member) return name;
  for (const auto& [file, text] : evidence.files) {
    if (!file.ends_with("Cargo.toml")) continue;
    auto tail = file.substr(0, file.size() - std::string_view("Cargo.toml").size());
    if ((tail.empty() || package.manifest_path.ends_with("/" + file)) &&
        contains(text, "name = \"" + package.name + "\""))
      return file;
  }
  return name;
}

EvidenceItem manifest_item(const Evidence& evidence, const Package& package, const Dependency& dependency) {
  EvidenceItem out;
  out.kind = "manifest";
  out.file = manifest_file(evidence, package);
  auto table = std::string(dependency.kind == "dev"     ? "dev-dependencies"
                           : dependency.kind == "build" ? "build-dependencies"
                                                        : "dependencies");
  if (!dependency.target.empty()) table = "target.'" + dependency.target + "'." + table;
  auto name = dependency.rename.empty() ? dependency.name : dependency.rename;
  out.text = "[" + table + "] " + name + " = \"" + dependency.requirement + "\"";
  if (const auto* text = evidence.file(out.file)) {
    ManifestText manifest(*text);
    for (const auto& entry : manifest.dependency(name)) {
      // TOML's ways to quote: '…' and "… \"…\" …".
      auto plain = [](std::string t) {
        return replace_all(replace_all(replace_all(std::move(t), "\\", ""), "\"", "'"), " ", "");
      };
      if (plain(entry.table) != plain(table)) continue;
      out.line = entry.from;
      out.text = bounded("[" + entry.table + "] " + manifest.text_of(entry));
    }
  }
  return out;
}

std::string source_line(const Case& of, const std::string& file, int line) {
  if (const auto* text = of.evidence.file(file)) {
    auto lines = split(*text, '\n');
    if (line >= 1 && static_cast<std::size_t>(line) <= lines.size())
      return lines[static_cast<std::size_t>(line) - 1];
  }
  return rendered_line(of.error.rendered, file, line);
}

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= path.size();) {
    auto end = path.find("::", at);
    if (end == std::string_view::npos) end = path.size();
    out.emplace_back(trim(path.substr(at, end - at)));
    at = end + 2;
  }
  return out;
}

std::string missing_path(const Diagnostic& error) {
  static constexpr std::string_view codes[] = {"E0432", "E0433", "E0425", "E0412", "E0405", "E0404", "E0423",
                                               "E0531", "E0532", "E0574", "E0422", "E0426", "E0407", "E0437",
                                               "E0438", "E0599", "E0463", "E0573", "E0575", "E0576"};
  if (std::find(std::begin(codes), std::end(codes), error.code) == std::end(codes)) return {};
  std::string label;
  for (const auto& span : error.spans)
    if (span.primary) label += span.label + "\n";
  auto first = quoted(error.message);
  // unresolved import `a::b`: the whole path; what could not be found can be any segment of it.
  if (error.code == "E0432" || error.code == "E0463") return first;
  // cannot find `x` in `y` / in crate `y` / in module `y`; older: could not find `x` in `y`.
  if (auto x = between(label, "could not find `", "` in `"); !x.empty()) {
    auto y = between(label, "` in `", "`");
    return y.empty() ? x : y + "::" + x;
  }
  if (auto place = between(error.message, "in crate `", "`"); !place.empty()) return place + "::" + first;
  if (auto place = between(error.message, "in module `", "`"); !place.empty()) return place + "::" + first;
  if (auto place = between(label, "not found in `", "`"); !place.empty() && place != "this scope")
    return place + "::" + first;
  if (first.empty()) first = quoted(label);
  return first;
}

bool is_among(Cause cause, std::initializer_list<Cause> causes) {
  return std::find(causes.begin(), causes.end(), cause) != causes.end();
}

Mend mend(MendKind kind, std::string text, std::string patch) {
  return Mend{kind, std::move(text), std::move(patch)};
}

}  // namespace tripled::diagnosis
