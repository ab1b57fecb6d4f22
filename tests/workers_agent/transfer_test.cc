// Large files between the worker and the real daemon's blobs, over connections that are cut.
#include "workers/agent/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "daemon/app/core/blob_transfer.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/wire/http_range.h"
#include "tests/base/temporary_directory.h"
#include "tests/net/fixture.h"
#include "tests/workers_agent/unreliable_proxy.h"
#include "workers/exec/log_store.h"

namespace tripled::test {
namespace {

namespace fs = std::filesystem;
using agent::DaemonAddress;
using testing::HasSubstr;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}
void must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

std::string random_bytes(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::string out(size, '\0');
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    auto word = random();
    std::copy_n(reinterpret_cast<const char*>(&word), 8, out.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return out;
}

const auto never = [] { return false; };

class Transfer : public testing::Test {
 protected:
  Transfer() : blobs(must(store::BlobStore::open(directory.path() / "blobs"))) { open(); }
  ~Transfer() override {
    daemon.on_io([](net::Server& server) { server.stop(); });
    files.join();
  }
  void open(app::BlobTransferOptions options = {}) {
    options.may_read_blob = [this](const std::string& worker, const std::string& hash) {
      return worker == "w1" && hash == readable;
    };
    transfer = std::make_unique<app::BlobTransfer>(
        daemon.io, files, blobs, options,
        app::BlobTransfer::OnTrouble{[](const std::string&) { FAIL() << "the disk is full"; },
                                     [](const std::string& why) { FAIL() << why; }});
    daemon.recorder.answer = [this](net::HttpRequest request, auto reply) {
      if (disturb && disturb(request, reply)) return;
      transfer->handle(std::move(request), std::move(reply));
    };
    daemon.recorder.keep_cut = [this](net::HttpRequest request, auto done) {
      transfer->handle_cut(std::move(request), std::move(done));
    };
  }
  DaemonAddress direct() const { return {"127.0.0.1", daemon.port(), token}; }
  DaemonAddress through(const UnreliableProxy& proxy) const { return {"127.0.0.1", proxy.port(), token}; }
  fs::path file(const std::string& name, const std::string& bytes) {
    must(write_file_atomically(directory.path() / name, bytes));
    return directory.path() / name;
  }
  BlobRef stored(const std::string& bytes) {
    auto ref = must(blobs.put(bytes));
    readable = ref.hash;
    return ref;
  }
  // How many requests of that method came.
  std::size_t count(const std::string& method) {
    auto all = daemon.recorder.requests(0);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.method == method; }));
  }

  TemporaryDirectory directory;
  store::BlobStore blobs;
  boost::asio::thread_pool files{1};
  std::string readable;  // the one blob that the worker may read
  std::function<bool(net::HttpRequest&, std::function<void(net::HttpResponse)>&)> disturb;
  RunningServer daemon;
  std::unique_ptr<app::BlobTransfer> transfer;
};

// --- up

TEST_F(Transfer, FileGoesUpInPartsAndIsThereAfterwards) {
  const auto bytes = random_bytes(2 * wire::max_part_bytes + 8);
  const auto path = file("archive", bytes);
  auto ref = must(agent::upload_file(direct(), path, never));
  EXPECT_EQ(ref.hash, sha256_hex(bytes));
  EXPECT_EQ(ref.size, bytes.size());
  EXPECT_EQ(must(blobs.get(ref.hash)), bytes);
  EXPECT_EQ(count("PUT"), 3u);
  EXPECT_EQ(must(blobs.uploads_total()), 0u);
  must(agent::upload_file(direct(), path, never));
  EXPECT_EQ(count("PUT"), 3u) << "it was there already";
}

TEST_F(Transfer, EmptyFileGoesBothWays) {
  auto ref = must(agent::upload_file(direct(), file("empty", ""), never));
  EXPECT_EQ(ref.size, 0u);
  EXPECT_TRUE(blobs.has(ref.hash));
  readable = ref.hash;
  must(agent::download_blob(direct(), ref, directory.path() / "back", never));
  EXPECT_EQ(must(read_file(directory.path() / "back")), "");
}

TEST_F(Transfer, UploadGoesOnWhereTheConnectionWasCut) {
  const auto bytes = random_bytes(3 * wire::max_part_bytes);
  // One part and a half fit through a connection.
  UnreliableProxy proxy(daemon.port(), [](std::size_t) { return wire::max_part_bytes * 3 / 2; });
  auto ref = must(agent::upload_file(through(proxy), file("archive", bytes), never));
  EXPECT_EQ(must(blobs.get(ref.hash)), bytes);
  EXPECT_GE(proxy.connections(), 3u);
  EXPECT_LE(count("PUT"), 6u) << "no part that arrived is sent again";
}

