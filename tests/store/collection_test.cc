// Which files are to go when a class is over its ceiling, and which never.
#include <gmock/gmock.h>

#include "daemon/store/blobs.h"
#include "schema/base/file.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Collection : public WritingTest {
 protected:
  // A finished sweep whose one cell ends so; its log, of `size` bytes, is named after it.
  SweepId sweep(Verdict verdict, std::uint64_t size, SweepState state = SweepState::finished,
                const std::string& log = "", NewSweep wanted = a_sweep()) {
    Transaction tx = must(store.begin());
    Ids ids;
    ids.sweep = must(tx.create_sweep(wanted));
    ids.batch = must(tx.put_batch(a_batch(ids.sweep)));
    ids.job = must(tx.put_job(a_job(ids.sweep, ids.batch, Stage::execute)));
    ids.lease = must(tx.put_lease(a_lease(ids.batch, 1)));
    ids.attempt = must(tx.create_attempt(an_attempt(ids.job, ids.lease, 1)));
    auto finish = a_finish(ids.attempt, 1);
    finish.result.log = named(tx, log.empty() ? "log of " + std::to_string(ids.sweep) : log, size);
    finish.result.evidence = named(tx, "evidence of " + std::to_string(ids.sweep), 1, BlobClass::evidence);
    must(tx.finish_attempt(finish));
    must(tx.set_cell_verdict(ids.sweep, a_cell().id, verdict, Expectation::none, ""));
    if (state != SweepState::running) must(tx.finish_sweep(ids.sweep, state, 0, 2000));
    must(tx.commit());
    return ids.sweep;
  }
  static BlobRef named(Transaction& tx, const std::string& name, std::uint64_t size,
                       BlobClass kind = BlobClass::log) {
    BlobRef ref{sha256_hex(name), size};
    must(tx.add_blob({ref.hash, ref.size, kind, 5}));
    return ref;
  }
  CollectionPlan plan(std::uint64_t logs) { return must(reader().plan_collection({{BlobClass::log, logs}})); }
  std::vector<SweepId> going(std::uint64_t logs) { return sweeps_of(of_logs(plan(logs))); }
  static ClassCollection of_logs(const CollectionPlan& plan) {
    for (const auto& c : plan.classes)
      if (c.kind == BlobClass::log) return c;
    return {};
  }
  static std::vector<SweepId> sweeps_of(const ClassCollection& collection) {
    std::vector<SweepId> out;
    for (const auto& blob : collection.going) out.push_back(blob.last_sweep);
    return out;
  }
  std::string why_spared(SweepId id) {
    for (const auto& s : plan(1).spared)
      if (s.sweep == id) return s.why;
    return "";
  }
};

TEST_F(Collection, UnderItsCeilingNothingGoes) {
  sweep(Verdict::pass, 100);
  sweep(Verdict::pass, 100);
  auto logs = of_logs(plan(200));
  EXPECT_EQ(logs.bytes, 200u);
  EXPECT_EQ(logs.files, 2u);
  EXPECT_THAT(logs.going, IsEmpty());
  EXPECT_THAT(going(0), IsEmpty()) << "no ceiling";
}

// Of a project that has a ceiling of its own, whatever the classes have; nothing that another one's sweep
// names, too.
TEST_F(Collection, AProjectKeepsItsOwnCeiling) {
  auto other = a_sweep();
  other.plan.project.name = "other";
  sweep(Verdict::pass, 100, SweepState::finished, "shared");
  sweep(Verdict::pass, 100, SweepState::finished, "shared", other);
  for (int i = 0; i < 4; ++i) sweep(Verdict::pass, 100);
  EXPECT_THAT(plan(0).projects, IsEmpty());
  ProjectSettings limited;
  limited.name = "sample";
  limited.disk = 250;
  Transaction tx = must(store.begin());
  must(tx.put_project_settings(limited, 1));
  limited.name = "unlimited";
  limited.disk.reset();
  must(tx.put_project_settings(limited, 1));
  must(tx.commit());
  auto planned = plan(0);
  ASSERT_EQ(planned.projects.size(), 1u);
  const auto& of_project = planned.projects[0];
  EXPECT_EQ(of_project.project, "sample");
  EXPECT_EQ(of_project.bytes, 505u) << "five logs and five pieces of evidence";
  std::vector<SweepId> sweeps;
  for (const auto& blob : of_project.going) sweeps.push_back(blob.last_sweep);
  EXPECT_THAT(sweeps, ElementsAre(1, 3, 3, 4, 4, 5)) << "of 1 the evidence; its log is another's, too";
  EXPECT_EQ(planned.going().size(), of_project.going.size());
}

