// Every way in which a database cannot be opened has a message of its own that names the file and what to do.
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <set>

#include "schema/base/file.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Open : public StoreTest {
 protected:
  std::string refusal() const {
    auto opened = try_open();
    if (opened) return "opened";
    EXPECT_EQ(opened.error().kind(), ErrorKind::store);
    EXPECT_NE(opened.error().message().find(database.string()), std::string::npos)
        << opened.error().message();
    return opened.error().message();
  }
  std::string refusal_text() const {
    auto opened = try_open();
    return opened ? "opened" : opened.error().message();
  }
  void make() const {
    Store store = open();
    start_attempt(store);
  }
};

void become(uid_t user) { ASSERT_EQ(::seteuid(user), 0); }

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(Open, NewDatabaseIsMadeWithItsDirectoryAndKeepsItsId) {
  database = directory / "deeper" / "still" / "tripled.db";
  std::string id;
  {
    Store store = open();
    id = store.store_id();
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(store.health(), Health::ok);
    EXPECT_EQ(store.health_reason(), "");
    EXPECT_EQ(std::filesystem::file_size(database.string() + ".ballast"), 64u << 10);
  }
  EXPECT_EQ(open().store_id(), id);
  EXPECT_EQ(must(reader().store_id()), id);
}

TEST_F(Open, KeepsWhatItPromisesOfJournalAndSync) {
  Store store = open();
  EXPECT_EQ(sql("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(sql("PRAGMA auto_vacuum"), "2");
}

TEST_F(Open, SecondOpenerIsToldWhoHasIt) {
  Store store = open();
  auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::conflict);
  const std::string message = second.error().message();
  EXPECT_TRUE(says(message, database.string())) << message;
  EXPECT_TRUE(says(message, "pid " + std::to_string(::getpid()))) << message;
  EXPECT_TRUE(says(message, "since 20")) << message;
  EXPECT_TRUE(says(message, "store_test")) << message;  // its command line
}

TEST_F(Open, SecondProcessIsRefusedAndMayOpenWhenTheFirstIsKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = try_open();
    const char word = store ? 'y' : 'n';
    if (::write(ready[1], &word, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(word, 'y');
  auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(says(second.error().message(), "pid " + std::to_string(child))) << second.error().message();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(try_open());
}

TEST_F(Open, FileThatIsNoDatabase) {
  std::ofstream(database) << "a letter to my landlord, and long enough to be one";
  EXPECT_TRUE(says(refusal(), "is not a database")) << refusal();
}

TEST_F(Open, EmptyFileIsADatabaseThatWasNeverBegun) {
  std::ofstream touched(database);
  touched.close();
  EXPECT_TRUE(try_open());
}

TEST_F(Open, DatabaseOfAnotherProgramIsLeftAlone) {
  must(raw()->script("CREATE TABLE music (title TEXT)"));
  EXPECT_TRUE(says(refusal(), "another program")) << refusal();
  EXPECT_EQ(sql("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_F(Open, NewerSchemaIsRefusedAndNotTouched) {
  make();
  must(raw()->script("PRAGMA user_version = 999"));
  const std::string message = refusal();
  EXPECT_TRUE(says(message, "schema 999")) << message;
  EXPECT_TRUE(says(message, "up to " + std::to_string(built_in_migrations().back().number))) << message;
  EXPECT_TRUE(says(message, "newer tripled")) << message;
  EXPECT_EQ(sql("PRAGMA user_version"), "999");
  auto read = Reader::open(database);
  ASSERT_FALSE(read);
  EXPECT_TRUE(says(read.error().message(), "schema 999"));
}

// A page in the middle is overwritten: the check at the start finds it, whichever it is.
TEST_F(Open, CorruptPageIsRefused) {
  make();
  const auto pages = std::filesystem::file_size(database) / 4096;
  ASSERT_GT(pages, 20u);
  const std::string sound = must(read_file(database));
  for (std::uintmax_t page : {std::uintmax_t{0}, std::uintmax_t{2}, pages / 2}) {
    std::string bytes = sound;
    // The file's own header has a check of its own; an empty page is nothing but its first bytes.
    for (std::size_t i = page == 0 ? 100 : 0; i < 4096; ++i)
      bytes[static_cast<std::size_t>(page) * 4096 + i] = '\x5a';
    must(write_file_atomically(database, bytes));
    const std::string message = refusal();
    EXPECT_TRUE(says(message, "is damaged")) << "page " << page << ": " << message;
    EXPECT_TRUE(says(message, "restore a backup")) << message;
  }
}

// What a power cut may leave of the log: the commits that are whole are there, nothing else is.
TEST_F(Open, TruncatedLogKeepsWhatIsWhole) {
  const auto wal = database.string() + "-wal";
  std::string bytes, sound;
  {
    Store store = open();
    for (int n = 0; n < 5; ++n) {
      Transaction tx = must(store.begin());
      must(tx.set_meta("n", std::to_string(n)));
      must(tx.commit());
    }
    sound = must(read_file(database));
    bytes = must(read_file(wal));
  }
  ASSERT_GT(bytes.size(), 3 * 4096u);
  std::set<std::string> seen;
  for (std::size_t left = bytes.size(); left > 32; left -= std::min<std::size_t>(left - 32, 7000)) {
    must(write_file_atomically(database, sound));
    must(write_file_atomically(wal, bytes.substr(0, left)));
    std::filesystem::remove(database.string() + "-shm");
    auto opened = try_open();
    if (!opened) {  // the very first commits were in the log alone
      EXPECT_TRUE(says(opened.error().message(), database.string())) << opened.error().message();
      continue;
    }
    expect_sound();
    seen.insert(must(reader().meta("n")).value_or("none"));
  }
  EXPECT_TRUE(seen.count("4")) << "all of it";
  EXPECT_GT(seen.size(), 2u);
}

TEST_F(Open, ReadOnlyDirectoryAndFile) {
  make();
  const bool root = ::geteuid() == 0;
  std::filesystem::permissions(directory, std::filesystem::perms(0555));
  std::filesystem::permissions(database, std::filesystem::perms(0444));
  if (root && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot become an ordinary user here";
  const std::string closed_directory = refusal_text();
  become(root ? 0 : ::geteuid());
  std::filesystem::permissions(directory, std::filesystem::perms(0777));
  become(root ? 65534 : ::geteuid());
  const std::string closed_file = refusal_text();
  become(root ? 0 : ::geteuid());
  EXPECT_TRUE(says(closed_directory, "cannot be written by this user")) << closed_directory;
  EXPECT_TRUE(says(closed_directory, "--state")) << closed_directory;
  EXPECT_TRUE(says(closed_file, "is read-only")) << closed_file;
}

TEST_F(Open, ReaderSaysWhatIsWrong) {
  auto absent = Reader::open(database);
  ASSERT_FALSE(absent);
  EXPECT_TRUE(says(absent.error().message(), "no store at " + database.string()));
  std::ofstream(database)
      << "not at all a database, but some text that is long enough for a header of one hundred "
         "bytes or so, as SQLite wants it";
  auto text = Reader::open(database);
  ASSERT_FALSE(text);
  EXPECT_TRUE(says(text.error().message(), database.string())) << text.error().message();
}

}  // namespace
}  // namespace tripled::store
