// A database of an earlier version comes forward, with a copy beside it, or stays exactly as it was.
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
  std::filesystem::path copy(int version) const { return database.string() + ".v" + std::to_string(version); }
  std::vector<Migration> steps;
  int first = 0;
};

TEST_F(Migrations, NumbersHaveNoGaps) {
  int wanted = 1;
  for (const Migration& migration : built_in_migrations()) {
    EXPECT_EQ(migration.number, wanted++);
    EXPECT_TRUE(migration.sql.find("CREATE") != std::string::npos ||
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
  auto old = must(Connection::open(copy(first), Connection::Mode::read_only, Millis(100)));
  EXPECT_EQ(must(old->number("PRAGMA user_version")), first);
  EXPECT_EQ(must(old->number("SELECT count(*) FROM sweeps")), 1);
  EXPECT_EQ(must(old->text("PRAGMA integrity_check")), "ok");
  expect_sound();
}

TEST_F(Migrations, NothingToDoMakesNoCopy) {
  ASSERT_TRUE(open_with_steps());
  EXPECT_FALSE(std::filesystem::exists(copy(first)));
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
  EXPECT_TRUE(std::filesystem::exists(copy(first)));
  expect_sound();
}

TEST_F(Migrations, OneThatBreaksAForeignKeyIsRolledBack) {
  then("cuts", "PRAGMA defer_foreign_keys = ON; DELETE FROM projects;");
  ASSERT_FALSE(open_with_steps());
  EXPECT_EQ(sql("SELECT count(*) FROM projects"), "1");
}

TEST_F(Migrations, ReaderAsksForTheMigration) {
  must(raw()->script("PRAGMA user_version = 0"));
  EXPECT_FALSE(Reader::open(database));
}

}  // namespace
}  // namespace tripled::store