TEST_F(Collection, TheOldestSweepsGoFirstUntilThereIsSomeRoom) {
  for (int i = 0; i < 6; ++i) sweep(Verdict::pass, 100);
  EXPECT_THAT(going(599), ElementsAre(1));
  EXPECT_THAT(going(400), ElementsAre(1, 2, 3)) << "ten per cent below, not to the byte";
  auto all = of_logs(plan(10));
  EXPECT_THAT(sweeps_of(all), ElementsAre(1, 2, 3, 4, 5)) << "the last good one stays";
  EXPECT_EQ(all.over_bytes, 90u);
  auto evidence = must(reader().plan_collection({{BlobClass::evidence, 1}}));
  for (const auto& c : evidence.classes)
    EXPECT_EQ(c.going.size(), c.kind == BlobClass::evidence ? 5u : 0u)
        << "one class has nothing of another's";
}

TEST_F(Collection, LastGoodAndFirstBadStay) {
  sweep(Verdict::fail, 100);
  auto good = sweep(Verdict::pass, 100);
  sweep(Verdict::blocked, 100);  // says nothing about the cell
  auto bad = sweep(Verdict::timeout, 100);
  sweep(Verdict::fail, 100);
  EXPECT_THAT(going(1), ElementsAre(1, 3, 5));
  EXPECT_EQ(why_spared(good), "last good of " + a_cell().id);
  EXPECT_EQ(why_spared(bad), "first bad of " + a_cell().id);
  auto healed = sweep(Verdict::flaky, 100);
  EXPECT_THAT(going(1), ElementsAre(1, 2, 3, 4, 5)) << "history once it passes again";
  EXPECT_EQ(why_spared(healed), "last good of " + a_cell().id);
}

TEST_F(Collection, EveryMatrixAndProjectHasItsOwn) {
  auto other = a_sweep();
  other.matrix_file = "nightly.yaml";
  auto elsewhere = a_sweep();
  elsewhere.plan.project.source.path = "/src/elsewhere";
  sweep(Verdict::pass, 100, SweepState::finished, "", other);
  sweep(Verdict::pass, 100, SweepState::finished, "", elsewhere);
  sweep(Verdict::pass, 100);
  EXPECT_THAT(going(1), IsEmpty());
}

TEST_F(Collection, WhatRunsOrCanBeResumedStays) {
  sweep(Verdict::pass, 100, SweepState::running);
  sweep(Verdict::cancelled, 100, SweepState::interrupted);
  auto resumable = sweep(Verdict::cancelled, 100, SweepState::interrupted);
  sweep(Verdict::pass, 100);
  EXPECT_THAT(going(1), ElementsAre(2)) << "the newest interrupted one can be resumed";
  EXPECT_EQ(why_spared(resumable), "it can be resumed");
}

TEST_F(Collection, WhatASparedSweepNamesTooStays) {
  sweep(Verdict::fail, 100, SweepState::finished, "shared");
  sweep(Verdict::fail, 100, SweepState::finished, "its own");
  sweep(Verdict::pass, 100, SweepState::finished, "shared");
  EXPECT_THAT(going(1), ElementsAre(2));
}

