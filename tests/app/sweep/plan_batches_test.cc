// plan_rows: which batches a matrix becomes, what waits for what, and which cells share a setup, a plan or a
// target dir.
#include "daemon/app/sweep/plan_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "schema/wire/json.h"

namespace tripled::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Cell a_cell(const std::string& triple, const std::string& axis = "bare") {
  Cell cell;
  cell.triple = triple;
  cell.id = triple + "/" + axis;
  return cell;
}

Plan plan_of(std::vector<Cell> cells) {
  Plan plan;
  plan.cells = std::move(cells);
  return plan;
}

std::vector<const PlannedBatch*> of_kind(const PlannedRows& rows, BatchKind kind) {
  std::vector<const PlannedBatch*> out;
  for (const auto& b : rows.batches)
    if (b.row.kind == kind) out.push_back(&b);
  return out;
}

std::vector<Stage> stages_of(const PlannedBatch& batch) {
  std::vector<Stage> out;
  for (const auto& job : batch.jobs) out.push_back(job.stage.value());
  return out;
}

BatchDefinition definition_of(const PlannedBatch& batch) {
  auto read = wire::from_text_json<BatchDefinition>(batch.row.definition_json);
  EXPECT_TRUE(read) << batch.row.definition_json;
  return read.value();
}

constexpr const char* s390x = "s390x-unknown-linux-gnu";
constexpr const char* i686 = "i686-unknown-linux-gnu";

TEST(PlanRows, OneCellIsPrepareSetupCompileExecuteInThatOrder) {
  auto rows = plan_rows(plan_of({a_cell(s390x)}));
  ASSERT_EQ(rows.batches.size(), 4u);
  const auto& b = rows.batches;
  EXPECT_EQ(b[0].row.kind, BatchKind::prepare);
  EXPECT_THAT(b[0].after_index, IsEmpty());
  EXPECT_EQ(b[1].row.kind, BatchKind::setup);
  EXPECT_THAT(b[1].after_index, ElementsAre(0));
  EXPECT_EQ(b[2].row.kind, BatchKind::compile);
  EXPECT_THAT(b[2].after_index, ElementsAre(0, 1));
  EXPECT_THAT(stages_of(b[2]), ElementsAre(Stage::check, Stage::build, Stage::test_no_run));
  EXPECT_EQ(b[3].row.kind, BatchKind::execute);
  EXPECT_THAT(b[3].after_index, ElementsAre(2));
  EXPECT_THAT(stages_of(b[3]), ElementsAre(Stage::execute));
  for (std::size_t i : {0u, 1u}) {  // their one job has no cell and no stage
    ASSERT_EQ(b[i].jobs.size(), 1u);
    EXPECT_EQ(b[i].jobs[0].cell, "");
    EXPECT_FALSE(b[i].jobs[0].stage);
  }
  for (std::size_t i : {2u, 3u}) EXPECT_EQ(b[i].row.cell, std::string(s390x) + "/bare");
  ASSERT_EQ(rows.setups.size(), 1u);
  EXPECT_EQ(rows.setups[0].triple, s390x);
  EXPECT_EQ(rows.setups[0].key, b[1].row.setup_key);
}

TEST(PlanRows, EverythingWaitsOnlyForWhatStandsBefore) {
  std::vector<Cell> cells;
  for (const char* triple : {s390x, i686, "x86_64-unknown-freebsd"})
    for (const char* axis : {"bare", "full"}) {
      cells.push_back(a_cell(triple, axis));
      if (axis[0] == 'f') cells.back().settings.scope = {"--all-features"};
    }
  auto rows = plan_rows(plan_of(cells));
  EXPECT_EQ(of_kind(rows, BatchKind::prepare).size(), 1u);
  EXPECT_EQ(of_kind(rows, BatchKind::setup).size(), 3u);
  EXPECT_EQ(of_kind(rows, BatchKind::compile).size(), 6u);
  EXPECT_EQ(of_kind(rows, BatchKind::execute).size(), 6u);
  for (std::size_t i = 0; i < rows.batches.size(); ++i)
    for (auto after : rows.batches[i].after_index) EXPECT_LT(after, i);
  for (const auto* compile : of_kind(rows, BatchKind::compile)) {
    const auto& setup = rows.batches[compile->after_index.at(1)];
    EXPECT_EQ(setup.row.kind, BatchKind::setup);
    EXPECT_EQ(setup.row.setup_key, compile->row.setup_key);
  }
  for (const auto* execute : of_kind(rows, BatchKind::execute))
    EXPECT_EQ(rows.batches[execute->after_index.at(0)].row.cell, execute->row.cell);
}

