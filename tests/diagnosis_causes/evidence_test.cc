// What a worker kept, of any format, and what is no evidence at all.
#include "daemon/diagnosis/causes/evidence.h"

#include <gmock/gmock.h>

#include "schema/base/file.h"
#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::HasSubstr;

TEST(Evidence, OfFormat1HasNoStageOfItsOwn) {
  EXPECT_EQ(parse_evidence(R"({"format":1,"command":["cargo","build"],"diagnostics":[]})")->stage,
            Stage::build);
  EXPECT_EQ(parse_evidence(R"({"format":1,"command":["cargo","test","--no-run"],"diagnostics":[]})")->stage,
            Stage::test_no_run);
  EXPECT_EQ(parse_evidence(R"({"format":1,"command":["cargo","build","--tests"],"diagnostics":[]})")->stage,
            Stage::test_no_run);
  EXPECT_EQ(parse_evidence(R"({"format":1,"command":["cargo","check"],"diagnostics":[]})")->stage,
            Stage::check);
  EXPECT_EQ(parse_evidence(R"({"format":1,"tests":[]})")->stage, Stage::execute);
  EXPECT_EQ(recorded("libc-absent-freebsd-format-1").format, 1);
}

TEST(Evidence, OfFormat2HasTheGraphAndCargosWords) {
  auto read = parse_evidence(
      R"({"format":2,"stage":"check","graph":[{"package":"a","target":"a","kind":"lib","needs":[]}],
    "cargo":[{"package":"","message":"m","text":"t","offset":7}],"said":"LLVM","broken_reason":"r","broken_fix":"f"})");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->graph.size(), 1u);
  ASSERT_EQ(read->cargo.size(), 1u);
  EXPECT_EQ(read->cargo[0].offset, 7u);
  EXPECT_EQ(read->said, "LLVM");
  EXPECT_EQ(read->broken_fix, "f");
}

TEST(Evidence, AnEmptyDocumentIsOneOfNothing) {
  auto read = parse_evidence("{}");
  ASSERT_TRUE(read);
  EXPECT_TRUE(diagnose(*read).empty());
}

TEST(Evidence, ThatIsMalformedIsRefused) {
  EXPECT_FALSE(parse_evidence(""));
  EXPECT_FALSE(parse_evidence("[]"));
  EXPECT_FALSE(parse_evidence("{\"format\":"));
  auto wrong = parse_evidence(R"({"diagnostics":[{"line":"three"}]})");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("diagnostics[0].line"));
  EXPECT_FALSE(parse_evidence(R"({"cargo":{}})"));
  EXPECT_FALSE(parse_evidence(R"({"machine":[]})"));
}

TEST(Evidence, CargosRefusalInThePlaceOfMetadata) {
  auto read = parse_evidence(R"({"metadata":"error: failed to parse manifest","diagnostics":[]})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->metadata.packages.empty());
  EXPECT_THAT(read->metadata_error, HasSubstr("failed to parse"));
}

TEST(Causes, EachIsNamedByATest) {
  std::string tests;
  for (const char* file : {"compile_test.cc", "environment_test.cc", "items_test.cc", "recorded_test.cc",
                           "refine_test.cc", "tests_test.cc"})
    tests += read_file(std::string(TRIPLED_SOURCE_DIR) + "/tests/diagnosis_causes/" + file, 1 << 20).value();
  for (const auto& cause : all_texts<Cause>())
    EXPECT_THAT(tests, HasSubstr(cause + ", ")) << "no diagnosis of it is expected";
}

TEST(Evidence, PropertiesOfATripleWithoutCfg) {
  Evidence e;
  auto width = [&](const char* triple) { return e.cell.triple = triple, e.pointer_width(); };
  auto big = [&](const char* triple) { return e.cell.triple = triple, e.big_endian(); };
  EXPECT_EQ(width("s390x-unknown-linux-gnu"), 64);
  EXPECT_EQ(width("i686-unknown-linux-gnu"), 32);
  EXPECT_EQ(width("powerpc64le-unknown-linux-gnu"), 64);
  EXPECT_EQ(width("x86_64-unknown-linux-gnux32"), 32);
  EXPECT_EQ(width("wasm32-wasip1"), 32);
  EXPECT_TRUE(big("s390x-unknown-linux-gnu"));
  EXPECT_TRUE(big("powerpc64-unknown-linux-gnu"));
  EXPECT_FALSE(big("powerpc64le-unknown-linux-gnu"));
  EXPECT_FALSE(big("mips64el-unknown-linux-gnuabi64"));
  EXPECT_TRUE(big("aarch64_be-unknown-linux-gnu"));
  EXPECT_FALSE(big("aarch64-unknown-linux-gnu"));
}

}  // namespace
}  // namespace tripled::diagnosis
