#include "workers/probe/executable_file.h"

#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include "schema/base/file.h"
#include "tests/workers_probe/support.h"

namespace tripled::test {
namespace {

using probe::ExecutableFile;
using probe::FileFormat;

TripleFacts facts(const std::string& arch, const std::string& os, const std::string& endian, int width) {
  TripleFacts out;
  out.arch = arch;
  out.os = os;
  out.endian = endian;
  out.pointer_width = width;
  return out;
}

TEST(ExecutableFileTest, ReadsTheHeaderOfThisProgram) {
  auto file = probe::read_executable("/proc/self/exe");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file.value().format, FileFormat::elf);
  EXPECT_EQ(file.value().bits, static_cast<int>(sizeof(void*) * 8));
  EXPECT_FALSE(file.value().interpreter.empty());
}

TEST(ExecutableFileTest, TellsMachineClassAndByteOrderApart) {
  ExecutableFile s390x{FileFormat::elf, 22, 64, true, ""};
  EXPECT_EQ(probe::machine_mismatch(s390x, facts("s390x", "linux", "big", 64)), "");
  EXPECT_EQ(
      probe::machine_mismatch(s390x, facts("x86_64", "linux", "little", 64)),
      "ELF 64-bit big-endian, machine s390x (22), expected ELF 64-bit little-endian, machine x86_64 (62)");
  ExecutableFile aarch64{FileFormat::elf, 183, 64, false, ""};
  EXPECT_NE(probe::machine_mismatch(aarch64, facts("aarch64", "linux", "big", 64)), "");
  ExecutableFile x32{FileFormat::elf, 62, 32, false, ""};
  EXPECT_EQ(probe::machine_mismatch(x32, facts("x86_64", "linux", "little", 32)), "");
  EXPECT_NE(probe::machine_mismatch(x32, facts("x86_64", "linux", "little", 64)), "");
}

TEST(ExecutableFileTest, OtherFormatsByTheirMagic) {
  Bench bench;
  auto path = bench.dir() / "file";
  ASSERT_TRUE(write_file_atomically(path, std::string_view("\0asm\1\0\0\0", 8)));
  EXPECT_EQ(probe::read_executable(path).value().format, FileFormat::wasm);
  EXPECT_EQ(
      probe::machine_mismatch(probe::read_executable(path).value(), facts("wasm32", "wasi", "little", 32)),
      "");
  std::string pe(256, '\0');
  pe.replace(0, 2, "MZ");
  pe[0x3c] = '\x80';
  pe.replace(0x80, 6, std::string("PE\0\0\x64\x86", 6));
  ASSERT_TRUE(write_file_atomically(path, pe));
  auto windows = probe::read_executable(path).value();
  EXPECT_EQ(windows.format, FileFormat::pe);
  EXPECT_EQ(probe::machine_mismatch(windows, facts("x86_64", "windows", "little", 64)), "");
  EXPECT_NE(probe::machine_mismatch(windows, facts("x86", "windows", "little", 32)), "");
  ASSERT_TRUE(write_file_atomically(path, "#!/bin/sh\n"));
  EXPECT_NE(probe::machine_mismatch(probe::read_executable(path).value(), facts("s390x", "linux", "big", 64)),
            "");
}

TEST(ExecutableFileTest, CutOffHeadersAreNotRead) {
  Bench bench;
  auto path = bench.dir() / "file";
  auto whole = read_file("/proc/self/exe").value();
  for (std::size_t size : {0u, 3u, 5u, 40u, 60u, 64u, 100u, 400u}) {
    ASSERT_TRUE(write_file_atomically(path, whole.substr(0, size)));
    auto file = probe::read_executable(path);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file.value().interpreter.empty()) << size;
  }
}

TEST(Glibc, NeededIsTheNewestSymbolVersionOfTheFile) {
  auto needed = probe::glibc_needed("/proc/self/exe");
  EXPECT_EQ(needed.rfind("2.", 0), 0u) << needed;
  EXPECT_TRUE(probe::glibc_suffices(::gnu_get_libc_version(), needed)) << needed;
  EXPECT_EQ(probe::glibc_needed("/etc/passwd"), "");
  EXPECT_EQ(probe::glibc_needed("/nonexistent"), "");
}

TEST(Glibc, VersionsAreNumbersAndNotTexts) {
  EXPECT_TRUE(probe::glibc_suffices("2.36", "2.4"));
  EXPECT_TRUE(probe::glibc_suffices("2.36", "2.36"));
  EXPECT_TRUE(probe::glibc_suffices("2.36", "2.2.5"));
  EXPECT_FALSE(probe::glibc_suffices("2.36", "2.38"));
  EXPECT_TRUE(probe::glibc_suffices("2.17", ""));
}

}  // namespace
}  // namespace tripled::test
