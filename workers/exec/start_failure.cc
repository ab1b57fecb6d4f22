#include "workers/exec/start_failure.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "schema/base/text.h"
#include "workers/exec/unique_fd.h"

namespace tripled::exec {
namespace {

std::string read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string out(size, '\0');
  auto n = ::pread(fd, out.data(), size, static_cast<off_t>(offset));
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return out;
}

// Fields of an ELF file of either width and byte order.
struct ElfView {
  bool wide;
  bool big_endian;

  std::optional<std::uint64_t> number(std::string_view bytes, std::size_t offset, std::size_t width) const {
    if (offset + width > bytes.size()) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      auto byte = static_cast<unsigned char>(bytes[offset + (big_endian ? i : width - 1 - i)]);
      value = (value << 8) | byte;
    }
    return value;
  }
};

std::optional<ElfView> elf_view(std::string_view header) {
  if (header.size() < EI_NIDENT || header.substr(0, SELFMAG) != ELFMAG) return std::nullopt;
  return ElfView{header[EI_CLASS] == ELFCLASS64, header[EI_DATA] == ELFDATA2MSB};
}

std::optional<std::string> elf_interpreter(int fd, std::string_view header, const ElfView& elf) {
  auto table = elf.number(header, elf.wide ? 32 : 28, elf.wide ? 8 : 4);
  auto entry_size = elf.number(header, elf.wide ? 54 : 42, 2);
  auto count = elf.number(header, elf.wide ? 56 : 44, 2);
  if (!table || !entry_size || !count) return std::nullopt;
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto entry = read_at(fd, *table + i * *entry_size, *entry_size);
    auto type = elf.number(entry, 0, 4);
    if (!type) return std::nullopt;
    if (*type != PT_INTERP) continue;
    auto offset = elf.number(entry, elf.wide ? 8 : 4, elf.wide ? 8 : 4);
    auto size = elf.number(entry, elf.wide ? 32 : 16, elf.wide ? 8 : 4);
    if (!offset || !size || *size > 4096) return std::nullopt;
    auto path = read_at(fd, *offset, *size);
    path.resize(std::strlen(path.c_str()));
    return path;
  }
  return std::nullopt;
}

std::string describe_format(const std::string& program) {
  UniqueFd fd(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  auto header = fd.open() ? read_at(fd.get(), 0, 64) : std::string();
  auto elf = elf_view(header);
  if (!elf) return "neither ELF nor a script with `#!`";
  auto machine = elf->number(header, 18, 2);
  return fmt::format("{}-bit {}-endian ELF for machine {}", elf->wide ? 64 : 32,
                     elf->big_endian ? "big" : "little", machine.value_or(0));
}

StartProblem explain_exec(int error, const Command& command) {
  const auto& program = command.argv.front();
  const auto prefix = "cannot start " + program + ": ";
  if (error == ENOENT && ::access(program.c_str(), F_OK) == 0) {
    auto interpreter = find_interpreter(program);
    return {StartFailure::no_interpreter,
            prefix + "its interpreter " + interpreter.value_or("(unknown)") + " is missing"};
  }
  if (error == ENOENT || error == ENOTDIR) return {StartFailure::no_program, prefix + std::strerror(error)};
  if (error == ENOEXEC)
    return {StartFailure::wrong_format,
            prefix + "this machine cannot execute it: " + describe_format(program)};
  if (error == EACCES || error == EPERM) return {StartFailure::no_permission, prefix + std::strerror(error)};
  return {StartFailure::other, prefix + std::strerror(error)};
}

}  // namespace

std::optional<std::string> find_interpreter(const std::filesystem::path& program) {
  UniqueFd fd(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return std::nullopt;
  auto header = read_at(fd.get(), 0, 256);
  if (header.starts_with("#!")) {
    auto words = split_words(std::string_view(header).substr(2, header.find('\n') - 2));
    if (words.empty()) return std::nullopt;
    return words.front();
  }
  auto elf = elf_view(header);
  if (!elf) return std::nullopt;
  return elf_interpreter(fd.get(), header, *elf);
}

StartProblem explain_start_failure(StartStep step, int error, const Command& command) {
  switch (step) {
    case StartStep::fork:
      return {StartFailure::other, std::string("cannot create a process: ") + std::strerror(error)};
    case StartStep::session:
      return {StartFailure::other, std::string("cannot start a session: ") + std::strerror(error)};
    case StartStep::directory:
      return {StartFailure::no_directory,
              "cannot enter " + command.cwd.string() + ": " + std::strerror(error)};
    case StartStep::mounts:
      return {StartFailure::no_directory, "cannot show it " + command.mounts.front().at.string() +
                                              " in a mount namespace of its own: " + std::strerror(error)};
    case StartStep::exec:
      return explain_exec(error, command);
  }
  return {};
}

}  // namespace tripled::exec