TEST_F(Collection, SourcesOfARunningSweepStay) {
  auto id = sweep(Verdict::pass, 100, SweepState::running);
  BlobRef sources;
  write([&](Transaction& tx) {
    sources = named(tx, "sources", 500, BlobClass::snapshot);
    must(tx.name_blob(id, sources.hash));
    must(tx.name_blob(id, sources.hash));
    EXPECT_THAT(must(tx.forget_unreferenced_blobs(1000, 10)), IsEmpty());
  });
  auto plan_of = [&] { return must(reader().plan_collection({{BlobClass::snapshot, 1}})).classes; };
  EXPECT_THAT(plan_of().back().going, IsEmpty());
  write([&](Transaction& tx) { must(tx.finish_sweep(id, SweepState::finished, 0, 9)); });
  sweep(Verdict::pass, 1);
  ASSERT_EQ(plan_of().back().going.size(), 1u);
  EXPECT_EQ(plan_of().back().going.front().hash, sources.hash);
}

TEST_F(Collection, WhatWasNamedAgainSinceIsNotForgotten) {
  for (int i = 0; i < 3; ++i) sweep(Verdict::pass, 100);
  auto doomed = of_logs(plan(1)).going;
  ASSERT_EQ(doomed.size(), 2u);
  write([&](Transaction& tx) {
    must(tx.add_blob({doomed[0].hash, 100, BlobClass::log, 99}));
    EXPECT_THAT(must(tx.forget_blobs(doomed)), ElementsAre(doomed[1].hash));
  });
  auto kept = must(reader().load_sweep(1)), cut = must(reader().load_sweep(2));
  EXPECT_EQ(kept.jobs[0].attempts[0].row.log.hash, doomed[0].hash);
  EXPECT_EQ(cut.jobs[0].attempts[0].row.log.hash, "") << "the attempt stands without its log";
  EXPECT_EQ(cut.jobs[0].attempts[0].row.outcome, Outcome::exited);
  expect_sound();
}

TEST_F(Collection, FilesPutAgainAndYoungUploadsAreSpared) {
  namespace fs = std::filesystem;
  auto blobs = must(BlobStore::open(directory / "blobs"));
  auto old = must(blobs.put("old")), again = must(blobs.put("again"));
  const auto now = fs::file_time_type::clock::now();
  for (const auto& ref : {old, again})
    fs::last_write_time(must(blobs.path_of(ref.hash)), now - std::chrono::hours(2));
  const auto planned = now - std::chrono::hours(1);
  must(blobs.put("again"));
  EXPECT_TRUE(must(blobs.remove_unless_put_since(old.hash, planned)));
  EXPECT_FALSE(must(blobs.remove_unless_put_since(old.hash, planned))) << "it is gone";
  EXPECT_FALSE(must(blobs.remove_unless_put_since(again.hash, planned)));
  EXPECT_TRUE(blobs.has(again.hash));

  auto upload = [&](const std::string& name, std::chrono::hours age) {
    auto hash = sha256_hex(name);
    must(blobs.append_upload(hash, 0, "0123456789", 100));
    fs::last_write_time(directory / "blobs" / "incoming" / hash, now - age);
    return hash;
  };
  auto dead = upload("dead", std::chrono::hours(30)), older = upload("older", std::chrono::hours(3)),
       young = upload("young", std::chrono::hours(0));
  auto swept = must(blobs.collect_uploads(now - std::chrono::hours(24), now - std::chrono::hours(1), 0));
  EXPECT_EQ(swept.files, 1);
  EXPECT_EQ(must(blobs.upload_size(dead)), 0u);
  swept = must(blobs.collect_uploads(now - std::chrono::hours(24), now - std::chrono::hours(1), 5));
  EXPECT_EQ(swept.bytes, 10u);
  EXPECT_EQ(must(blobs.upload_size(older)), 0u);
  EXPECT_EQ(must(blobs.upload_size(young)), 10u) << "it goes on";
}

TEST_F(Collection, OldStaleResultsGo) {
  write([&](Transaction& tx) {
    for (UnixMs at : {10, 20}) must(tx.add_stale_result({0, 1, "w1", "i1", 1, "older epoch", {}, at}));
    must(tx.prune_stale_results(15));
  });
  ASSERT_EQ(must(reader().stale_results(10)).size(), 1u);
  EXPECT_EQ(must(reader().stale_results(10)).front().received_at, 20);
}

}  // namespace
}  // namespace tripled::store
