#include "daemon/store/blobs.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "tests/store/failing_sync.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Blobs : public StoreTest {
 protected:
  Blobs() : blobs(must(BlobStore::open(directory / "blobs"))) {}
  BlobStore blobs;
};

TEST_F(Blobs, PutThenGet) {
  const std::string bytes("\0binary\xff", 8);
  const BlobRef ref = must(blobs.put(bytes, sha256_hex(bytes)));
  EXPECT_EQ(ref.hash, sha256_hex(bytes));
  EXPECT_EQ(ref.size, bytes.size());
  EXPECT_TRUE(blobs.has(ref.hash));
  EXPECT_EQ(must(blobs.get(ref.hash)), bytes);
  EXPECT_EQ(must(blobs.path_of(ref.hash)), directory / "blobs" / ref.hash.substr(0, 2) / ref.hash.substr(2));
  EXPECT_EQ(must(blobs.put(bytes)).hash, ref.hash);
  EXPECT_EQ(must(blobs.total_size()), bytes.size());
  must(blobs.remove(ref.hash));
  EXPECT_FALSE(blobs.has(ref.hash));
  EXPECT_EQ(blobs.get(ref.hash).error().kind(), ErrorKind::store);
}

TEST_F(Blobs, OtherBytesThanPromisedAreRefused) {
  auto refused = blobs.put("these", sha256_hex("those"));
  EXPECT_EQ(refused.error().kind(), ErrorKind::protocol);
  EXPECT_EQ(must(blobs.total_size()), 0u);
}

TEST_F(Blobs, DamageOnDiskIsSeen) {
  const BlobRef ref = must(blobs.put("precious"));
  must(write_file_atomically(must(blobs.path_of(ref.hash)), "precioux"));
  auto got = blobs.get(ref.hash);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("damaged"), std::string::npos);
}

TEST_F(Blobs, NameThatIsNoHashNeverReachesTheDisk) {
  for (const std::string& name : {std::string("../../etc/passwd"), std::string(), std::string(64, 'Z'),
                                  std::string(63, 'a'), std::string(60, 'a') + "/../"}) {
    EXPECT_FALSE(blobs.has(name));
    EXPECT_EQ(blobs.path_of(name).error().kind(), ErrorKind::usage) << name;
    EXPECT_FALSE(blobs.append_upload(name, 0, "x", 10));
    EXPECT_FALSE(blobs.remove(name));
  }
}

TEST_F(Blobs, LimitIsKept) {
  const BlobRef ref = must(blobs.put(std::string(1000, 'x')));
  EXPECT_FALSE(blobs.get(ref.hash, 999));
  EXPECT_TRUE(blobs.get(ref.hash, 1000));
}

