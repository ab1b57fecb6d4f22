#include "workers/probe/executable_file.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>

#include "schema/base/file.h"

namespace tripled::probe {
namespace {

// rustc's target_arch -> e_machine. arm64ec and the GPU architectures never come out as ELF programs we could
// run.
const std::map<std::string, int>& elf_machines() {
  static const std::map<std::string, int> all = {
      {"x86", EM_386},       {"x86_64", EM_X86_64},   {"arm", EM_ARM},         {"aarch64", EM_AARCH64},
      {"s390x", EM_S390},    {"powerpc", EM_PPC},     {"powerpc64", EM_PPC64}, {"riscv32", EM_RISCV},
      {"riscv64", EM_RISCV}, {"mips", EM_MIPS},       {"mips32r6", EM_MIPS},   {"mips64", EM_MIPS},
      {"mips64r6", EM_MIPS}, {"sparc64", EM_SPARCV9}, {"m68k", EM_68K},        {"loongarch32", 258},
      {"loongarch64", 258},  {"hexagon", 164},        {"csky", EM_CSKY},       {"avr", EM_AVR},
      {"msp430", EM_MSP430}, {"xtensa", EM_XTENSA},   {"bpf", EM_BPF}};
  return all;
}

const std::map<std::string, int>& pe_machines() {
  static const std::map<std::string, int> all = {
      {"x86", 0x14c}, {"x86_64", 0x8664}, {"arm", 0x1c4}, {"aarch64", 0xaa64}};
  return all;
}

// Unaligned numbers of either byte order; 0 beyond the end.
class Bytes {
 public:
  Bytes(const std::string& data, bool big_endian) : data_(data), big_endian_(big_endian) {}
  std::uint64_t at(std::uint64_t offset, unsigned size) const {
    if (offset > data_.size() || data_.size() - offset < size) return 0;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      auto byte = static_cast<unsigned char>(data_[offset + (big_endian_ ? i : size - 1 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }

 private:
  const std::string& data_;
  bool big_endian_;
};

std::string interpreter_of(const std::string& data, const Bytes& bytes, bool wide) {
  auto table = wide ? bytes.at(32, 8) : bytes.at(28, 4);
  auto size = bytes.at(wide ? 54 : 42, 2), count = bytes.at(wide ? 56 : 44, 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto entry = table + i * size;
    if (bytes.at(entry, 4) != PT_INTERP) continue;
    auto offset = wide ? bytes.at(entry + 8, 8) : bytes.at(entry + 4, 4);
    auto length = wide ? bytes.at(entry + 32, 8) : bytes.at(entry + 16, 4);
    if (offset < data.size() && length > 1 && length <= data.size() - offset)
      return data.substr(offset, length - 1);
  }
  return "";
}

ExecutableFile elf_header(const std::string& data) {
  ExecutableFile file;
  file.format = FileFormat::elf;
  file.bits = data[EI_CLASS] == ELFCLASS64 ? 64 : 32;
  file.big_endian = data[EI_DATA] == ELFDATA2MSB;
  Bytes bytes(data, file.big_endian);
  file.machine = static_cast<int>(bytes.at(18, 2));
  file.interpreter = interpreter_of(data, bytes, file.bits == 64);
  return file;
}

std::string machine_name(int machine) {
  for (const auto& [name, number] : elf_machines())
    if (number == machine) return fmt::format("{} ({})", name, machine);
  return std::to_string(machine);
}

FileFormat format_of(const TripleFacts& triple) {
  if (triple.arch == "wasm32" || triple.arch == "wasm64") return FileFormat::wasm;
  if (triple.os == "windows" || triple.os == "uefi" || triple.os == "cygwin") return FileFormat::pe;
  for (const char* apple : {"macos", "ios", "tvos", "watchos", "visionos"})
    if (triple.os == apple) return FileFormat::mach_o;
  for (const char* other : {"aix", "cuda", "amdhsa", "nto-qnx-none"})
    if (triple.os == other) return FileFormat::other;
  return FileFormat::elf;
}

std::string_view format_name(FileFormat format) {
  switch (format) {
    case FileFormat::elf:
      return "ELF";
    case FileFormat::pe:
      return "PE";
    case FileFormat::mach_o:
      return "Mach-O";
    case FileFormat::wasm:
      return "WebAssembly";
    case FileFormat::other:
      return "a file of no known format";
  }
  return "?";
}

}  // namespace

std::string ExecutableFile::describe() const {
  if (format == FileFormat::elf)
    return fmt::format("ELF {}-bit {}-endian, machine {}", bits, big_endian ? "big" : "little",
                       machine_name(machine));
  if (format == FileFormat::pe) return fmt::format("PE, machine {:#x}", machine);
  return std::string(format_name(format));
}

Result<ExecutableFile> read_executable(const std::filesystem::path& path) {
  TRIPLED_ASSIGN(std::string data, read_file(path));
  auto starts = [&](std::string_view magic) {
    return std::string_view(data).substr(0, magic.size()) == magic;
  };
  if (starts("\x7f"
             "ELF") &&
      data.size() >= sizeof(Elf32_Ehdr))
    return elf_header(data);
  ExecutableFile file;
  Bytes little(data, false);
  if (starts("MZ")) {
    auto header = little.at(0x3c, 4);
    file.format = FileFormat::pe;
    file.machine = static_cast<int>(little.at(header + 4, 2));
  } else if (starts(std::string_view("\0asm", 4))) {
    file.format = FileFormat::wasm;
  } else if (auto magic = little.at(0, 4); magic == 0xfeedface || magic == 0xfeedfacf) {
    file.format = FileFormat::mach_o;
  }
  return file;
}

std::string machine_mismatch(const ExecutableFile& file, const TripleFacts& triple) {
  if (triple.arch.empty()) return "";
  auto expected = format_of(triple);
  if (expected == FileFormat::other) return "";
  if (file.format != expected) return fmt::format("{}, expected {}", file.describe(), format_name(expected));
  const auto& machines = expected == FileFormat::elf ? elf_machines() : pe_machines();
  auto machine = machines.find(triple.arch);
  if ((expected != FileFormat::elf && expected != FileFormat::pe) || machine == machines.end()) return "";
  ExecutableFile wanted = file;
  // SPARC V8+ and V9 share target_arch names with different numbers only on 32 bits, which are not listed.
  wanted.machine = machine->second;
  if (expected == FileFormat::elf) {
    // On s390x, mips64 n32 and x32 the class is the pointer width as well.
    if (triple.pointer_width != 0 && triple.arch != "avr" && triple.arch != "msp430")
      wanted.bits = triple.pointer_width;
    if (!triple.endian.empty()) wanted.big_endian = triple.endian == "big";
  }
  if (wanted.machine == file.machine && wanted.bits == file.bits && wanted.big_endian == file.big_endian)
    return "";
  return fmt::format("{}, expected {}", file.describe(), wanted.describe());
}

namespace {

std::pair<int, int> glibc_version(const std::string& text) {
  int major = 0, minor = 0;
  std::sscanf(text.c_str(), "%d.%d", &major, &minor);
  return {major, minor};
}

// A row of the section table.
struct Section {
  std::uint64_t type = 0, offset = 0, size = 0, link = 0;
};

std::vector<Section> sections_of(const Bytes& bytes, bool wide) {
  std::vector<Section> out;
  auto table = bytes.at(wide ? 40 : 32, wide ? 8 : 4);
  auto entry_size = bytes.at(wide ? 58 : 46, 2), count = bytes.at(wide ? 60 : 48, 2);
  for (std::uint64_t i = 0; i < count && table != 0; ++i) {
    auto entry = table + i * entry_size;
    out.push_back({bytes.at(entry + 4, 4), wide ? bytes.at(entry + 24, 8) : bytes.at(entry + 16, 4),
                   wide ? bytes.at(entry + 32, 8) : bytes.at(entry + 20, 4),
                   bytes.at(entry + (wide ? 40 : 24), 4)});
  }
  return out;
}

// Names in a section of Verneed and Vernaux records, which are alike for both widths.
std::vector<std::string> needed_versions(const std::string& data, const Bytes& bytes, const Section& needs,
                                         const Section& names) {
  std::vector<std::string> out;
  auto need = needs.offset;
  for (std::uint64_t guard = 0; guard < 1000; ++guard) {
    auto count = bytes.at(need + 2, 2);
    auto version = need + bytes.at(need + 8, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
      auto name = names.offset + bytes.at(version + 8, 4);
      if (name < data.size()) out.emplace_back(data.c_str() + name);
      auto next = bytes.at(version + 12, 4);
      if (next == 0) break;
      version += next;
    }
    auto next = bytes.at(need + 12, 4);
    if (next == 0) break;
    need += next;
  }
  return out;
}

}  // namespace

std::string glibc_needed(const std::filesystem::path& path) {
  auto data = read_file(path, 1u << 30);
  if (!data || data->size() < sizeof(Elf32_Ehdr) || data->compare(0, SELFMAG, ELFMAG) != 0) return "";
  auto header = elf_header(*data);
  Bytes bytes(*data, header.big_endian);
  auto sections = sections_of(bytes, header.bits == 64);
  std::string newest;
  for (const auto& section : sections) {
    if (section.type != SHT_GNU_verneed || section.link >= sections.size()) continue;
    for (const auto& name : needed_versions(*data, bytes, section, sections[section.link])) {
      if (name.rfind("GLIBC_", 0) != 0) continue;
      auto version = name.substr(6);
      if (glibc_version(newest) < glibc_version(version)) newest = version;
    }
  }
  return newest;
}

bool glibc_suffices(const std::string& have, const std::string& need) {
  return need.empty() || !(glibc_version(have) < glibc_version(need));
}

}  // namespace tripled::probe