TEST(PlanRows, StagesOfTheCellAndWhatTheyNeed) {
  struct Case {
    std::vector<Stage> wanted, compiled;
    bool executed, needs_link, needs_run;
  };
  for (const auto& c :
       {Case{{Stage::check}, {Stage::check}, false, false, false},
        Case{{Stage::check, Stage::build}, {Stage::check, Stage::build}, false, true, false},
        Case{{Stage::execute}, {Stage::test_no_run}, true, true, true},
        Case{{Stage::execute, Stage::check}, {Stage::check, Stage::test_no_run}, true, true, true}}) {
    auto cell = a_cell(s390x);
    cell.settings.stages = c.wanted;
    auto rows = plan_rows(plan_of({cell}));
    EXPECT_EQ(stages_of(*of_kind(rows, BatchKind::compile).at(0)), c.compiled);
    EXPECT_EQ(of_kind(rows, BatchKind::execute).size(), c.executed ? 1u : 0u);
    auto setup = definition_of(*of_kind(rows, BatchKind::setup).at(0));
    EXPECT_EQ(setup.needs_link, c.needs_link);
    EXPECT_EQ(setup.needs_run, c.needs_run);
  }
}

TEST(PlanRows, SharedSetupIsProbedForAllThatItsCellsNeed) {
  auto check = a_cell(s390x, "check"), execute = a_cell(s390x, "execute");
  check.settings.stages = {Stage::check};
  for (auto cells : {std::vector{check, execute}, std::vector{execute, check}}) {
    auto rows = plan_rows(plan_of(cells));
    auto setups = of_kind(rows, BatchKind::setup);
    ASSERT_EQ(setups.size(), 1u);
    EXPECT_TRUE(definition_of(*setups[0]).needs_link);
    EXPECT_TRUE(definition_of(*setups[0]).needs_run);
  }
}

TEST(PlanRows, CellThatIsNotToRunNeedsNoRunner) {
  auto cell = a_cell(s390x);
  cell.settings.run = "no";
  EXPECT_FALSE(definition_of(*of_kind(plan_rows(plan_of({cell})), BatchKind::setup).at(0)).needs_run);
}

TEST(PlanRows, ExcludedCellsHaveNoBatchAndNoSetup) {
  auto excluded = a_cell("x86_64-pc-windows-msvc");
  excluded.excluded_reason = "no linker anywhere";
  auto rows = plan_rows(plan_of({a_cell(s390x), excluded}));
  EXPECT_EQ(rows.setups.size(), 1u);
  ASSERT_EQ(rows.keys.size(), 1u);
  EXPECT_EQ(rows.keys[0].cell, std::string(s390x) + "/bare");
  for (const auto& b : rows.batches) EXPECT_NE(b.row.cell, excluded.id);
}

TEST(PlanRows, PrepareIsForTheWorkerThatSeesTheSourcesAndAllOfItForThePool) {
  Placing placing;
  placing.pool = "arm";
  placing.prepare_worker = "w1";
  placing.priority = 3;
  auto rows = plan_rows(plan_of({a_cell(s390x)}), {}, placing);
  for (const auto& batch : rows.batches) {
    auto labels = definition_of(batch).labels;
    const bool prepares = batch.row.kind == BatchKind::prepare;
    EXPECT_EQ(labels, prepares ? std::vector<std::string>({"pool=arm", "worker=w1"})
                               : std::vector<std::string>({"pool=arm"}));
    EXPECT_EQ(batch.row.priority, 3);
  }
  for (const auto& batch : plan_rows(plan_of({a_cell(s390x)})).batches)
    EXPECT_THAT(definition_of(batch).labels, IsEmpty());
}

