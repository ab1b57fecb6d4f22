// The Debian package in a minimal Debian: what it holds, how it is installed, started, upgraded and purged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include "daemon/store/open_checks.h"
#include "schema/base/text.h"
#include "tests/deploy/chroot.h"
#include "tests/deploy/notify_socket.h"
#include "tests/e2e/tripled_process.h"
#include "tests/net/client.h"

namespace tripled::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::HasSubstr;

Said must(const std::string& command) {
  auto said = shell(command);
  EXPECT_EQ(said.status, 0) << command << "\n" << said.out;
  return said;
}

// The value of the last `KEY=` of a unit.
std::string unit_value(const fs::path& unit, const std::string& key) {
  std::ifstream file(unit);
  std::string line, value;
  while (std::getline(file, line))
    if (line.rfind(key + "=", 0) == 0) value = line.substr(key.size() + 1);
  return value;
}

class Package : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new e2e::TemporaryDirectory;
    must("cd " TRIPLED_BINARY_DIR " && cpack -G DEB -B " + (dir_->path() / "pkg").string());
    auto found = must("ls " + (dir_->path() / "pkg").string() + "/*.deb").out;
    package_ = trim(found);
    chroot_ = new Chroot(dir_->path(), dependencies());
  }
  static void TearDownTestSuite() {
    delete chroot_;
    delete dir_;
  }
  void SetUp() override {
    if (needs_chroot() && !chroot_->ok()) GTEST_SKIP() << chroot_->why();
  }
  static bool needs_chroot() {
    return std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) !=
           "LintianFindsNoError";
  }

  // What the package depends on, without versions: the first of alternatives.
  static std::vector<std::string> dependencies() {
    std::set<std::string> names;
    for (const auto& one : split(must("dpkg-deb -f " + package_ + " Depends").out, ','))
      names.insert(split_words(one).at(0));
    names.insert("sqlite3");
    return {names.begin(), names.end()};
  }

  static void install(const std::string& package) {
    auto name = fs::path(package).filename();
    fs::copy_file(package, chroot_->root() / "tmp" / name, fs::copy_options::overwrite_existing);
    auto said = inside("DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold -i /tmp/" +
                       name.string());
    EXPECT_THAT(said.out, testing::Not(HasSubstr("arning"))) << said.out;
    fs::remove(chroot_->root() / "tmp" / name);
  }
  static Said inside(const std::string& command) {
    auto said = chroot_->run(command);
    EXPECT_EQ(said.status, 0) << command << "\n" << said.out;
    return said;
  }
  // The same package under an older version, as if it had been built before.
  static std::string older_package() {
    auto old = (dir_->path() / "old").string();
    must("dpkg-deb -R " + package_ + " " + old + " && sed -i 's/^Version: .*/Version: 0.0.1/' " + old +
         "/DEBIAN/control && dpkg-deb -b " + old + " " + old + ".deb && rm -r " + old);
    return old + ".deb";
  }
  // A database of schema `version` with a project in it.
  static void make_database(int version) {
    std::string script = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;\n";
    for (const auto& migration : migrations())
      if (std::stoi(migration.filename().string()) <= version) script += ".read " + migration.string() + "\n";
    script += "PRAGMA user_version = " + std::to_string(version) +
              "; PRAGMA application_id = " + std::to_string(store::application_id) +
              ";\nINSERT INTO meta VALUES ('store_id', 'of-before'), ('created_at', '0');\n"
              "INSERT INTO projects VALUES (1, 'kept', 'path:/x', '{}', 0);\n";
    std::ofstream(dir_->path() / "script.sql") << script;
    auto state = (chroot_->root() / "var/lib/tripled").string();
    must("rm -f " + state + "/tripled.db* && sqlite3 " + state + "/tripled.db <" +
         (dir_->path() / "script.sql").string() + " && chown --reference=" + state + " " + state +
         "/tripled.db*");
  }
  static std::vector<fs::path> migrations() {
    std::vector<fs::path> out;
    for (const auto& file : fs::directory_iterator(TRIPLED_SOURCE_DIR "/schema/sql"))
      out.push_back(file.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::string query(const std::string& sql) {
    return std::string(trim(inside("sqlite3 /var/lib/tripled/tripled.db " + shell_quote(sql)).out));
  }
  // Files and directories of the system; not what dpkg and the account database write of their own.
  static std::set<std::string> files() {
    auto listed =
        must("cd " + chroot_->root().string() +
             " && find . -path ./proc -prune -o -path ./dev -prune -o -path ./var/lib/dpkg -prune -o -path "
             "./var/log -prune -o -path ./run -prune -o -path ./tmp -prune -o -print");
    std::set<std::string> out;
    for (const auto& line : split(listed.out, '\n'))
      if (line.rfind("./etc/passwd", 0) != 0 && line.rfind("./etc/group", 0) != 0 &&
          line.rfind("./etc/shadow", 0) != 0 && line.rfind("./etc/gshadow", 0) != 0 &&
          line != "./etc/.pwd.lock")
        out.insert(line);
    return out;
  }

  // Starts the daemon as its unit says, until it is ready and answers; ends it.
  static void runs() {
    NotifySocket socket(chroot_->root() / "run");
    auto unit = chroot_->root() / "lib/systemd/system/tripled.service";
    const auto user = unit_value(unit, "User") + ":" + unit_value(unit, "Group");
    EXPECT_EQ(chroot_->run(unit_value(unit, "ExecStartPre"), user).status, 0);
    auto words = chroot_->command("NOTIFY_SOCKET=/run/notify exec " + unit_value(unit, "ExecStart"), user);
    fs::create_directories(dir_->path() / "started");
    e2e::Started daemon(dir_->path() / "started", {words.begin() + 1, words.end()}, {}, {}, words[0]);
    ASSERT_TRUE(socket.hears("READY=1", 60s)) << daemon.err_so_far();
    constexpr std::string_view mark = "listening on http://127.0.0.1:";
    auto log = daemon.err_so_far();
    ASSERT_NE(log.find(mark), std::string::npos) << log;
    Client client(static_cast<std::uint16_t>(std::stoi(log.substr(log.find(mark) + mark.size()))));
    client.write("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.status(), 200u);
    daemon.signal(SIGTERM);
    EXPECT_TRUE(socket.hears("STOPPING=1", 30s));
    EXPECT_EQ(daemon.wait(30).status, 0);
  }

  static e2e::TemporaryDirectory* dir_;
  static Chroot* chroot_;
  static std::string package_;
};

e2e::TemporaryDirectory* Package::dir_ = nullptr;
Chroot* Package::chroot_ = nullptr;
std::string Package::package_;

TEST_F(Package, LintianFindsNoError) {
  if (!has_program("lintian")) GTEST_SKIP() << "lintian is not here (deploy/install test)";
  auto said = shell("lintian --allow-root --fail-on error,warning " + package_);
  EXPECT_EQ(said.status, 0) << said.out;
}

// One test: each step begins where the one before ended.
TEST_F(Package, IsInstalledRunUpgradedAndPurged) {
  const auto before = files();
  install(older_package());
  auto mode = [](const std::string& path) {
    return std::string(trim(inside("stat -c '%a %U:%G' " + path).out));
  };
  EXPECT_EQ(mode("/etc/tripled/worker.env"), "600 root:root");
  EXPECT_EQ(mode("/etc/tripled/tripled.yaml"), "644 root:root");
  EXPECT_EQ(mode("/var/lib/tripled"), "700 tripled:tripled");
  EXPECT_EQ(mode("/var/lib/tripled-worker"), "700 tripled-worker:tripled-worker");
  EXPECT_THAT(inside("tripled-worker --version; tripled --version").out, HasSubstr("tripled 0."));
  EXPECT_THAT(chroot_->run("/usr/libexec/tripled/tripled-rustc").out, HasSubstr("tripled-rustc: "));
  EXPECT_THAT(chroot_->run("/usr/libexec/tripled/tripled-shim").out, HasSubstr("started by tripled-worker"));

  // What the operator wrote stays over an upgrade. The port: whichever is free.
  inside(
      "sed -i 's/127.0.0.1:7420/127.0.0.1:0/' /etc/tripled/tripled.yaml; echo '# mine' "
      ">>/etc/tripled/worker.env");
  runs();
  EXPECT_EQ(mode("/var/lib/tripled/admin.token"), "600 tripled:tripled");
  const auto newest = std::to_string(migrations().size());
  EXPECT_EQ(query("PRAGMA user_version"), newest);

  make_database(1);
  install(package_);
  runs();
  EXPECT_EQ(query("PRAGMA user_version"), newest);
  EXPECT_EQ(query("SELECT name FROM projects"), "kept");
  EXPECT_EQ(query("SELECT value FROM meta WHERE key = 'store_id'"), "of-before");
  bool copied = false;
  for (const auto& entry : fs::directory_iterator(chroot_->root() / "var/lib/tripled"))
    copied = copied || entry.path().filename().string().starts_with("tripled.db.v1-");
  EXPECT_TRUE(copied) << "before the migration";
  for (int version = 2; version < static_cast<int>(migrations().size()); ++version) {
    make_database(version);
    runs();
    EXPECT_EQ(query("PRAGMA user_version"), newest) << version;
    EXPECT_EQ(query("SELECT name FROM projects"), "kept") << version;
  }
  EXPECT_THAT(inside("tail -1 /etc/tripled/worker.env; cat /etc/tripled/tripled.yaml").out,
              testing::AllOf(HasSubstr("# mine"), HasSubstr("127.0.0.1:0")));
  EXPECT_EQ(inside("dpkg -V tripled | grep -v tripled.yaml; true").out, "");

  inside("dpkg -r tripled");
  EXPECT_TRUE(fs::exists(chroot_->root() / "var/lib/tripled/tripled.db")) << "state goes with purge alone";
  EXPECT_TRUE(fs::exists(chroot_->root() / "etc/tripled/worker.env"));
  inside("dpkg -P tripled");
  std::vector<std::string> left;
  const auto after = files();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(left));
  EXPECT_THAT(left, testing::IsEmpty());
}

}  // namespace
}  // namespace tripled::test
