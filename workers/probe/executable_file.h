// The header of a linked program: for which machine it is. ELF (elf(5)) in full; PE, Mach-O and WebAssembly
// by their magic and machine. Reads one file; any thread.
#pragma once
#include <filesystem>
#include <string>

#include "schema/base/result.h"
#include "schema/model/toolchain.h"

namespace tripled::probe {

enum class FileFormat { elf, pe, mach_o, wasm, other };

struct ExecutableFile {
  FileFormat format = FileFormat::other;
  int machine = 0;          // e_machine, or PE's Machine; 0 elsewhere
  int bits = 0;             // ELF class: 32, 64; 0: not known
  bool big_endian = false;  // ELF alone
  std::string interpreter;  // ELF PT_INTERP; empty: static, or not ELF

  // "ELF 64-bit big-endian, machine s390x (22)".
  std::string describe() const;
};

// Errors: io. A file of no known format is FileFormat::other.
Result<ExecutableFile> read_executable(const std::filesystem::path& path);

// Why the file cannot be a program of the triple; empty: nothing speaks against it (or too little is known).
std::string machine_mismatch(const ExecutableFile& file, const TripleFacts& triple);

// The newest version of the C library that a dynamically linked ELF file asks for, such as 2.34: of the
// symbol versions GLIBC_… in its needs (LSB, "Symbol Versioning"). Empty: it asks for none, or is no such
// file.
std::string glibc_needed(const std::filesystem::path& path);
// Whether glibc `have` runs what needs `need`; both as 2.34. An empty `need` is met by anything.
bool glibc_suffices(const std::string& have, const std::string& need);

}  // namespace tripled::probe
