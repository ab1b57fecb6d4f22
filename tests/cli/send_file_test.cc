// Sources on their way to the real daemon's blobs: in parts, gone on with after a cut, refused for good or
// for now.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/app/core/blob_transfer.h"
#include "daemon/cli/send_sources.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/wire/http_range.h"
#include "tests/base/temporary_directory.h"
#include "tests/net/fixture.h"

namespace tripled::cli {
namespace {

using testing::HasSubstr;

class SendFile : public testing::Test {
 protected:
  SendFile() : blobs_(store::BlobStore::open(directory_.path() / "blobs").value()) {
    for (std::size_t i = 0; i < 2 * wire::max_part_bytes + 100; ++i)
      bytes_ += static_cast<char>('a' + (i * 7 + i / 251) % 26);
    file_ = directory_.path() / "archive";
    EXPECT_TRUE(write_file_atomically(file_, bytes_));
    app::BlobTransferOptions options;
    options.largest_sources = 32u << 20;
    transfer_ = std::make_unique<app::BlobTransfer>(
        daemon_.io, files_, blobs_, options,
        app::BlobTransfer::OnTrouble{[](const auto&) {}, [](const auto& why) { FAIL() << why; }});
    daemon_.recorder.answer = [this](net::HttpRequest request, auto reply) {
      request.identity = {"ci", role_};
      ++requests_[request.method];
      if (disturb_ && disturb_(request, reply)) return;
      transfer_->handle(std::move(request), std::move(reply));
    };
    ::setenv("TRIPLED_TOKEN", test::token, 1);
  }
  ~SendFile() override {
    ::unsetenv("TRIPLED_TOKEN");
    daemon_.on_io([](net::Server& server) { server.stop(); });
    files_.join();
  }
  Result<BlobRef> send() {
    auto remote = Remote::open({"http://127.0.0.1:" + std::to_string(daemon_.port()), "", ""});
    if (!remote) return remote.error();
    return send_file(*remote, file_);
  }

  test::TemporaryDirectory directory_;
  store::BlobStore blobs_;
  boost::asio::thread_pool files_{1};
  std::string bytes_;
  std::filesystem::path file_;
  Role role_ = Role::submitter;
  std::map<std::string, int> requests_;  // by method
  std::function<bool(net::HttpRequest&, std::function<void(net::HttpResponse)>&)> disturb_;
  test::RunningServer daemon_;
  std::unique_ptr<app::BlobTransfer> transfer_;
};

TEST_F(SendFile, GoesInPartsOnce) {
  auto sent = send();
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(sent->hash, sha256_hex(bytes_));
  EXPECT_EQ(sent->size, bytes_.size());
  EXPECT_EQ(blobs_.get(sent->hash).value(), bytes_);
  EXPECT_EQ(requests_["PUT"], 3);
  ASSERT_TRUE(send());
  EXPECT_EQ(requests_["PUT"], 3) << "it is there already";
}

// The daemon is gone for a moment after it took a part: that part is not sent again.
TEST_F(SendFile, GoesOnWhereItWasCut) {
  int puts = 0;
  disturb_ = [&](net::HttpRequest& request, auto& reply) {
    if (request.method != "PUT" || ++puts != 2) return false;
    reply({503, "text/plain", "not now"});
    return true;
  };
  auto sent = send();
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(blobs_.get(sent->hash).value(), bytes_);
  EXPECT_EQ(requests_["PUT"], 4) << "three parts, and the one that was refused";
  EXPECT_EQ(requests_["HEAD"], 2) << "asked again what is there";
}

TEST_F(SendFile, ARefusalIsSaidAtOnce) {
  role_ = Role::viewer;
  auto refused = send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
  EXPECT_EQ(requests_["HEAD"], 1);
  role_ = Role::submitter;
  ASSERT_TRUE(write_file_atomically(file_, bytes_ + bytes_));
  auto large = send();
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().message(), HasSubstr("bytes are not taken"));
  EXPECT_EQ(requests_["PUT"], 1);
}

}  // namespace
}  // namespace tripled::cli