TEST_F(Transfer, UploadWhoseLastAnswerWasLostIsNotSentAgain) {
  const auto bytes = random_bytes(wire::max_part_bytes + 8);
  const auto hash = sha256_hex(bytes);
  must(blobs.append_upload(hash, 0, bytes, bytes.size()));  // all there, not verified
  must(agent::upload_file(direct(), file("archive", bytes), never));
  EXPECT_EQ(must(blobs.get(hash)), bytes);
  auto requests = daemon.recorder.requests(0);
  ASSERT_EQ(requests.back().method, "PUT");
  EXPECT_EQ(requests.back().body, "");
}

TEST_F(Transfer, OtherBytesThatWereLeftThereAreReplaced) {
  const auto bytes = random_bytes(2 * wire::max_part_bytes);
  const auto hash = sha256_hex(bytes);
  must(blobs.append_upload(hash, 0, random_bytes(wire::max_part_bytes, 2), bytes.size()));
  must(agent::upload_file(direct(), file("archive", bytes), never));
  EXPECT_EQ(must(blobs.get(hash)), bytes);
}

TEST_F(Transfer, TwoUploadsOfTheSameBytesShareTheWork) {
  const auto bytes = random_bytes(4 * wire::max_part_bytes);
  const auto path = file("archive", bytes);
  std::thread other([&] { must(agent::upload_file(direct(), path, never)); });
  auto ref = agent::upload_file(direct(), path, never);
  other.join();
  ASSERT_TRUE(ref) << ref.error().message();
  EXPECT_EQ(must(blobs.get(ref->hash)), bytes);
}

TEST_F(Transfer, LargeLogGoesInPartsToo) {
  const auto content = random_bytes(2 * wire::max_part_bytes);
  agent::HttpClient client(direct());
  auto ref = must(agent::upload_blob(client, content, never));
  EXPECT_TRUE(blobs.has(ref.hash));
  for (const auto& request : daemon.recorder.requests(0))
    EXPECT_LE(request.body.size(), wire::max_part_bytes);
}

// E.4 8: no connection carries as much as one part, and none of what arrived is sent again.
TEST_F(Transfer, LogGoesOnAtTheByteWhereItWasCut) {
  const auto content = random_bytes(5 << 20);
  UnreliableProxy proxy(daemon.port());
  proxy.cut_after(1 << 20, 100);
  agent::HttpClient client(through(proxy));
  auto ref = must(agent::upload_blob(client, content, never));
  const auto kept = must(blobs.get(ref.hash));
  EXPECT_EQ(sha256_hex(kept), ref.hash);
  EXPECT_EQ(must(exec::decompress(kept)), content);
  EXPECT_GE(proxy.connections(), 5u);
  EXPECT_LE(proxy.bytes_up(), ref.size + (2u << 20)) << "but for what was on its way at a cut";
  EXPECT_EQ(must(blobs.uploads_total()), 0u);
}

// What a stranger or a confused worker says is the beginning of a part.
TEST_F(Transfer, BeginningThatDoesNotFitIsNotKept) {
  const auto hash = sha256_hex("the whole of it");
  auto cut = [&](const std::string& hash_said, const std::string& range, Role role) {
    net::HttpRequest request{"PUT", "/blobs/" + hash_said, "the", {"w1", role}, {{"content-range", range}}};
    std::promise<void> kept;
    daemon.on_io([&](net::Server&) { transfer->handle_cut(request, [&] { kept.set_value(); }); });
    kept.get_future().get();
    return must(blobs.upload_size(hash));
  };
  EXPECT_EQ(cut(hash, "bytes 0-14/15", Role::viewer), 0u);
  EXPECT_EQ(cut("../" + hash, "bytes 0-14/15", Role::worker), 0u);
  EXPECT_EQ(cut(hash, "bytes 0-1/15", Role::worker), 0u) << "more than it said";
  EXPECT_EQ(cut(hash, "bytes 1-14/15", Role::worker), 0u) << "not where it goes on";
  EXPECT_EQ(cut(hash, "", Role::worker), 0u);
  EXPECT_EQ(cut(hash, "bytes 0-14/15", Role::worker), 3u);
  must(agent::upload_file(direct(), file("whole", "the whole of it"), never));
  EXPECT_EQ(must(blobs.get(hash)), "the whole of it");
}

TEST_F(Transfer, UploadAboveTheBoundIsRefusedForGood) {
  app::BlobTransferOptions options;
  options.largest_upload = 1000;
  open(options);
  auto refused = agent::upload_file(direct(), file("archive", random_bytes(1008)), never);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("413"));
  EXPECT_EQ(count("PUT"), 1u);
}

TEST_F(Transfer, UploadEndsWhenNobodyWaitsForIt) {
  app::BlobTransferOptions options;
  options.unfinished_uploads = 100;  // so the daemon says that there is no room
  open(options);
  std::atomic<int> asked{0};
  auto refused =
      agent::upload_file(direct(), file("archive", random_bytes(1008)), [&] { return ++asked > 3; });
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message(), "");
  EXPECT_EQ(must(blobs.uploads_total()), 0u);
}

