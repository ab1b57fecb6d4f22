// /blobs/HASH as a client sees it: what is answered to which request.
#include "daemon/app/core/blob_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>

#include "schema/base/hash.h"
#include "schema/wire/http_range.h"
#include "tests/store/failing_sync.h"
#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using store::must;
using testing::HasSubstr;

class BlobTransferTest : public store::StoreTest {
 protected:
  BlobTransferTest() : blobs(must(store::BlobStore::open(directory / "blobs"))) { open(); }
  ~BlobTransferTest() override { files.join(); }

  void open(BlobTransferOptions options = {}) {
    options.may_read_blob = [this](const std::string& worker, const std::string& hash) {
      asked.push_back(worker);
      return hash == readable;
    };
    transfer = std::make_unique<BlobTransfer>(
        io, files, blobs, options,
        BlobTransfer::OnTrouble{[this](const std::string& why) { full = why; },
                                [this](const std::string& why) { failed = why; }});
  }
  net::HttpResponse ask(const std::string& method, const std::string& hash,
                        std::map<std::string, std::string> headers = {}, const std::string& body = "",
                        Role role = Role::worker) {
    std::optional<net::HttpResponse> answer;
    transfer->handle({method, "/blobs/" + hash, body, {"w1", role}, std::move(headers)},
                     [&](net::HttpResponse response) { answer = std::move(response); });
    auto work = boost::asio::make_work_guard(io);  // the answer comes from another thread
    io.restart();
    for (int i = 0; i < 2000 && !answer; ++i) io.run_one_for(std::chrono::milliseconds(5));
    return answer.value_or(net::HttpResponse{0, "", ""});
  }
  static std::string header(const net::HttpResponse& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return "";
  }

  boost::asio::io_context io;
  boost::asio::thread_pool files{1};
  store::BlobStore blobs;
  std::string readable, full, failed;
  std::vector<std::string> asked;
  std::unique_ptr<BlobTransfer> transfer;
};

TEST_F(BlobTransferTest, OnlyWorkersReadAndViewersHaveNoBusinessHere) {
  const auto hash = must(blobs.put("bytes")).hash;
  readable = hash;
  EXPECT_EQ(ask("GET", hash, {}, "", Role::none).status, 401u);
  for (const char* method : {"GET", "HEAD", "PUT"})
    EXPECT_EQ(ask(method, hash, {}, "", Role::viewer).status, 403u);
  for (auto role : {Role::submitter, Role::admin}) EXPECT_EQ(ask("GET", hash, {}, "", role).status, 403u);
  EXPECT_EQ(ask("GET", hash).status, 200u);
  EXPECT_EQ(ask("DELETE", hash).status, 405u);
  EXPECT_EQ(header(ask("POST", hash), "Allow"), "GET, HEAD, PUT");
}

// Sources to be swept: bounded by a limit of their own, and known to the daemon once they are whole.
TEST_F(BlobTransferTest, SubmittersSendSources) {
  std::vector<BlobRef> came;
  BlobTransferOptions options;
  options.largest_sources = 12;
  options.sources_came = [&](const BlobRef& sources) { came.push_back(sources); };
  open(options);
  const std::string bytes = "0123456789";
  const auto hash = sha256_hex(bytes);
  auto first = ask("PUT", hash, {{"content-range", "bytes 0-3/10"}}, "0123", Role::submitter);
  EXPECT_EQ(first.status, 202u);
  EXPECT_EQ(header(ask("HEAD", hash, {}, "", Role::submitter), "Upload-Offset"), "4");
  EXPECT_TRUE(came.empty());
  auto last = ask("PUT", hash, {{"content-range", "bytes 4-9/10"}}, "456789", Role::submitter);
  EXPECT_EQ(last.status, 204u);
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].hash, hash);
  EXPECT_EQ(came[0].size, 10u);
  const auto large = sha256_hex("large");
  EXPECT_EQ(ask("PUT", large, {{"content-range", "bytes 0-3/13"}}, "0123", Role::admin).status, 413u);
  EXPECT_EQ(ask("PUT", large, {{"content-range", "bytes 0-3/13"}}, "0123").status, 202u) << "a worker's may";
  options.sources_waiting = [] { return 13u; };
  open(options);
  EXPECT_EQ(ask("PUT", sha256_hex("x"), {}, "x", Role::submitter).status, 507u)
      << "until some of it is swept";
  EXPECT_EQ(ask("PUT", sha256_hex("x"), {}, "x").status, 204u);
}

TEST_F(BlobTransferTest, NameThatIsNoHashIsRefusedUnseen) {
  for (const char* name : {"", "..%2f..%2fetc%2fpasswd", "../tripled.db", "%zz", "x"})
    for (const char* method : {"GET", "HEAD", "PUT"}) EXPECT_EQ(ask(method, name).status, 400u) << name;
  EXPECT_TRUE(asked.empty());
}

TEST_F(BlobTransferTest, OnlyWhatTheWorkerMayReadIsRead) {
  const auto hash = must(blobs.put("bytes")).hash;
  auto refused = ask("GET", hash);
  EXPECT_EQ(refused.status, 403u);
  EXPECT_THAT(refused.body, HasSubstr("no live lease of worker `w1` names blob"));
  EXPECT_EQ(asked, std::vector<std::string>{"w1"});
  transfer =
      std::make_unique<BlobTransfer>(io, files, blobs, BlobTransferOptions(), BlobTransfer::OnTrouble());
  EXPECT_EQ(ask("GET", hash).status, 403u) << "without a policy nobody reads";
}

