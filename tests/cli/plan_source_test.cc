// The matrix a command line names, loaded: paths are absolute, the project has a name.
#include "daemon/cli/plan_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/base/temporary_directory.h"

namespace tripled::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Load : public testing::Test {
 protected:
  Load() { fs::create_directories(project); }
  Result<app::MatrixRequest> load_with(const std::string& source) const {
    auto file = project / "matrix.yaml";
    std::ofstream(file) << "tripled: 1\nproject: {" << source
                        << "}\naxes: {triple: [i686-unknown-linux-gnu]}\n";
    PlanArgs args;
    args.matrix = file.string();
    return load(args);
  }

  test::TemporaryDirectory dir;
  const fs::path project = dir.path() / "my-project";
};

TEST_F(Load, ProjectWithoutANameIsCalledLikeItsSource) {
  struct Case {
    const char *source, *name;
  };
  for (const auto& c : {Case{"source: {path: .}", "my-project"}, Case{"source: {path: ./}", "my-project"},
                        Case{"source: {path: ../my-project/}", "my-project"},
                        Case{"source: {git: 'https://example.org/team/tool.git', rev: main}", "tool"},
                        Case{"source: {git: 'https://example.org/team/tool', rev: main}", "tool"},
                        Case{"source: {crate: wasmtime-fiber, version: 11.0.1}", "wasmtime-fiber"},
                        Case{"name: given, source: {path: .}", "given"}}) {
    auto loaded = load_with(c.source);
    ASSERT_TRUE(loaded) << c.source << ": " << loaded.error().message();
    EXPECT_EQ(loaded->matrix.project.name, c.name) << c.source;
  }
}

TEST_F(Load, PathIsThatOfTheMatrixsDirectoryAndAbsolute) {
  auto loaded = load_with("source: {path: .}");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->matrix.project.source.path, project.string());
  EXPECT_EQ(loaded->facts.project_dir, project.string());
  EXPECT_THAT(loaded->text, HasSubstr("i686"));
}

TEST_F(Load, WithoutAMatrixTheTriplesAndThisDirectoryAreIt) {
  PlanArgs args;
  args.narrowing.triples = {"s390x-unknown-linux-gnu"};
  const auto before = fs::current_path();
  fs::current_path(project);
  auto loaded = load(args);
  fs::current_path(before);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->matrix.project.name, "my-project");
  EXPECT_EQ(loaded->matrix.project.source.path, project.string());
  EXPECT_EQ(loaded->file, "");
  EXPECT_EQ(load(PlanArgs()).error().kind(), ErrorKind::usage);
}

TEST_F(Load, MatrixThatIsTooLargeIsRefusedUnread) {
  std::ofstream(project / "matrix.yaml") << "# " << std::string(2 << 20, 'x') << "\n";
  PlanArgs args;
  args.matrix = (project / "matrix.yaml").string();
  auto refused = load(args);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::config);
  EXPECT_THAT(refused.error().message(), HasSubstr(args.matrix));
}

}  // namespace
}  // namespace tripled::cli