TEST(PlanRows, LabelsOfACellAreThoseOfItsBatches) {
  auto cell = a_cell(s390x);
  cell.settings.worker_labels = {"z15"};
  auto rows = plan_rows(plan_of({cell, a_cell(s390x, "other")}));
  EXPECT_EQ(of_kind(rows, BatchKind::setup).size(), 2u) << "where one has labels, the other may be elsewhere";
  for (const auto& batch : rows.batches)
    if (batch.row.cell == cell.id) {
      EXPECT_THAT(definition_of(batch).labels, ElementsAre("z15"));
    }
}

TEST(PlanRows, BatchesNameWhatAWorkerMustNotLack) {
  auto cell = a_cell(s390x);
  cell.settings.stages = {Stage::check, Stage::build, Stage::test_no_run, Stage::execute};
  auto rows = plan_rows(plan_of({cell}));
  const auto key = of_kind(rows, BatchKind::compile).at(0)->row.setup_key;
  const auto toolchain = "toolchain " + cell.settings.toolchain;
  EXPECT_THAT(definition_of(*of_kind(rows, BatchKind::compile).at(0)).abilities,
              ElementsAre(toolchain, "check " + key, "link " + key));
  EXPECT_THAT(definition_of(*of_kind(rows, BatchKind::execute).at(0)).abilities, ElementsAre("run " + key));
  EXPECT_THAT(definition_of(*of_kind(rows, BatchKind::setup).at(0)).abilities, ElementsAre(toolchain));
  cell.settings.stages = {Stage::check};
  auto checked = plan_rows(plan_of({cell}));
  EXPECT_THAT(definition_of(*of_kind(checked, BatchKind::compile).at(0)).abilities,
              ElementsAre(toolchain, "check " + key));
}

TEST(PlanRows, OfNothingIsAPrepareAlone) { EXPECT_EQ(plan_rows(plan_of({})).batches.size(), 1u); }

TEST(PlanRows, EqualPlansGiveEqualRows) {
  auto plan = plan_of({a_cell(s390x), a_cell(i686), a_cell(i686, "full")});
  auto first = plan_rows(plan), second = plan_rows(plan);
  ASSERT_EQ(first.batches.size(), second.batches.size());
  for (std::size_t i = 0; i < first.batches.size(); ++i) {
    EXPECT_EQ(first.batches[i].row.setup_key, second.batches[i].row.setup_key);
    EXPECT_EQ(first.batches[i].row.definition_json, second.batches[i].row.definition_json);
  }
}

// --- lanes and locks: one target dir is used by one batch at a time
// -----------------------------------------------

struct TargetDir {
  std::string lane;
  std::vector<std::string> locks;
};

TargetDir target_dir_of(const Cell& cell) {
  auto rows = plan_rows(plan_of({cell}));
  const auto& compile = *of_kind(rows, BatchKind::compile).at(0);
  return {compile.row.lane, definition_of(compile).locks};
}

TEST(TargetDir, CompilesOfOneToolchainLockIt) {
  auto first = target_dir_of(a_cell(s390x)), second = target_dir_of(a_cell(i686));
  EXPECT_EQ(first.locks.size(), 1u);
  EXPECT_EQ(first.locks, second.locks);
  EXPECT_NE(first.lane, second.lane);  // other triples go to other slots first
  EXPECT_EQ(target_dir_of(a_cell(s390x, "full")).lane, first.lane);
}

TEST(TargetDir, CellsWithAnotherToolchainOrEnvironmentHaveTheirOwn) {
  const auto usual = target_dir_of(a_cell(s390x));
  auto toolchain = a_cell(s390x), env = a_cell(s390x), unset = a_cell(s390x);
  toolchain.settings.toolchain = "1.85";
  env.settings.env = {{"A", "1"}};
  unset.settings.env = {{"A", std::nullopt}};
  std::set<std::vector<std::string>> locks{usual.locks};
  for (const auto& cell : {toolchain, env, unset})
    EXPECT_TRUE(locks.insert(target_dir_of(cell).locks).second);
}

TEST(TargetDir, RunningTestsLocksNone) {
  auto rows = plan_rows(plan_of({a_cell(s390x)}));
  EXPECT_THAT(definition_of(*of_kind(rows, BatchKind::execute).at(0)).locks, IsEmpty());
}

// --- keys: a cell never uses what was found out for another one with other inputs
// ---------------------------------------------------------------------------------

