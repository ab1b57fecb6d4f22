// A std that is replaced between two sweeps: the units that were compiled with the old one are never used
// with the new one. On a toolchain of the test's own: Debian's, with a copy of its library source.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/project.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;

// A directory that is a toolchain to anybody who looks; its rust-src may be changed.
fs::path toolchain_with_own_source(const fs::path& dir) {
  auto root = dir / "toolchain";
  fs::create_directories(root / "bin");
  fs::create_directories(root / "lib/rustlib/src/rust");
  for (const char* program : {"rustc", "rustdoc"}) {
    auto real = "exec /usr/bin/" + std::string(program);
    std::ofstream(root / "bin" / program)
        << "#!/bin/bash\ncase \" $* \" in *\" --sysroot\"*) " << real << " \"$@\";; esac\n"
        << real << " --sysroot " << root.string() << " \"$@\"\n";
    fs::permissions(root / "bin" / program, fs::perms::owner_all);
  }
  fs::create_symlink("/usr/bin/cargo", root / "bin/cargo");
  for (const auto& entry : fs::directory_iterator("/usr/lib/rustlib"))
    if (entry.path().filename() != "src")
      fs::create_symlink(entry.path(), root / "lib/rustlib" / entry.path().filename());
  auto source = fs::canonical("/usr/lib/rustlib/src/rust");
  fs::copy(source / "library", root / "lib/rustlib/src/rust/library",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  if (fs::exists(source / "Cargo.lock")) fs::copy(source / "Cargo.lock", root / "lib/rustlib/src/rust");
  return root;
}

TEST(ReplacedStd, NeverMeetsWhatWasCompiledWithTheOldOne) {
  TemporaryDirectory dir;
  auto toolchain = toolchain_with_own_source(dir.path());
  auto project = dir.path() / "project";
  write_files(project,
              {{"Cargo.toml",
                "[package]\nname = \"leaf\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n"
                "[dependencies]\nbase = { path = \"base\" }\n"},
               {"src/lib.rs", "#![no_std]\npub fn two() -> Option<u8> { base::one().map(|x| x + 1) }\n"},
               {"base/Cargo.toml", "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"base/src/lib.rs", "#![no_std]\npub fn one() -> Option<u8> { Some(1) }\n"},
               {"matrix.yaml",
                "tripled: 1\nproject: {name: leaf, source: {path: .}}\ndefaults: {toolchain: '" +
                    toolchain.string() + "', stages: [check]}\naxes: {triple: [thumbv7em-none-eabi]}\n"}});
  auto sweep = [&] {
    auto ran = run_tripled(
        dir.path(), {"sweep", (project / "matrix.yaml").string(), "--state", (dir.path() / "state").string(),
                     "--cache", (dir.path() / "cache").string()});
    EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
    return text(cell_of(json_report(dir.path()), "thumbv7em-none-eabi").at("std").at("hash"));
  };
  auto first = sweep();
  {
    std::ofstream core(toolchain / "lib/rustlib/src/rust/library/core/src/lib.rs", std::ios::app);
    core << "\n#[doc(hidden)]\n#[unstable(feature = \"core_intrinsics\", issue = \"none\")]\npub fn "
            "replaced() {}\n";
  }
  // The leaf is compiled again; against the old `base` it would be E0460.
  write_files(project,
              {{"src/lib.rs", "#![no_std]\npub fn two() -> Option<u8> { base::one().map(|x| x + 2) }\n"}});
  auto second = sweep();
  EXPECT_NE(first, second);
  auto logs = run_tripled(
      dir.path(), {"logs", "thumbv7em-none-eabi", "check", "--state", (dir.path() / "state").string()});
  EXPECT_NE(logs.out.find("is another one than before"), std::string::npos) << logs.out;
}

}  // namespace
}  // namespace tripled::e2e
