// upload_blob against a server that answers well, late, badly or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <random>

#include "schema/base/hash.h"
#include "tests/workers_agent/upload_server.h"
#include "workers/agent/transfer.h"

namespace tripled::test {
namespace {

using agent::DaemonAddress;
Result<BlobRef> upload_blob(const agent::DaemonAddress& address, std::string_view content,
                            bool give_up = false) {
  agent::HttpClient client(address);
  return agent::upload_blob(client, content, [give_up] { return give_up; });
}

using testing::HasSubstr;

DaemonAddress address_of(const UploadServer& server) { return {"127.0.0.1", server.port(), "secret"}; }

std::string unpacked(const std::string& frame) {
  std::string out(ZSTD_getFrameContentSize(frame.data(), frame.size()), '\0');
  EXPECT_FALSE(ZSTD_isError(ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size())));
  return out;
}

std::string incompressible(std::size_t size) {
  std::mt19937 random(1);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

TEST(Upload, NamesWhatIsStoredByItsHash) {
  UploadServer server({Answer()});
  const std::string content(100'000, 'x');
  auto ref = upload_blob(address_of(server), content);
  ASSERT_TRUE(ref) << ref.error().message();
  auto uploads = server.uploads();
  ASSERT_EQ(uploads.size(), 1u);
  EXPECT_EQ(uploads[0].method, "PUT");
  EXPECT_EQ(uploads[0].target, "/blobs/" + ref->hash);
  EXPECT_EQ(uploads[0].authorization, "Bearer secret");
  EXPECT_EQ(sha256_hex(uploads[0].body), ref->hash);
  EXPECT_EQ(uploads[0].body.size(), ref->size);
  EXPECT_LT(ref->size, 1000u);
  EXPECT_EQ(unpacked(uploads[0].body), content);
}

TEST(Upload, EqualContentHasAnEqualName) {
  UploadServer server({Answer()});
  auto first = upload_blob(address_of(server), "a log"), second = upload_blob(address_of(server), "a log");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->hash, second->hash);
  EXPECT_NE(upload_blob(address_of(server), "another")->hash, first->hash);
}

TEST(Upload, EmptyAndLargeContentsComeThrough) {
  UploadServer server({Answer()});
  for (const auto& content : {std::string(), incompressible(7 << 20)}) {
    auto ref = upload_blob(address_of(server), content);
    ASSERT_TRUE(ref) << ref.error().message();
    EXPECT_EQ(unpacked(server.uploads().back().body), content);
  }
}

TEST(Upload, IsRepeatedWhenTheDaemonCannotTakeItNow) {
  UploadServer server({{Answer::status, 507, "disk full"}, {Answer::status, 503, ""}, {}});
  auto ref = upload_blob(address_of(server), "a log");
  ASSERT_TRUE(ref) << ref.error().message();
  auto uploads = server.uploads();
  ASSERT_EQ(uploads.size(), 3u);
  EXPECT_EQ(uploads[0].body, uploads[2].body);
}

TEST(Upload, IsRepeatedWhenTheConnectionBreaks) {
  for (auto what : {Answer::close_at_once, Answer::close_after_header, Answer::garbage}) {
    UploadServer server({{what, 0, ""}, {}});
    auto ref = upload_blob(address_of(server), incompressible(1 << 20));
    ASSERT_TRUE(ref) << what << ": " << ref.error().message();
    EXPECT_EQ(server.connections(), 3u) << "cut, asked how much came, sent on";
  }
}

TEST(Upload, ThatIsRefusedForGoodIsNotRepeated) {
  for (unsigned code : {400u, 401u, 404u, 413u}) {
    UploadServer server({{Answer::status, code, "because of me"}});
    auto refused = upload_blob(address_of(server), "a log");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::io);
    EXPECT_THAT(refused.error().message(), HasSubstr(std::to_string(code)));
    EXPECT_THAT(refused.error().message(), HasSubstr("because of me"));
    EXPECT_EQ(server.connections(), 1u) << code;
  }
}

TEST(Upload, RefusedBeforeItWasSentWholeSaysTheAnswer) {
  UploadServer server({{Answer::refuse_early, 413, "too large"}});
  auto refused = upload_blob(address_of(server), incompressible(7 << 20));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("413 too large"));
  EXPECT_EQ(server.connections(), 1u);
}

TEST(Upload, GivesUpAfterAFewTriesAndSaysWhatFailedLast) {
  UploadServer server(
      {{Answer::close_at_once, 0, ""}, {Answer::status, 500, "first"}, {Answer::status, 503, "last"}});
  const auto begin = std::chrono::steady_clock::now();
  auto refused = upload_blob(address_of(server), "a log");
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::io);
  EXPECT_THAT(refused.error().message(), HasSubstr("503 last"));
  EXPECT_EQ(server.connections(), 5u);
  EXPECT_GT(took, std::chrono::seconds(3));  // with pauses: a daemon that is started again has time
  EXPECT_LT(took, std::chrono::seconds(30));
}

TEST(Upload, ToADaemonWithoutRoomEndsWhenNobodyWaitsForIt) {
  UploadServer server({{Answer::status, 507, "disk full"}});
  auto refused = upload_blob(address_of(server), "a log", true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::store);
  EXPECT_EQ(server.connections(), 1u);
}

}  // namespace
}  // namespace tripled::test