TEST_F(Blobs, UploadGoesOnWhereItWasCut) {
  const std::string bytes = "0123456789";
  const std::string hash = sha256_hex(bytes);
  EXPECT_EQ(must(blobs.upload_size(hash)), 0u);
  must(blobs.append_upload(hash, 0, "01234", 10));
  EXPECT_EQ(must(blobs.upload_size(hash)), 5u);
  EXPECT_EQ(blobs.append_upload(hash, 0, "01234", 10).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(blobs.append_upload(hash, 5, "567890", 10).error().kind(), ErrorKind::usage);
  EXPECT_FALSE(blobs.has(hash));
  must(blobs.append_upload(hash, 5, "56789", 10));
  EXPECT_EQ(must(blobs.finish_upload(hash)).size, 10u);
  EXPECT_EQ(must(blobs.get(hash)), bytes);
  EXPECT_EQ(must(blobs.finish_upload(hash)).size, 10u);  // asked twice
}

TEST_F(Blobs, UploadOfOtherBytesIsThrownAway) {
  const std::string hash = sha256_hex("right");
  must(blobs.append_upload(hash, 0, "wrong", 10));
  EXPECT_EQ(blobs.finish_upload(hash).error().kind(), ErrorKind::protocol);
  EXPECT_EQ(must(blobs.upload_size(hash)), 0u);
  EXPECT_FALSE(blobs.has(hash));
}

TEST_F(Blobs, OrphansAreSweptAtTheStart) {
  const BlobRef kept = must(blobs.put("kept"));
  const BlobRef orphan = must(blobs.put("orphan"));
  const std::string half = sha256_hex("half");
  must(blobs.append_upload(half, 0, "ha", 10));
  std::ofstream(directory / "blobs" / kept.hash.substr(0, 2) / "x.tmp-1") << "killed here";
  const auto swept = must(blobs.sweep_orphans([&](const std::string& hash) { return hash == kept.hash; }));
  EXPECT_EQ(swept.files, 2);
  EXPECT_EQ(swept.bytes, 6u + 11u);
  EXPECT_TRUE(blobs.has(kept.hash));
  EXPECT_FALSE(blobs.has(orphan.hash));
  EXPECT_EQ(must(blobs.upload_size(half)), 2u) << "it goes on where it was cut";
  EXPECT_EQ(must(blobs.total_size()), 4u + 2u);
}

TEST_F(Blobs, UploadsThatNobodyGoesOnWithAreRemoved) {
  const std::string old = sha256_hex("old"), young = sha256_hex("young");
  must(blobs.append_upload(old, 0, "ol", 10));
  must(blobs.append_upload(young, 0, "youn", 10));
  EXPECT_EQ(must(blobs.uploads_total()), 6u);
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(directory / "blobs" / "incoming" / old, now - std::chrono::hours(25));
  must(blobs.remove_uploads_older_than(now - std::chrono::hours(24)));
  EXPECT_EQ(must(blobs.upload_size(old)), 0u);
  EXPECT_EQ(must(blobs.upload_size(young)), 4u);
}

TEST_F(Blobs, PartsMakeTheWhole) {
  const std::string bytes = "0123456789";
  const auto hash = must(blobs.put(bytes)).hash;
  EXPECT_EQ(must(blobs.size_of(hash)), std::optional<std::uint64_t>(10));
  EXPECT_EQ(must(blobs.size_of(sha256_hex("another"))), std::nullopt);
  EXPECT_EQ(must(blobs.read_part(hash, 0, 4)), "0123");
  EXPECT_EQ(must(blobs.read_part(hash, 4, 100)), "456789");
  EXPECT_EQ(must(blobs.read_part(hash, 10, 4)), "");
  EXPECT_FALSE(blobs.read_part(sha256_hex("another"), 0, 4));
}

// The kernel says once that it lost what was written: who asks again is told that all is well, and is not.
TEST_F(Blobs, AFailedSyncIsForGoodWhateverIsSaidLater) {
  const auto before = must(blobs.put("before"));
  const std::string promised = sha256_hex("upload");
  must(blobs.append_upload(promised, 0, "upload", 10));
  {
    test::FailingSync failing(directory / "blobs", EIO);
    auto refused = blobs.put("lost");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find(std::strerror(EIO)), std::string::npos);
    EXPECT_EQ(failing.met(), 1);
  }
  EXPECT_FALSE(blobs.put("lost")) << "the same bytes";
  EXPECT_FALSE(blobs.put("others"));
  EXPECT_FALSE(blobs.append_upload(promised, 6, "s", 10));
  EXPECT_FALSE(blobs.finish_upload(promised));
  EXPECT_FALSE(blobs.has(sha256_hex("lost"))) << "nobody is to name it";
  EXPECT_EQ(must(blobs.get(before.hash)), "before") << "reading goes on";
}

TEST_F(Blobs, ASyncThatMetAFullDiskIsForGoodToo) {
  {
    test::FailingSync failing(directory / "blobs", ENOSPC);
    EXPECT_FALSE(blobs.put("lost"));
  }
  EXPECT_NE(blobs.failure(), "");
  EXPECT_EQ(blobs.put("lost").error().kind(), ErrorKind::store);
}

// Renamed, but nobody can say for how long: a second put must not find it and call it stored.
TEST_F(Blobs, WhatADirectoryDidNotKeepIsNotCalledStored) {
  const std::string hash = sha256_hex("upload");
  must(blobs.append_upload(hash, 0, "upload", 10));
  must(make_directories(must(blobs.path_of(hash)).parent_path()));
  test::FailingSync failing(must(blobs.path_of(hash)).parent_path(), EIO);
  EXPECT_FALSE(blobs.finish_upload(hash));
  EXPECT_EQ(failing.met(), 1);
  EXPECT_FALSE(blobs.finish_upload(hash));
  EXPECT_FALSE(blobs.put("upload"));
  EXPECT_FALSE(blobs.has(hash));
}

}  // namespace
}  // namespace tripled::store
