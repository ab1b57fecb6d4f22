#include "tests/faults/abuse.h"

#include <gmock/gmock.h>

#include <fstream>

#include "schema/base/file.h"
#include "workers/exec/log_store.h"

namespace tripled::e2e {

namespace fs = std::filesystem;

const char* const Abuse::kWaitFor =
    "fn wait_for(path: &str) {\n  for _ in 0..2400 {\n    if std::path::Path::new(path).exists() { return; "
    "}\n"
    "    std::thread::sleep(std::time::Duration::from_millis(50));\n  }\n  panic!(\"{path} never "
    "came\");\n}\n";

void Abuse::serve(const std::string& leases) {
  fs::create_directories(dir.path() / "control");
  ServeOptions options;
  options.leases = leases;
  options.local_slots = 0;
  fleet = std::make_unique<Fleet>(dir.path(), options);
}

fs::path Abuse::crate(const std::string& name, const std::map<std::string, std::string>& files) const {
  const auto at = dir.path() / "projects" / name;
  write_files(
      at, {{"Cargo.toml", "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"}});
  write_files(at, files);
  return at;
}

std::string Abuse::literal(const std::string& control) const {
  return "\"" + (dir.path() / "control" / control).string() + "\"";
}

bool Abuse::is_there(const std::string& control) const {
  return fs::exists(dir.path() / "control" / control);
}

void Abuse::touch(const std::string& control) const { write_files(dir.path() / "control", {{control, ""}}); }

std::string Abuse::begin(const fs::path& project, const std::string& stages, const std::string& axes) const {
  auto sweep = fleet->begin(submission(project, "{triple: [x86_64-unknown-linux-gnu]" + axes + "}",
                                       "toolchain: system, stages: [" + stages + "]"));
  EXPECT_FALSE(sweep.empty());
  return sweep;
}

std::string Abuse::attempt_of(const std::string& stage) const {
  return stored("SELECT max(a.id) FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.stage = '" + stage +
                "'");
}

wire::json::value Abuse::result_of(const std::string& attempt) const {
  auto answer = fleet->served().ask("GET", "/api/v1/attempts/" + attempt);
  EXPECT_EQ(answer.status, 200u) << answer.body;
  return answer.json().at("result");
}

std::string Abuse::log_of(const std::string& attempt) const {
  auto answer = fleet->served().ask("GET", "/api/v1/attempts/" + attempt + "/log?raw=true");
  EXPECT_EQ(answer.status, 200u) << answer.body.substr(0, 500);
  auto text = exec::decompress(answer.body);
  EXPECT_TRUE(text) << text.error().message();
  return text ? *text : std::string();
}

static std::uint64_t status_field(pid_t pid, const std::string& name) {
  auto text = read_file("/proc/" + std::to_string(pid) + "/status", 1 << 16);
  for (const auto& line : split(text ? *text : "", '\n'))
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) << 10;
  ADD_FAILURE() << "no " << name << " of process " << pid;
  return 0;
}

std::uint64_t peak_memory(pid_t pid) { return status_field(pid, "VmHWM"); }
std::uint64_t memory_now(pid_t pid) { return status_field(pid, "VmRSS"); }
void forget_peak(pid_t pid) { std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5\n"; }

}  // namespace tripled::e2e
