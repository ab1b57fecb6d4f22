// What is made of a matrix before and after the worker is asked.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/cli/plan_source.h"
#include "schema/base/file.h"

namespace tripled::cli {
namespace {

namespace fs = std::filesystem;

std::string name_of(const std::string& project) {
  auto dir = fs::temp_directory_path() / ("tripled-plan-" + std::to_string(::getpid())) / "demo";
  fs::create_directories(dir);
  EXPECT_TRUE(write_file_atomically(
      dir / "m.yaml", "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n" + project + "\n"));
  PlanArgs args;
  args.matrix = dir / "m.yaml";
  auto loaded = load(args);
  EXPECT_TRUE(loaded) << loaded.error().message();
  fs::remove_all(dir.parent_path());
  return loaded ? loaded->matrix.project.name : "";
}

TEST(PlanSource, AProjectIsCalledByItsPlaceWhereItHasNoName) {
  EXPECT_EQ(name_of(""), "demo");
  EXPECT_EQ(name_of("project: {name: other}"), "other");
  EXPECT_EQ(name_of("project: {source: {crate: wasi, version: 1.0.0}}"), "wasi");
  EXPECT_EQ(name_of("project: {source: {git: 'https://example.org/a/libc.git', rev: main}}"), "libc");
  PlanArgs args;
  args.narrowing.triples = {"x86_64-unknown-linux-gnu"};
  EXPECT_EQ(load(args)->matrix.project.name, fs::current_path().filename());
}

TEST(PlanSource, PackagesAreAskedForWhereManifestsAre) {
  PlanArgs args;
  args.narrowing.triples = {"x86_64-unknown-linux-gnu"};
  EXPECT_FALSE(load(args)->facts.packages);
  args.narrowing.packages = {"a"};
  EXPECT_TRUE(load(args)->facts.packages);
}

Plan labelled(const std::string& if_impossible) {
  Plan plan;
  Cell cell;
  cell.id = cell.triple = "x86_64-unknown-linux-gnu";
  cell.settings.worker_labels = {"kvm"};
  cell.settings.if_impossible = if_impossible;
  cell.provenance["worker"] = "m.yaml:3:9";
  plan.cells = {cell, Cell()};
  return plan;
}

TEST(PlanSource, LabelsOfWorkersAreNotPassedOver) {
  auto plan = labelled("broken");
  EXPECT_EQ(
      app::settle_worker_labels(plan).error().message(),
      "m.yaml:3:9: `worker: kvm` of cell x86_64-unknown-linux-gnu: a sweep from the command line has one "
      "local worker without labels; leave the cell out by --only, or write `if-impossible: excluded` "
      "beside it");
  plan = labelled("excluded");
  EXPECT_TRUE(app::settle_worker_labels(plan));
  EXPECT_EQ(plan.cells[0].excluded_reason, "the worker of this sweep has no label kvm");
  EXPECT_EQ(plan.cells[0].provenance["excluded"], "m.yaml:3:9");
  EXPECT_EQ(plan.cells[1].excluded_reason, "");
}

}  // namespace
}  // namespace tripled::cli
