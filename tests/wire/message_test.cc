// The protocol's text: what one side writes the other reads, older and newer programs included.
#include "schema/wire/message.h"

#include <gtest/gtest.h>

namespace tripled::wire {
namespace {

TEST(Message, AGrantComesBackAsItWas) {
  Grant grant;
  grant.lease = 7;
  grant.batch = "3";
  grant.epoch = 2;
  grant.kind = BatchKind::execute;
  grant.jobs = {{"4", "4#1", Stage::test_no_run}, {"5", "5#1", std::nullopt}};
  CompileSpec spec;
  spec.cell.settings.env = {{"A", "b"}, {"GONE", std::nullopt}};
  grant.spec = to_json(spec);
  auto read = decode_daemon_message(encode(DaemonMessage(grant)));
  ASSERT_TRUE(read.has_value()) << read.error().message();
  const auto& back = std::get<Grant>(*read);
  EXPECT_EQ(back.epoch, 2);
  EXPECT_EQ(back.jobs.at(0).stage, Stage::test_no_run);
  EXPECT_EQ(back.jobs.at(1).stage, std::nullopt);
  CompileSpec spec_back;
  ASSERT_TRUE(from_json(back.spec, spec_back));
  EXPECT_EQ(spec_back.cell.settings.env, spec.cell.settings.env);
}

TEST(Message, UnknownMembersArePassedOverAndMissingOnesHaveTheirDefault) {
  auto read = decode_worker_message(R"({"type":"hello","worker":"w","from-the-future":[1,2]})");
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(std::get<Hello>(*read).worker, "w");
  EXPECT_EQ(std::get<Hello>(*read).slots, 1);
}

TEST(Message, WhatIsNoMessageIsRefusedWithItsPlace) {
  auto message = [](std::string_view text) { return decode_worker_message(text).error().message(); };
  EXPECT_EQ(message("{}"), "message without a type");
  EXPECT_EQ(message(R"({"type":"grant"})"), "unknown message type `grant`");
  EXPECT_EQ(message(R"({"type":"heartbeat","leases":[1,"x"]})"),
            "message `heartbeat`: leases[1]: expected a number in range");
  EXPECT_EQ(message("{").rfind("not JSON at byte 1", 0), 0u);
  EXPECT_EQ(decode_worker_message(std::string(100'000, '[')).error().kind(), ErrorKind::protocol);
}

TEST(Message, WordsOfEnumsAreTheGlossarys) {
  EXPECT_EQ(to_text(Stage::test_no_run), "test-no-run");
  EXPECT_EQ(to_text(TestFailureKind::assert_), "assert");
  EXPECT_EQ(from_text<Verdict>("suspect"), Verdict::suspect);
  EXPECT_EQ(from_text<Verdict>("Suspect"), std::nullopt);
}

}  // namespace
}  // namespace tripled::wire
