#include "tests/diagnosis_causes/support.h"

#include "schema/base/file.h"

namespace tripled::diagnosis {

Evidence recorded(const std::string& name) {
  auto text = read_file(
      std::string(TRIPLED_SOURCE_DIR) + "/tests/diagnosis_causes/recorded/" + name + ".json", 1 << 20);
  return parse_evidence(text.value()).value();
}

std::string in_short(const Diagnosis& d) {
  return (d.test.empty() ? "" : d.test + ": ") + (d.code.empty() ? "" : d.code + " ") + to_text(d.cause) +
         ", " + to_text(d.confidence) + ", " + to_text(d.fault) +
         (d.subject.empty() ? "" : ", " + d.subject) + (d.cfg.empty() ? "" : " if " + d.cfg);
}

std::vector<std::string> in_short(const std::vector<Diagnosis>& diagnoses) {
  std::vector<std::string> out;
  for (const auto& d : diagnoses) out.push_back(in_short(d));
  return out;
}

Evidence sample() {
  Evidence out;
  out.format = 2;
  out.cell.id = out.cell.triple = "x86_64-unknown-linux-gnu";
  out.process.code = 101;
  out.command = {"cargo", "check"};
  out.versions["rustc"] = "rustc 1.96.0";
  out.machine["machine"] = "x86_64";
  out.cfg = {"target_arch=\"x86_64\"",    "target_os=\"linux\"",
             "target_env=\"gnu\"",        "target_endian=\"little\"",
             "target_family=\"unix\"",    "target_pointer_width=\"64\"",
             "target_has_atomic=\"8\"",   "target_has_atomic=\"16\"",
             "target_has_atomic=\"32\"",  "target_has_atomic=\"64\"",
             "target_has_atomic=\"ptr\"", "panic=\"unwind\"",
             "debug_assertions",          "unix"};
  Package package;
  package.id = "sample 0.1.0";
  package.name = "sample";
  package.version = "0.1.0";
  package.manifest_path = "/src/Cargo.toml";
  package.member = package.reached = true;
  package.targets = {{"sample", "lib", "/src/src/lib.rs"}};
  out.metadata.workspace_root = "/src";
  out.metadata.packages = {package};
  out.files["Cargo.toml"] = "[package]\nname = \"sample\"\nversion = \"0.1.0\"\n";
  return out;
}

Diagnostic error_at(const std::string& file, int line, int column, const std::string& code,
                    const std::string& message, const std::string& label) {
  Diagnostic out;
  out.code = code;
  out.message = message;
  out.file = file;
  out.line = line;
  out.column = column;
  out.package = "sample";
  out.spans = {{file, line, column, label, true}};
  return out;
}

Diagnostic said(const std::string& message, const std::string& rendered, const std::string& package) {
  Diagnostic out;
  out.message = message;
  out.rendered = rendered;
  out.package = package;
  return out;
}

std::vector<std::string> causes_of(Evidence evidence, std::vector<Diagnostic> errors) {
  evidence.diagnostics = std::move(errors);
  return in_short(diagnose(evidence));
}

TestResult failed_test(const std::string& name, const std::string& message, TestState state) {
  TestResult out;
  out.package = "sample";
  out.target = "all";
  out.kind = "test";
  out.test = name;
  out.state = state;
  out.message = message;
  return out;
}

std::vector<std::string> causes_of_test(const std::string& triple, bool emulated, const TestResult& test) {
  Evidence evidence;
  evidence.stage = Stage::execute;
  evidence.cell.triple = triple;
  evidence.machine["machine"] = "x86_64";
  evidence.runner.kind = emulated ? RunnerKind::emulated : RunnerKind::native;
  evidence.runner.name = emulated ? "qemu" : "native";
  evidence.tests = {test};
  return in_short(diagnose(evidence));
}

}  // namespace tripled::diagnosis
