#include "tests/config/support.h"

#include "schema/base/file.h"
#include "schema/wire/json.h"

namespace tripled::config::testing {

TripleFacts triple(const std::string& name, const std::string& arch, const std::string& os, int tier,
                   const std::string& endian, int width) {
  TripleFacts t;
  t.triple = name;
  t.tier = tier;
  t.std = os != "none";
  t.arch = arch;
  t.os = os;
  t.endian = endian;
  t.pointer_width = width;
  t.cfg = {"target_arch=\"" + arch + "\"", "target_os=\"" + os + "\"", "target_endian=\"" + endian + "\"",
           "target_pointer_width=\"" + std::to_string(width) + "\""};
  if (os == "linux" || os == "freebsd" || os == "macos") t.cfg.push_back("unix");
  if (os == "windows") t.cfg.push_back("windows");
  return t;
}

ToolchainFacts facts(const std::string& name) {
  ToolchainFacts f;
  f.name = name;
  f.version = "1.96.0";
  f.channel = "stable";
  f.host = "x86_64-unknown-linux-gnu";
  f.triples = {triple("x86_64-unknown-linux-gnu", "x86_64", "linux", 1),
               triple("i686-unknown-linux-gnu", "x86", "linux", 1, "little", 32),
               triple("aarch64-unknown-linux-gnu", "aarch64", "linux", 1),
               triple("s390x-unknown-linux-gnu", "s390x", "linux", 2, "big"),
               triple("x86_64-unknown-freebsd", "x86_64", "freebsd"),
               triple("i686-unknown-freebsd", "x86", "freebsd", 2, "little", 32),
               triple("aarch64-apple-darwin", "aarch64", "macos"),
               triple("thumbv7em-none-eabi", "arm", "none", 2, "little", 32)};
  f.triples.front().dist = true;
  return f;
}

std::vector<ToolchainFacts> facts_for(const Matrix& matrix) {
  std::vector<ToolchainFacts> out;
  for (const auto& name : facts_needed(matrix).toolchains) out.push_back(facts(name));
  return out;
}

Result<Plan> plan(const std::string& yaml, const ExpandOptions& options) {
  auto matrix = parse_matrix(yaml, "m.yaml");
  if (!matrix) return matrix.error();
  return expand(*matrix, facts_for(*matrix), options);
}

std::vector<std::string> ids(const Result<Plan>& plan) {
  std::vector<std::string> out;
  EXPECT_TRUE(plan) << error_of(plan);
  if (plan)
    for (const auto& cell : plan->cells) out.push_back(cell.id);
  return out;
}

Cell cell(const Result<Plan>& plan, const std::string& id) {
  EXPECT_TRUE(plan) << error_of(plan);
  if (plan)
    for (const auto& c : plan->cells)
      if (c.id == id) return c;
  ADD_FAILURE() << "no cell " << id;
  return {};
}

std::string source_file(const std::string& path) { return std::string(TRIPLED_SOURCE_DIR) + "/" + path; }

std::string source_text(const std::string& path) {
  auto text = read_file(source_file(path));
  EXPECT_TRUE(text) << error_of(text);
  return text ? *text : "";
}

std::string json_of(const Plan& plan) { return wire::to_text_json(plan); }
std::string json_of(const Cell& cell) { return wire::to_text_json(cell); }

ToolchainFacts rustc_1_96(const std::string& name) {
  static const Result<ToolchainFacts> parsed =
      wire::from_text_json<ToolchainFacts>(source_text("tests/fixtures/facts/rustc-1.96.json"));
  EXPECT_TRUE(parsed) << error_of(parsed);
  ToolchainFacts out = parsed ? *parsed : ToolchainFacts{};
  out.name = name;
  return out;
}

}  // namespace tripled::config::testing