// --- down

TEST_F(Transfer, BlobComesDownInParts) {
  const auto bytes = random_bytes(2 * wire::max_part_bytes + 8);
  const auto ref = stored(bytes);
  const auto to = directory.path() / "new" / "archive";
  must(agent::download_blob(direct(), ref, to, never));
  EXPECT_EQ(must(read_file(to)), bytes);
  EXPECT_FALSE(fs::exists(to.string() + ".part"));
  EXPECT_EQ(count("GET"), 3u);
  must(agent::download_blob(direct(), ref, to, never));
  EXPECT_EQ(count("GET"), 3u) << "it was there already";
}

TEST_F(Transfer, DownloadGoesOnWhereTheConnectionWasCut) {
  const auto bytes = random_bytes(3 * wire::max_part_bytes);
  const auto ref = stored(bytes);
  UnreliableProxy proxy(daemon.port(), [](std::size_t) { return wire::max_part_bytes * 3 / 2; });
  must(agent::download_blob(through(proxy), ref, directory.path() / "archive", never));
  EXPECT_EQ(must(read_file(directory.path() / "archive")), bytes);
  EXPECT_GE(proxy.connections(), 3u);
  EXPECT_LE(count("GET"), 6u);
}

TEST_F(Transfer, WhatCameBeforeIsUsedByTheNextCall) {
  const auto bytes = random_bytes(2 * wire::max_part_bytes);
  const auto ref = stored(bytes);
  const auto to = directory.path() / "archive";
  must(append_file(to.string() + ".part", bytes.substr(0, wire::max_part_bytes)));
  must(agent::download_blob(direct(), ref, to, never));
  EXPECT_EQ(must(read_file(to)), bytes);
  EXPECT_EQ(count("GET"), 1u);
}

TEST_F(Transfer, WrongFileIsNeverLeft) {
  const auto bytes = random_bytes(8000);
  const auto ref = stored(bytes);
  const auto to = directory.path() / "archive";
  must(append_file(to.string() + ".part", random_bytes(4000, 2)));  // of something else
  must(write_file_atomically(to, "something else"));
  must(agent::download_blob(direct(), ref, to, never));
  EXPECT_EQ(must(read_file(to)), bytes);

  must(write_file_atomically(must(blobs.path_of(ref.hash)), random_bytes(8000, 3)));  // damaged at the daemon
  const auto other = directory.path() / "other";
  auto refused = agent::download_blob(direct(), ref, other, never);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("other bytes"));
  EXPECT_FALSE(fs::exists(other));
  EXPECT_FALSE(fs::exists(other.string() + ".part"));
}

TEST_F(Transfer, AnswerForAnotherRangeIsNotTaken) {
  const auto ref = stored(random_bytes(8000));
  std::atomic<int> lies{0};
  disturb = [&](net::HttpRequest&, auto& reply) {
    if (++lies > 2) return false;
    net::HttpResponse lie{206, "text/plain", std::string(10, 'x')};
    lie.headers.emplace_back("Content-Range", lies == 1 ? "bytes 5-14/8000" : "bytes 0-9/9000");
    reply(lie);
    return true;
  };
  must(agent::download_blob(direct(), ref, directory.path() / "archive", never));
  EXPECT_EQ(sha256_hex(must(read_file(directory.path() / "archive"))), ref.hash);
}

TEST_F(Transfer, WhatNoLeaseNamesIsNotRead) {
  const auto ref = stored("secret");
  readable = sha256_hex("another");
  auto refused = agent::download_blob(direct(), ref, directory.path() / "stolen", never);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("403"));
  EXPECT_FALSE(fs::exists(directory.path() / "stolen"));
  EXPECT_EQ(count("GET"), 1u);
}

TEST_F(Transfer, TwoDownloadsToOnePlaceShareTheWork) {
  const auto bytes = random_bytes(3 * wire::max_part_bytes);
  const auto ref = stored(bytes);
  const auto to = directory.path() / "archive";
  std::thread other([&] { must(agent::download_blob(direct(), ref, to, never)); });
  auto status = agent::download_blob(direct(), ref, to, never);
  other.join();
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(must(read_file(to)), bytes);
  EXPECT_EQ(count("GET"), 3u);
}

TEST_F(Transfer, DownloadEndsWhenNobodyWaitsForIt) {
  const auto ref = stored(random_bytes(3 * wire::max_part_bytes));
  std::atomic<int> asked{0};
  auto status =
      agent::download_blob(direct(), ref, directory.path() / "archive", [&] { return ++asked > 2; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::cancelled);
  EXPECT_FALSE(fs::exists(directory.path() / "archive"));
}

}  // namespace
}  // namespace tripled::test
