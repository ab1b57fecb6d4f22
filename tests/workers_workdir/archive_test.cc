// Archives that cross machines: equal bytes for equal contents, mtimes of unchanged files kept, nothing
// outside.
#include "workers/workdir/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "schema/base/file.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() {
    auto pattern = (fs::temp_directory_path() / "tripled-archive-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data()));
    write("in/src/lib.rs", "// lib\n");
    write("in/run.sh", "#!/bin/sh\n");
    fs::permissions(root_ / "in/run.sh", fs::perms::owner_all);
    fs::create_symlink("src/lib.rs", root_ / "in/link");
  }
  ~ArchiveTest() override { fs::remove_all(root_); }
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  fs::path pack_as(const std::string& name) {
    auto entries = entries_below(root_ / "in");
    EXPECT_TRUE(entries);
    auto packed = pack(root_ / name, *entries);
    EXPECT_TRUE(packed) << packed.error().message();
    return root_ / name;
  }
  // One entry under a name that pack() would never give it.
  fs::path hostile(const std::string& name, unsigned type = AE_IFREG) {
    auto file = root_ / "hostile.tar.zst";
    auto* out = archive_write_new();
    archive_write_set_format_pax_restricted(out);
    archive_write_add_filter_zstd(out);
    archive_write_open_filename(out, file.c_str());
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, type);
    if (type == AE_IFLNK) archive_entry_set_symlink(entry, "/etc");
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, 0);
    archive_write_header(out, entry);
    archive_entry_free(entry);
    archive_write_free(out);
    return file;
  }

  fs::path root_;
};

TEST_F(ArchiveTest, ComesBackWithModesAndLinks) {
  auto names = unpack(pack_as("a.tar.zst"), root_ / "out");
  ASSERT_TRUE(names) << names.error().message();
  EXPECT_THAT(*names, testing::ElementsAre("link", "run.sh", "src/lib.rs"));
  EXPECT_EQ(read_file(root_ / "out/src/lib.rs").value(), "// lib\n");
  EXPECT_EQ(fs::read_symlink(root_ / "out/link"), "src/lib.rs");
  EXPECT_NE(fs::status(root_ / "out/run.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::status(root_ / "out/src/lib.rs").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(ArchiveTest, EqualContentsAreEqualBytesWhateverTheTimes) {
  auto first = read_file(pack_as("a.tar.zst")).value();
  fs::last_write_time(root_ / "in/src/lib.rs", fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(read_file(pack_as("b.tar.zst")).value(), first);
  write("in/src/lib.rs", "// other\n");
  EXPECT_NE(read_file(pack_as("c.tar.zst")).value(), first);
}

TEST_F(ArchiveTest, UnchangedFilesKeepTheirTimeChangedOnesDoNot) {
  ASSERT_TRUE(unpack(pack_as("a.tar.zst"), root_ / "out"));
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(5);
  fs::last_write_time(root_ / "out/src/lib.rs", old);
  fs::last_write_time(root_ / "out/run.sh", old);
  write("in/run.sh", "#!/bin/sh\nexit 1\n");
  ASSERT_TRUE(unpack(pack_as("b.tar.zst"), root_ / "out"));
  EXPECT_EQ(fs::last_write_time(root_ / "out/src/lib.rs"), old);
  EXPECT_NE(fs::last_write_time(root_ / "out/run.sh"), old);
}

TEST_F(ArchiveTest, NamesThatLeadOutsideAreRefused) {
  for (const char* name : {"../x", "a/../../x", "/etc/x"}) {
    auto refused = unpack(hostile(name), root_ / "out");
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind(), ErrorKind::protocol) << refused.error().message();
  }
  EXPECT_FALSE(fs::exists(root_ / "x"));
  // Nor through a link that an earlier entry made.
  ASSERT_TRUE(unpack(hostile("way", AE_IFLNK), root_ / "out"));
  EXPECT_FALSE(unpack(hostile("way/passwd"), root_ / "out"));
}

TEST_F(ArchiveTest, WhatIsNoFileIsRefusedAndATruncatedOneIsAnError) {
  EXPECT_FALSE(unpack(hostile("pipe", AE_IFIFO), root_ / "out"));
  auto whole = read_file(pack_as("a.tar.zst")).value();
  std::ofstream(root_ / "cut.tar.zst", std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_FALSE(unpack(root_ / "cut.tar.zst", root_ / "out2"));
}

}  // namespace
}  // namespace tripled::workdir
