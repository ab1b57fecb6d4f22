#include "workers/cargo/diagnostic.h"

#include "schema/base/text.h"

namespace tripled::cargo {

namespace {

constexpr std::size_t kRenderedLimit = 16u << 10;
constexpr std::size_t kNoteLimit = 4u << 10;
constexpr std::size_t kNotes = 32;
constexpr std::size_t kSpans = 32;
constexpr int kExpansions = 256;

// In the crate that is compiled: members are named relative to the workspace, others below their own
// directory.
bool is_local(const std::string& file, const std::string& manifest_dir) {
  if (file.empty() || file[0] == '<') return false;
  if (file[0] != '/') return true;
  return !manifest_dir.empty() && file.starts_with(manifest_dir + "/");
}

// The innermost place of a span that lies in the crate itself; the span as it is where there is none.
const json::object& place(const json::object& span, const std::string& manifest_dir) {
  const json::object* at = &span;
  for (int i = 0; i < kExpansions; ++i) {
    if (is_local(text_field(*at, "file_name"), manifest_dir)) return *at;
    const auto& expansion = object_field(*at, "expansion");
    const auto& next = object_field(expansion, "span");
    if (next.empty()) return span;
    at = &next;
  }
  return span;
}

void add_spans(const json::object& message, const std::string& otherwise, bool own,
               const std::string& manifest_dir, const SourcePaths& paths, std::vector<Span>& out) {
  for (const auto& item : array_field(message, "spans")) {
    if (!item.is_object() || out.size() >= kSpans) continue;
    const auto& span = item.get_object();
    const auto& at = place(span, manifest_dir);
    Span result;
    result.file = display_path(text_field(at, "file_name"), paths);
    result.line = int_field(at, "line_start");
    result.column = int_field(at, "column_start");
    result.label = bounded(text_field(span, "label"), 512);
    if (result.label.empty()) result.label = otherwise;
    result.primary = own && bool_field(span, "is_primary");
    out.push_back(std::move(result));
  }
}

bool is_summary(const std::string& text) {
  return text.starts_with("aborting due to ") || text.starts_with("For more information about ") ||
         text.starts_with("Some errors have detailed explanations") ||
         text == "aborting due to previous error";
}

}  // namespace

MessageLevel message_level(const json::object& message) {
  auto level = text_field(message, "level");
  if (level == "error" || level.starts_with("error:"))
    return is_summary(text_field(message, "message")) ? MessageLevel::other : MessageLevel::error;
  if (level == "warning") return MessageLevel::warning;
  if (level == "note") return MessageLevel::note;
  return MessageLevel::other;
}

Diagnostic make_diagnostic(const json::object& message, const std::string& package,
                           const std::string& manifest_dir, const SourcePaths& paths) {
  Diagnostic out;
  out.code = text_field(object_field(message, "code"), "code");
  out.message = bounded(display_text(text_field(message, "message"), paths), kNoteLimit);
  out.package = package;
  out.rendered = bounded(display_text(text_field(message, "rendered"), paths), kRenderedLimit);
  add_spans(message, "", true, manifest_dir, paths, out.spans);
  for (const auto& span : out.spans) {
    if (!span.primary) continue;
    out.file = span.file;
    out.line = span.line;
    out.column = span.column;
    break;
  }
  for (const auto& item : array_field(message, "children")) {
    if (!item.is_object()) continue;
    const auto& child = item.get_object();
    auto text = display_text(text_field(child, "message"), paths);
    if (out.notes.size() < kNotes)
      out.notes.push_back(bounded(text_field(child, "level") + ": " + text, kNoteLimit));
    add_spans(child, bounded(text, 512), false, manifest_dir, paths, out.spans);
  }
  return out;
}

}  // namespace tripled::cargo
