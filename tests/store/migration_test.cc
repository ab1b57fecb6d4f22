// A database of an earlier version comes forward, with a copy beside it, or stays exactly as it was.
#include <sys/wait.h>

#include <csignal>
#include <set>

#include "daemon/store/migrations.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Migrations : public StoreTest {
 protected:
  Migrations() : steps(built_in_migrations()) {
    Store store = open();
    start_attempt(store);
    first = steps.back().number;
  }
  void then(const std::string& name, const std::string& text) {
    steps.push_back({steps.back().number + 1, name, text});
  }
  Result<Store> open_with_steps() const {
    StoreOptions o = options();
    o.migrations = &steps;
    return Store::open(o);
  }
  // Of any version when none is named.
  std::vector<std::filesystem::path> copies(std::optional<int> version = std::nullopt) const {
    std::vector<std::filesystem::path> out;
    const auto prefix =
        database.filename().string() + ".v" + (version ? std::to_string(*version) + "-" : std::string());
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (entry.path().filename().string().rfind(prefix, 0) == 0) out.push_back(entry.path());
    return out;
  }
  std::vector<Migration> steps;
  int first = 0;
};

TEST_F(Migrations, NumbersHaveNoGaps) {
  int wanted = 1;
  for (const Migration& migration : built_in_migrations()) {
    EXPECT_EQ(migration.number, wanted++);
    EXPECT_TRUE(migration.sql.find("CREATE") != std::string::npos ||
                migration.sql.find("ALTER") != std::string::npos ||
                migration.sql.find("INSERT") != std::string::npos)
        << migration.name;
  }
  EXPECT_EQ(sql("PRAGMA user_version"), std::to_string(built_in_migrations().back().number));
}

TEST_F(Migrations, EveryTableIsStrict) {
  EXPECT_EQ(sql("SELECT group_concat(name) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 "
                "AND name NOT LIKE 'sqlite_%'"),
            "NULL");
}

TEST_F(Migrations, ExistingDatabaseIsCopiedThenBroughtForward) {
  then("more",
       "ALTER TABLE workers ADD COLUMN pool TEXT NOT NULL DEFAULT ''; CREATE INDEX by_pool ON workers "
       "(pool);");
  then("most", "CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT;");
  ASSERT_TRUE(open_with_steps());
  EXPECT_EQ(sql("PRAGMA user_version"), std::to_string(first + 2));
  EXPECT_EQ(sql("SELECT count(*) FROM sweeps"), "1");
  ASSERT_EQ(copies(first).size(), 1u);
  EXPECT_NE(copies(first).front().string().find("-20"), std::string::npos) << "named by its time, too";
  auto old = must(Connection::open(copies(first).front(), Connection::Mode::read_only, Millis(100)));
  EXPECT_EQ(must(old->number("PRAGMA user_version")), first);
  EXPECT_EQ(must(old->number("SELECT count(*) FROM sweeps")), 1);
  EXPECT_EQ(must(old->text("PRAGMA integrity_check")), "ok");
  expect_sound();
}

TEST_F(Migrations, NothingToDoMakesNoCopy) {
  ASSERT_TRUE(open_with_steps());
  EXPECT_TRUE(copies().empty());
}

TEST_F(Migrations, FailedOneIsRolledBackAndSaid) {
  then("fine", "CREATE TABLE fine (id INTEGER PRIMARY KEY) STRICT;");
  then("0003_bad", "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT; INSERT INTO nowhere VALUES (1);");
  auto opened = open_with_steps();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::store);
  EXPECT_NE(opened.error().message().find("0003_bad"), std::string::npos) << opened.error().message();
  EXPECT_EQ(sql("PRAGMA user_version"), std::to_string(first + 1));
  EXPECT_EQ(sql("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM sqlite_schema WHERE name = 'fine'"), "1");
  EXPECT_EQ(copies(first).size(), 1u);
  expect_sound();
}

TEST_F(Migrations, OneThatBreaksAForeignKeyIsRolledBack) {
  then("cuts", "PRAGMA defer_foreign_keys = ON; DELETE FROM projects;");
  ASSERT_FALSE(open_with_steps());
  EXPECT_EQ(sql("SELECT count(*) FROM projects"), "1");
}

TEST_F(Migrations, OnlyTheNewestCopiesAreKept) {
  for (int i = 0; i < 5; ++i) {
    then("more", "CREATE TABLE t" + std::to_string(i) + " (id INTEGER PRIMARY KEY) STRICT;");
    ASSERT_TRUE(open_with_steps());
  }
  EXPECT_EQ(copies().size(), migration_copies_kept);
  EXPECT_EQ(copies(first).size(), 0u);
  EXPECT_EQ(copies(first + 4).size(), 1u);
}

TEST_F(Migrations, WithoutRoomForTheCopyNothingIsBegun) {
  EXPECT_TRUE(require_room_for_copy(100u << 20, 200u << 20, database));
  auto refused = require_room_for_copy(100u << 20, 110u << 20, database);
  ASSERT_FALSE(refused);
  for (const auto& part : {database.string(), std::string("116 MiB"), std::string("110 MiB are free")})
    EXPECT_NE(refused.error().message().find(part), std::string::npos) << refused.error().message();
}

// Whoever waits for the start hears of it while the copy is made and while statements run.
TEST_F(Migrations, SaysThatItGoesOn) {
  then("long",
       "CREATE TABLE many (n INTEGER PRIMARY KEY) STRICT; WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL "
       "SELECT n + 1 FROM c WHERE n < 100000) INSERT INTO many SELECT n FROM c;");
  int heard = 0;
  StoreOptions o = options();
  o.migrations = &steps;
  o.progress = [&] { ++heard; };
  ASSERT_TRUE(Store::open(o));
  EXPECT_GT(heard, 10);
}

// Killed in the copy, in the first step, in the second: the next start ends what was begun, from a sound
// database, and leaves no half copy.
TEST_F(Migrations, KilledMidwayItIsCompletedByTheNextStart) {
  const std::string fill = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) ";
  then("one",
       "CREATE TABLE one (n INTEGER PRIMARY KEY) STRICT; " + fill + "INSERT INTO one SELECT n FROM c;");
  then("two",
       "CREATE TABLE two (n INTEGER PRIMARY KEY) STRICT; " + fill + "INSERT INTO two SELECT n FROM c;");
  bool completed = false;
  std::set<std::string> versions;
  for (int fatal = 1; !completed && fatal < 200; ++fatal) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int heard = 0;
      StoreOptions o = options();
      o.migrations = &steps;
      o.progress = [&] {
        if (++heard == fatal) ::kill(::getpid(), SIGKILL);
      };
      ::_exit(Store::open(o) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    completed = WIFEXITED(status);
    EXPECT_TRUE(!completed || WEXITSTATUS(status) == 0);
    versions.insert(sql("PRAGMA user_version"));
    expect_sound();
    EXPECT_EQ(sql("SELECT count(*) FROM sweeps"), "1");
  }
  EXPECT_TRUE(completed);
  EXPECT_EQ(versions.size(), 3u) << "killed before, between and behind the steps";
  EXPECT_EQ(sql("SELECT count(*) FROM one"), "20000");
  EXPECT_EQ(sql("SELECT count(*) FROM two"), "20000");
  for (const auto& copy : copies()) EXPECT_FALSE(copy.string().ends_with(".tmp")) << copy;
}

TEST_F(Migrations, ReaderAsksForTheMigration) {
  must(raw()->script("PRAGMA user_version = 0"));
  EXPECT_FALSE(Reader::open(database));
}

}  // namespace
}  // namespace tripled::store
