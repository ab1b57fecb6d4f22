// Parser of cargo's `--message-format=json` stdout: one JSON object a line, other lines possible, unknown
// reasons passed over (cargo book "External tools"). Memory is bounded whatever comes: a line of more than 64
// MiB is dropped and counted. One thread at a time per parser. No errors: what cannot be read is counted.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/model/result.h"
#include "workers/cargo/line_splitter.h"
#include "workers/cargo/package_id.h"

namespace tripled::cargo {

// The crate target a message is about. cargo does not say whether it was compiled with --test.
struct TargetName {
  std::string package, version, target, kind;
  std::string manifest_path, src_path;  // absolute, as cargo said
};
bool same_target(const TargetName& a, const TargetName& b);

struct CompilerError {
  TargetName unit;
  Diagnostic diagnostic;
};

struct Artifact {
  TargetName unit;
  bool harness = false;  // profile.test
  bool host = false;     // its files are not below `<target dir>/<triple>/`
  bool fresh = false;
  std::string executable;  // empty: none
  std::vector<std::string> filenames;
};

struct BuildScriptRun {
  std::string package, version, out_dir;
  bool host = false;
  std::vector<std::pair<std::string, std::string>> env;  // cargo::rustc-env
  std::vector<std::string> linked_paths, linked_libs;
};

// What one cargo call said. Several calls of one stage are joined with merge().
struct BuildMessages {
  std::vector<CompilerError> errors;  // in the order of arrival; at most 2,000
  std::int64_t error_count = 0;       // before that bound
  std::int64_t warning_count = 0;
  std::vector<Artifact> artifacts;
  std::vector<BuildScriptRun> build_scripts;
  std::optional<bool> success;           // build-finished; none: cargo ended before it
  std::vector<std::string> plain_lines;  // not JSON; at most 200 of at most 4 KiB
  std::int64_t dropped_lines = 0;        // over-long, malformed or beyond a bound

  // Joins a later call: artefacts and scripts by identity, errors that are already there are not counted
  // twice.
  void merge(BuildMessages later);
};

class MessageParser {
 public:
  explicit MessageParser(SourcePaths paths = {});
  void feed(std::string_view bytes);
  void finish();  // the last line may lack its newline
  const BuildMessages& messages() const { return messages_; }
  BuildMessages take() { return std::move(messages_); }

 private:
  void line(std::string_view text);

  SourcePaths paths_;
  BuildMessages messages_;
  LineSplitter lines_;
};

}  // namespace tripled::cargo
