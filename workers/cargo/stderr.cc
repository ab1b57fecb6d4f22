#include "workers/cargo/stderr.h"

#include <cctype>

#include "schema/base/text.h"
#include "workers/cargo/json_fields.h"

namespace tripled::cargo {

namespace {

constexpr std::size_t kErrors = 200;
constexpr std::size_t kBlock = 1u << 20;  // while it is read
constexpr std::size_t kHead = 4u << 10, kTail = 12u << 10;
constexpr std::size_t kLooseLines = 50, kLooseLine = 1u << 10;

// cargo's status lines are right-aligned: the verb ends in column 12.
bool is_status(std::string_view line) {
  auto begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos || begin > 11 || line.size() < 13 || line[12] != ' ') return false;
  if (std::isupper(static_cast<unsigned char>(line[begin])) == 0) return false;
  for (auto i = begin; i < 12; ++i)
    if (std::isalpha(static_cast<unsigned char>(line[i])) == 0 && line[i] != '-') return false;
  return true;
}

std::string head_and_tail(const std::string& text) {
  if (text.size() <= kHead + kTail) return text;
  auto tail = text.find('\n', text.size() - kTail);
  if (tail == std::string::npos) tail = text.size() - kTail;
  return bounded(std::string_view(text).substr(0, kHead), kHead - 4) + "\n…" + text.substr(tail);
}

}  // namespace

void StderrParser::feed(std::string_view bytes) {
  lines_.feed(
      bytes, [this](std::string_view text) { line(text); }, [] {});
}

void StderrParser::finish() {
  lines_.finish([this](std::string_view text) { line(text); });
  end_block();
}

void StderrParser::line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.starts_with("error: ") || text.starts_with("error[")) {
    end_block();
    inside_ = Inside::error;
    block_ = std::string(text);
    return;
  }
  if (text.starts_with("warning: ") || is_status(text)) {
    end_block();
    if (text.starts_with("warning: ")) inside_ = Inside::warning;
    return;
  }
  if (inside_ == Inside::error) {
    if (block_.size() + text.size() < kBlock) {
      block_ += '\n';
      block_ += text;
    }
    return;
  }
  if (inside_ == Inside::warning && (text.empty() || text[0] == ' ')) return;
  if (text.empty()) return;
  if (loose_.size() >= kLooseLines) loose_.erase(loose_.begin());
  loose_.push_back(bounded(text, kLooseLine));
}

void StderrParser::end_block() {
  if (inside_ == Inside::error && errors_.size() < kErrors) {
    auto text = display_text(to_valid_utf8(block_), paths_);
    if (auto error = classify_cargo_error(text)) add(std::move(*error));
  }
  block_.clear();
  inside_ = Inside::nothing;
}

void StderrParser::add(CargoError error) {
  error.text = head_and_tail(error.text);
  bool script = error.kind == CargoErrorKind::build_script_failed;
  // A build script can log several errors; they are one failure.
  if (script && !errors_.empty() && errors_.back().kind == error.kind && same_label(errors_.back(), error)) {
    errors_.back().text = head_and_tail(errors_.back().text + "\n" + error.text);
    return;
  }
  errors_.push_back(std::move(error));
}

bool same_label(const CargoError& a, const CargoError& b) {
  return a.package == b.package && a.version == b.version && a.unit_kind == b.unit_kind &&
         a.target == b.target && a.harness == b.harness;
}

void merge_cargo_errors(std::vector<CargoError>& errors, const std::vector<CargoError>& later) {
  std::vector<bool> taken(errors.size(), false);
  for (const auto& error : later) {
    bool known = false;
    for (std::size_t i = 0; i < taken.size() && !known; ++i) {
      bool same = is_global(error.kind) ? errors[i].message == error.message
                                        : !is_global(errors[i].kind) && same_label(errors[i], error);
      if (!taken[i] && same) known = taken[i] = true;
    }
    if (!known) errors.push_back(error);
  }
}

bool is_global(CargoErrorKind kind) {
  switch (kind) {
    case CargoErrorKind::unit_failed:
    case CargoErrorKind::unit_crashed:
    case CargoErrorKind::build_script_failed:
      return false;
    case CargoErrorKind::unknown_feature:
    case CargoErrorKind::no_matching_package:
    case CargoErrorKind::resolution:
    case CargoErrorKind::missing_target_file:
    case CargoErrorKind::selection:
    case CargoErrorKind::manifest:
    case CargoErrorKind::rust_version:
    case CargoErrorKind::lock_outdated:
    case CargoErrorKind::network:
    case CargoErrorKind::disk_full:
    case CargoErrorKind::toolchain:
    case CargoErrorKind::other:
      return true;
  }
  return true;
}

// `  --- stderr` and what follows it, each line indented by two spaces.
std::string build_script_stderr(const CargoError& error) {
  std::string out;
  bool inside = false;
  for (const auto& text : split(error.text, '\n')) {
    if (text == "  --- stderr") {
      inside = true;
    } else if (text == "  --- stdout") {
      inside = false;
    } else if (inside) {
      out += text.starts_with("  ") ? text.substr(2) : text;
      out += '\n';
    }
  }
  return out;
}

Diagnostic to_diagnostic(const CargoError& error) {
  Diagnostic out;
  out.message = error.message;
  out.package = error.package;
  out.rendered = error.text;
  for (const auto& text : split(error.text, '\n')) {  // ` --> Cargo.toml:5:5` of cargo's TOML errors
    auto arrow = text.find("--> ");
    if (arrow == std::string::npos || text.find_first_not_of(' ') != arrow) continue;
    auto parts = split(text.substr(arrow + 4), ':');
    out.file = parts[0];
    if (parts.size() > 1) out.line = std::atoi(parts[1].c_str());
    if (parts.size() > 2) out.column = std::atoi(parts[2].c_str());
    break;
  }
  return out;
}

}  // namespace tripled::cargo
