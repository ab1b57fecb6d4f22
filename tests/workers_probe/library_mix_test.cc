// The loader/libc mixture: how it is recognised, and on the real packages how it is cured.
#include "workers/probe/library_mix.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"
#include "tests/workers_exec/shim_test_main.h"
#include "tests/workers_probe/support.h"
#include "workers/exec/capture.h"
#include "workers/probe/preflight.h"
#include "workers/workdir/git.h"

namespace tripled::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAarch64 = "aarch64-unknown-linux-gnu";

TEST(LibraryMix, ReadsWhatWasOpened) {
  auto paths = probe::opened_paths(
      "77 brk(NULL) = 0x0000004000003000\n"
      "77 access(\"/etc/ld.so.preload\",R_OK) = -1 errno=2 (No such file or directory)\n"
      "77 openat(AT_FDCWD,\"/etc/ld.so.cache\",O_RDONLY|O_CLOEXEC) = 3\n"
      "77 openat(AT_FDCWD,\"/lib/x/libc.so.6\",O_RDONLY|O_CLOEXEC) = -1 errno=2 (No such file or directory)\n"
      "77 open(\"/lib/libc.so.6\",O_RDONLY) = 3\n"
      "torn openat(AT_FDCWD,\"/li");
  EXPECT_EQ(paths, (std::vector<std::string>{"/etc/ld.so.cache", "/lib/libc.so.6"}));
}

TEST(LibraryMix, LoaderAndLibcMustBothBeInTheSysrootOrBothOutside) {
  Bench bench;
  auto sysroot = bench.dir() / "sysroot", outside = bench.dir() / "outside";
  fs::create_directories(sysroot / "lib");
  fs::create_directories(outside);
  for (auto file : {sysroot / "lib/ld.so.1", sysroot / "lib/libc.so.6", outside / "libc.so.6"})
    ASSERT_TRUE(write_file_atomically(file, "x"));
  auto opened = [](const std::string& path) { return "1 openat(AT_FDCWD,\"" + path + "\",O_RDONLY) = 3\n"; };
  auto good = probe::find_library_mix(opened("/lib/libc.so.6"), sysroot, "/lib/ld.so.1");
  ASSERT_TRUE(good);
  EXPECT_FALSE(good->mixed);
  EXPECT_EQ(good->libc, (sysroot / "lib/libc.so.6").string());
  auto mixed = probe::find_library_mix(opened((outside / "libc.so.6").string()), sysroot, "/lib/ld.so.1");
  ASSERT_TRUE(mixed);
  EXPECT_TRUE(mixed->mixed);
  // Named by its full path, as LD_LIBRARY_PATH makes the loader do.
  auto cured = probe::find_library_mix(opened((sysroot / "lib/libc.so.6").string()), sysroot, "/lib/ld.so.1");
  ASSERT_TRUE(cured);
  EXPECT_FALSE(cured->mixed);
  EXPECT_FALSE(probe::find_library_mix("", sysroot, "/lib/ld.so.1"));  // static, or it never got there
  EXPECT_FALSE(probe::find_library_mix(opened("/lib/libc.so.6"), sysroot, ""));  // no interpreter
}

// --- on real packages
// ---------------------------------------------------------------------------------------------

