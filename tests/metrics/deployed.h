// What deploy/ says of metrics, and the smallest snapshot in which every metric stands.
#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/metrics/exposition.h"

namespace tripled::test {

inline std::filesystem::path deployed(const std::string& path) {
  return std::filesystem::path(TRIPLED_SOURCE_DIR) / "deploy" / path;
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline metrics::Snapshot every_metric() {
  metrics::Snapshot snapshot;
  snapshot.coverage.push_back({"p",
                               "m",
                               {{"t", "c", Stage::check, 1, 1}},
                               {{"t", "c", RunnerKind::native, 1, 1, 1}},
                               {},
                               {},
                               {},
                               true,
                               1});
  snapshot.coverage.back().cells[{Stage::check, Verdict::pass}] = 1;
  snapshot.coverage.back().expectations[Expectation::unmet] = 1;
  snapshot.coverage.back().findings[{Cause::configured_out, Fault::project, false}] = 1;
  snapshot.engine.certificate_ends_at_ms = 1;
  snapshot.storage.classes = {{"log", 1, 2}};
  snapshot.storage.disk_size_bytes = 1;
  snapshot.http.routes = {"/"};
  snapshot.http.answered("/", "GET", 200, 0.001);
  snapshot.process = metrics::process_state();
  return snapshot;
}

}  // namespace tripled::test