struct KeyCase {
  const char* name;
  std::function<void(CellSettings&)> change;
  bool own_setup, own_plan;
};

void PrintTo(const KeyCase& c, std::ostream* out) { *out << c.name; }

class Keys : public testing::TestWithParam<KeyCase> {};

TEST_P(Keys, DifferWhereTheSettingMatters) {
  const auto& c = GetParam();
  auto usual = a_cell(s390x), changed = a_cell(s390x, "changed");
  c.change(changed.settings);
  auto rows = plan_rows(plan_of({usual, changed}));
  ASSERT_EQ(rows.keys.size(), 2u);
  EXPECT_EQ(rows.keys[0].setup_key != rows.keys[1].setup_key, c.own_setup);
  EXPECT_EQ(rows.keys[0].plan_key != rows.keys[1].plan_key, c.own_plan);
  EXPECT_EQ(rows.setups.size(), c.own_setup ? 2u : 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Of, Keys,
    testing::Values(
        KeyCase{"nothing", [](auto&) {}, false, false},
        KeyCase{"toolchain", [](auto& s) { s.toolchain = "1.85"; }, true, true},
        KeyCase{"linker", [](auto& s) { s.linker = "lld"; }, true, false},
        KeyCase{"sysroot", [](auto& s) { s.sysroot = "/opt/s390x"; }, true, false},
        KeyCase{"std", [](auto& s) { s.std = "build"; }, true, false},
        KeyCase{"extra_std", [](auto& s) { s.extra_std = {i686}; }, true, false},
        KeyCase{"run", [](auto& s) { s.run = "emulated"; }, true, false},
        KeyCase{"runner",
                [](auto& s) {
                  s.runner = RunnerSetting{"wine", RunnerKind::emulated, {"wine"}};
                },
                true, false},
        KeyCase{"qemu_cpu", [](auto& s) { s.qemu.cpu = "max"; }, true, false},
        KeyCase{"scope",
                [](auto& s) {
                  s.scope = {"-p", "core"};
                },
                false, true},
        KeyCase{"units", [](auto& s) { s.units = {"all"}; }, false, true},
        KeyCase{"profile", [](auto& s) { s.profile.name = "release"; }, false, true},
        KeyCase{"profile_setting",
                [](auto& s) {
                  s.profile.settings = {{"panic", "abort"}};
                },
                false, true},
        KeyCase{"lockfile", [](auto& s) { s.lockfile = "minimal"; }, false, true},
        KeyCase{"pins",
                [](auto& s) {
                  s.pins = {{"serde", "1.0.100"}};
                },
                false, true},
        KeyCase{"cargo_args",
                [](auto& s) {
                  s.cargo_args = {"--config", "x=1"};
                },
                false, true},
        // `[target.'cfg(extra)'.dependencies]`: cargo asks rustc with these flags which units there are.
        KeyCase{"rustflags",
                [](auto& s) {
                  s.rustflags.values = {"--cfg", "extra"};
                },
                false, true},
        KeyCase{"rustflags_replaced", [](auto& s) { s.rustflags.replace = true; }, false, true},
        KeyCase{"env_of_cargo",
                [](auto& s) {
                  s.env = {{"CARGO_PROFILE_DEV_PANIC", "abort"}};
                },
                false, true},
        KeyCase{"env_unset_of_cargo",
                [](auto& s) {
                  s.env = {{"RUSTFLAGS", std::nullopt}};
                },
                false, true},
        // Neither changes what there is to compile: one plan for all of them.
        KeyCase{"env_of_tests",
                [](auto& s) {
                  s.env = {{"PROPTEST_CASES", "16"}};
                },
                false, false},
        KeyCase{"timeout", [](auto& s) { s.timeout_ms = 1; }, false, false},
        KeyCase{"tests", [](auto& s) { s.tests.skip = {"slow"}; }, false, false}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(KeysOfTriples, SetupIsTheTriplesAndThePlanIsShared) {
  auto rows = plan_rows(plan_of({a_cell(s390x), a_cell(i686)}));
  EXPECT_NE(rows.keys[0].setup_key, rows.keys[1].setup_key);
  EXPECT_EQ(rows.keys[0].plan_key, rows.keys[1].plan_key);  // one cargo call plans for all triples
}

}  // namespace
}  // namespace tripled::app