exec::Captured run(const std::vector<std::string>& argv, const fs::path& cwd,
                   Millis limit = Millis(180'000)) {
  auto env = Bench().environment;
  return exec::capture({argv, env, cwd}, limit).value();
}

// Downloads libc6:arm64 with package lists of its own, so that the machine's apt and dpkg stay as they are.
// Kept in the shared cache. Empty: `why` says what was in the way.
fs::path foreign_libc(std::string& why) {
  auto kept = shared_cache() / "libc6-arm64", root = kept / "root/usr/lib/aarch64-linux-gnu";
  for (const auto& known : {kept / "root/usr/lib/aarch64-linux-gnu", kept / "root/lib/aarch64-linux-gnu"})
    if (fs::exists(known / "libc.so.6")) return known;
  auto get = workdir::find_program("apt-get", "/usr/bin:/bin"),
       dpkg = workdir::find_program("dpkg", "/usr/bin:/bin");
  if (get.empty() || dpkg.empty()) {
    why = "no apt-get and dpkg";
    return {};
  }
  fs::create_directories(kept / "lists/partial");
  fs::create_directories(kept / "cache/archives/partial");
  std::vector<std::string> apt = {get,
                                  "-q",
                                  "-oAPT::Architecture=arm64",
                                  "-oAPT::Architectures=arm64",
                                  "-oDir::State::lists=" + (kept / "lists").string(),
                                  "-oDir::Cache=" + (kept / "cache").string(),
                                  "-oAPT::Sandbox::User=root"};
  for (const char* step : {"update", "download"}) {
    auto argv = apt;
    argv.push_back(step);
    if (std::string(step) == "download") argv.push_back("libc6:arm64");
    auto ran = run(argv, kept);
    if (!ran.succeeded()) {
      why = "apt-get " + std::string(step) + ": " + std::string(trim(ran.err));
      return {};
    }
  }
  for (const auto& file : fs::directory_iterator(kept))
    if (file.path().extension() == ".deb")
      run({dpkg, "-x", file.path().string(), (kept / "root").string()}, kept);
  std::error_code ignored;
  fs::remove_all(kept / "lists", ignored);
  for (const auto& known : {root, kept / "root/lib/aarch64-linux-gnu"})
    if (fs::exists(known / "libc.so.6")) return known;
  why = "the package holds no libc.so.6";
  return {};
}

// In a process of its own: <program> mixed-probe LIBC-DIR. Prints the SetupResult.
int mixed_probe(int, char** argv) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount(argv[2], "/usr/lib/aarch64-linux-gnu", nullptr, MS_BIND, nullptr) != 0) {
    std::cerr << "no private mount: " << ::strerror(errno) << "\n";
    return 77;
  }
  Bench bench;
  auto probed = probe::probe_cached(spec_for(kAarch64, true, true), {}, probe::ProbeLanguage::c, false,
                                    bench.context());
  std::cout << boost::json::serialize(wire::to_json(probed.result));
  std::cerr << probed.log;
  return 0;
}
const bool registered = register_helper("mixed-probe", &mixed_probe);

// Debian's libc6:arm64 beside libc6-arm64-cross: fork and threads hang under `qemu-aarch64 -L`.
TEST(LibraryMix, MultiarchLibcBesideTheCrossOneIsCured) {
  if (!toolchain().error.empty()) GTEST_SKIP() << toolchain().error;
  ASSERT_TRUE(registered);
  if (::geteuid() != 0) GTEST_SKIP() << "a mount namespace needs root";
  if (!fs::exists("/usr/lib/aarch64-linux-gnu"))
    GTEST_SKIP() << "no /usr/lib/aarch64-linux-gnu to mount over";
  if (fs::exists("/usr/lib/aarch64-linux-gnu/libc.so.6")) GTEST_SKIP() << "libc6:arm64 is installed here";
  std::string why;
  auto libc = foreign_libc(why);
  if (libc.empty()) GTEST_SKIP() << "libc6:arm64 cannot be had: " << why;
  auto ran = run({fs::canonical("/proc/self/exe").string(), "mixed-probe", libc.string()}, "/");
  if (ran.result.code == 77) GTEST_SKIP() << ran.err;
  ASSERT_TRUE(ran.succeeded()) << exec::describe(ran.result) << ran.err;
  SetupResult result;
  auto json = wire::parse(ran.out);
  ASSERT_TRUE(json) << ran.out;
  ASSERT_TRUE(wire::from_json(json.value(), result));
  EXPECT_TRUE(result.run_emulated.ok) << ran.out << ran.err;
  EXPECT_TRUE(has_note(result, "loader-libc-mix")) << ran.out;
  EXPECT_TRUE(has_note(result, "cured with -E LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib")) << ran.out;
  EXPECT_NE(std::find(result.runner.command.begin(), result.runner.command.end(),
                      "LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib"),
            result.runner.command.end())
      << ran.out;
  EXPECT_TRUE(has_note(result, "was mixed with the loader of")) << ran.out;
}

TEST(LibraryMix, NothingIsCuredWhereNothingIsMixed) {
  if (!toolchain().error.empty()) GTEST_SKIP() << toolchain().error;
  if (fs::exists("/usr/lib/aarch64-linux-gnu/libc.so.6")) GTEST_SKIP() << "libc6:arm64 is installed here";
  Bench bench;
  auto probed = probe::probe_cached(spec_for(kAarch64, true, true), {}, probe::ProbeLanguage::c, false,
                                    bench.context());
  EXPECT_TRUE(probed.result.run_emulated.ok) << probed.log;
  EXPECT_FALSE(has_note(probed.result, "loader-libc-mix")) << probed.log;
  EXPECT_EQ(probed.result.runner.name, "qemu-aarch64");
}

}  // namespace
}  // namespace tripled::test