TEST_F(BlobTransferTest, RangesAreAnsweredInParts) {
  const std::string bytes(wire::max_part_bytes + 100, 'x');
  const auto hash = readable = must(blobs.put(bytes)).hash;
  const auto total = std::to_string(bytes.size());
  auto part = ask("GET", hash, {{"range", "bytes=50-"}});
  EXPECT_EQ(part.status, 206u);
  EXPECT_EQ(part.body.size(), wire::max_part_bytes);
  EXPECT_EQ(header(part, "Content-Range"),
            "bytes 50-" + std::to_string(wire::max_part_bytes + 49) + "/" + total);
  EXPECT_EQ(ask("GET", hash, {{"range", "bytes=10-19"}}).body.size(), 10u);
  EXPECT_EQ(ask("GET", hash, {{"range", "bytes=" + std::to_string(bytes.size() - 1) + "-"}}).body, "x");
  for (const std::string& range :
       {"bytes=" + total + "-", std::string("bytes=-5"), std::string("lines=0-"), std::string()}) {
    auto refused = ask("GET", hash, {{"range", range}});
    EXPECT_EQ(refused.status, 416u) << range;
    EXPECT_EQ(header(refused, "Content-Range"), "bytes */" + total);
  }
  readable = sha256_hex("not there");
  EXPECT_EQ(ask("GET", readable).status, 404u);
}

TEST_F(BlobTransferTest, HeadSaysHowMuchIsThere) {
  const std::string bytes = "0123456789";
  const auto hash = sha256_hex(bytes);
  EXPECT_EQ(header(ask("HEAD", hash), "Upload-Offset"), "0");
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 0-3/10"}}, "0123").status, 202u);
  auto half = ask("HEAD", hash);
  EXPECT_EQ(half.status, 404u);
  EXPECT_EQ(header(half, "Upload-Offset"), "4");
  auto elsewhere = ask("PUT", hash, {{"content-range", "bytes 6-9/10"}}, "6789");
  EXPECT_EQ(elsewhere.status, 409u);
  EXPECT_EQ(header(elsewhere, "Upload-Offset"), "4");
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 4-9/10"}}, "456789").status, 204u);
  auto whole = ask("HEAD", hash);
  EXPECT_EQ(whole.status, 200u);
  EXPECT_EQ(header(whole, "Content-Length"), "10");
  EXPECT_EQ(must(blobs.get(hash)), bytes);
}

TEST_F(BlobTransferTest, PartsThatDoNotFitAreRefused) {
  BlobTransferOptions options;
  options.largest_upload = 100;
  options.unfinished_uploads = 20;
  open(options);
  const auto hash = sha256_hex("another");
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 0-3/10"}}, "01234").status, 400u) << "five bytes";
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "nonsense"}}, "0").status, 400u);
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 0-3/101"}}, "0123").status, 413u);
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 0-3/50"}}, "0123").status, 202u);
  auto crowded = ask("PUT", hash, {{"content-range", "bytes 4-23/50"}}, std::string(20, 'x'));
  EXPECT_EQ(crowded.status, 507u);
  EXPECT_EQ(full, "") << "the disk has room";
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 4-6/7"}}, "xxx").status, 400u)
      << "other bytes than promised";
  EXPECT_EQ(must(blobs.uploads_total()), 0u);
}

TEST_F(BlobTransferTest, WholeBlobIsPutUnderItsOwnHashAlone) {
  EXPECT_EQ(ask("PUT", sha256_hex("a log"), {}, "a log").status, 204u);
  EXPECT_EQ(ask("PUT", sha256_hex("a log"), {}, "another").status, 400u);
  EXPECT_EQ(must(blobs.get(sha256_hex("a log"))), "a log");
}

// E.4 16: unlike a full disk. Nobody is told that anything is stored from then on.
TEST_F(BlobTransferTest, AFailedSyncEndsStoringForGood) {
  const auto before = readable = must(blobs.put("before")).hash;
  const auto hash = sha256_hex("0123456789");
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes 0-8/10"}}, "012345678").status, 202u);
  {
    test::FailingSync failing(directory / "blobs", EIO);
    auto lost = ask("PUT", hash, {{"content-range", "bytes 9-9/10"}}, "9");
    EXPECT_EQ(lost.status, 503u);
    EXPECT_EQ(failing.met(), 1);
    EXPECT_THAT(failed, HasSubstr("Input/output error"));
    EXPECT_EQ(full, "");
  }
  EXPECT_EQ(ask("PUT", sha256_hex("a log"), {}, "a log").status, 503u);
  EXPECT_EQ(ask("PUT", hash, {{"content-range", "bytes */10"}}).status, 503u);
  EXPECT_FALSE(blobs.has(hash));
}

TEST_F(BlobTransferTest, WithoutADescriptorItIsTriedAgain) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(ask("PUT", sha256_hex("a log"), {}, "a log").status, 500u);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(failed, "");
  EXPECT_EQ(ask("PUT", sha256_hex("a log"), {}, "a log").status, 204u);
}

}  // namespace
}  // namespace tripled::app
