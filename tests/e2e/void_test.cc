// A worker was found out to be wrong: nothing that rests on what it did is believed any more, and another one
// does it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/fleet.h"

namespace tripled::e2e {
namespace {

using testing::HasSubstr;

TEST(VoidedWorker, WhatRestsOnItIsVoidAndDoneAgainElsewhere) {
  TemporaryDirectory dir;
  const auto project = dir.path() / "projects/small";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "#[test]\nfn passes() {}\n"}});
  ServeOptions options;
  options.local_slots = 0;
  Fleet fleet(dir.path(), options);
  fleet.start("w1");
  const auto body = submission(project, "{triple: [x86_64-unknown-linux-gnu]}");
  for (int i = 0; i < 2; ++i) ASSERT_EQ(fleet.sweep(body).at("sweep").at("exit_status"), 0);
  fleet.start("w2");
  auto ran = run_tripled(dir.path(), {"workers", "void", "w1", "--since", "1h", "--server",
                                      "http://127.0.0.1:" + std::to_string(fleet.served().port()),
                                      "--token-file", (dir.path() / "state/admin.token").string()});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("sweep 2 x86_64-unknown-linux-gnu is tried again"));
  EXPECT_THAT(ran.out, HasSubstr("sweep 1 x86_64-unknown-linux-gnu keeps its verdict"));

  // The newest sweep: all of it again, from its sources on, by the other worker.
  auto again = fleet.served().finished("2", 120);
  EXPECT_EQ(again.at("sweep").at("exit_status"), 0);
  const auto& job = job_of(cell_of(again, "x86_64-unknown-linux-gnu"), "execute");
  EXPECT_EQ(text(job.at("worker")), "w2");
  EXPECT_FALSE(job.at("voided").as_bool());
  EXPECT_TRUE(job.at("earlier").at(0).at("voided").as_bool());
  EXPECT_EQ(text(job.at("earlier").at(0).at("verdict")), "pass");
  const auto preparation = fleet.served().ask("GET", "/api/v1/sweeps/2/preparation").json();
  for (const auto& prepared : preparation.at("jobs").as_array()) {
    EXPECT_FALSE(prepared.at("voided").as_bool());
    EXPECT_TRUE(prepared.at("earlier").at(0).at("voided").as_bool());
  }
  EXPECT_THAT(fleet.served().ask("GET", "/api/v1/sweeps/2?format=text").body,
              HasSubstr("earlier: pass, void"));

  // The older one: void, and what it was stays readable.
  auto older = fleet.served().ask("GET", "/api/v1/sweeps/1").json();
  const auto& was = job_of(cell_of(older, "x86_64-unknown-linux-gnu"), "execute");
  EXPECT_TRUE(was.at("voided").as_bool());
  EXPECT_EQ(text(was.at("verdict")), "pass");
  EXPECT_THAT(fleet.served().ask("GET", "/api/v1/sweeps/1?format=text").body, HasSubstr("void: it was pass"));
  EXPECT_THAT(fleet.served().ask("GET", "/api/v1/sweeps/1?format=html").body, HasSubstr(">void</abbr>"));
}

}  // namespace
}  // namespace tripled::e2e
