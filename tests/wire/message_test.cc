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

TEST(Message, AGrantWithASpecThatIsTextIsTheSameFrame) {
  Grant grant;
  grant.lease = 7;
  grant.cell = "x86_64/\xc3\xa9 \"quoted\"";
  grant.jobs = {{"4", "4#1", Stage::check}};
  SetupSpec spec;
  spec.triple = "s390x-unknown-linux-gnu";
  const auto frame = encode(grant, to_text_json(spec));
  grant.spec = to_json(spec);
  EXPECT_EQ(frame, encode(DaemonMessage(grant)));
}

TEST(Message, TextIsWhatTheTreeWouldBe) {
  CompileSpec spec;
  std::string bytes;  // every one that has to be escaped, and some that have not
  for (char c = 1; c < 127; ++c) bytes += c;
  spec.cell.id = bytes + "\xc3\xa9\xe2\x82\xac\x7f";
  spec.cell.settings.env = {{"A", "b"}, {"GONE", std::nullopt}};
  spec.cell.settings.timeout_ms = std::numeric_limits<std::int64_t>::min();
  spec.stages = {Stage::check, Stage::test_no_run};
  spec.setup.log.size = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(to_text_json(spec), json::serialize(to_json(spec)));
  auto back = from_text_json<CompileSpec>(to_text_json(spec));
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(back->cell.id, spec.cell.id);
  EXPECT_EQ(back->setup.log.size, spec.setup.log.size);
}

TEST(Message, AWrongTypeIsNamedByItsPath) {
  CompileSpec spec;
  auto value = to_json(spec);
  value.as_object()["planned"].as_object()["build"] = json::array{json::object{{"package", 1}}};
  EXPECT_EQ(from_json(value, spec).error().message(), "planned.build[0].package: expected a text");
  value = to_json(spec);
  value.as_object()["cell"].as_object()["axes"] = json::object{{"n", 1}};
  EXPECT_EQ(from_json(value, spec, "spec").error().message(), "spec.cell.axes.n: expected a text");
  EXPECT_EQ(from_json(json::value(1), spec).error().message(), "value: expected an object");
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
