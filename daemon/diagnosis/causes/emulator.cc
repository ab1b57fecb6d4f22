#include "daemon/diagnosis/causes/emulator.h"

#include <array>

#include "daemon/diagnosis/causes/failure.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

struct Sign {
  std::string_view text;
  Cause cause;
  Confidence confidence;
  std::string_view title;
};

// The first that occurs decides; what the emulator itself says stands before what a guest sees.
constexpr std::array<Sign, 29> kSigns{
    Sign{"unable to find CPU model", Cause::emulator_cpu_model, Confidence::certain,
         "this QEMU does not have the CPU model"},
    Sign{"does not take -cpu", Cause::emulator_cpu_model, Confidence::certain,
         "this QEMU does not have the CPU model"},
    Sign{"the threads probe timed out", Cause::emulator_loader_mix, Confidence::likely,
         "threads never come back under the emulator: loader and libc of different places"},
    Sign{"the fork probe timed out", Cause::emulator_loader_mix, Confidence::likely,
         "fork never comes back under the emulator: loader and libc of different places"},
    Sign{"Unable to reserve 0x", Cause::emulator_memory, Confidence::certain,
         "QEMU could not reserve the guest's address space"},
    Sign{"Invalid ELF image for this architecture", Cause::emulator_exec_format, Confidence::certain,
         "the program is of another machine than the emulator's"},
    Sign{": Could not open '/lib", Cause::emulator_loader_mix, Confidence::certain,
         "the guest's loader is not below the emulator's prefix"},
    Sign{"qemu: Unsupported syscall", Cause::emulator_syscall, Confidence::certain,
         "a system call that the emulator does not implement"},
    Sign{"qemu: unhandled CPU exception", Cause::emulator_cpu_model, Confidence::likely,
         "an instruction that the emulated CPU does not have"},
    Sign{"uncaught target signal 4", Cause::emulator_cpu_model, Confidence::likely,
         "an instruction that the emulated CPU does not have"},
    Sign{"killed by signal 4", Cause::emulator_cpu_model, Confidence::likely,
         "an instruction that the emulated CPU does not have"},
    Sign{"Unable to find a guest_base", Cause::emulator_memory, Confidence::certain,
         "QEMU found no room for the guest's addresses"},
    Sign{"qemu: could not allocate", Cause::emulator_memory, Confidence::likely,
         "QEMU had no memory for the guest"},
    Sign{"symbol lookup error:", Cause::emulator_loader_mix, Confidence::likely,
         "loader and libraries of the guest do not fit together"},
    Sign{"version `GLIBC_PRIVATE'", Cause::emulator_loader_mix, Confidence::likely,
         "loader and libc of the guest do not come from one place"},
    Sign{"version `GLIBC_", Cause::glibc_too_new, Confidence::likely,
         "the program was linked against a newer glibc than the emulator's prefix has"},
    Sign{"error while loading shared libraries:", Cause::emulator_loader_mix, Confidence::likely,
         "the guest's loader does not find a library"},
    Sign{"Function not implemented", Cause::emulator_syscall, Confidence::likely,
         "a system call that the emulator does not implement (ENOSYS)"},
    Sign{"(os error 38)", Cause::emulator_syscall, Confidence::likely,
         "a system call that the emulator does not implement (ENOSYS)"},
    Sign{"code: 38,", Cause::emulator_syscall, Confidence::likely,
         "a system call that the emulator does not implement (ENOSYS)"},
    Sign{"ENOSYS", Cause::emulator_syscall, Confidence::likely,
         "a system call that the emulator does not implement (ENOSYS)"},
    Sign{"(os error 92)", Cause::emulator_syscall, Confidence::likely,
         "an option of a socket that the emulator does not pass on (ENOPROTOOPT)"},
    Sign{"code: 92,", Cause::emulator_syscall, Confidence::likely,
         "an option of a socket that the emulator does not pass on (ENOPROTOOPT)"},
    Sign{"Exec format error", Cause::emulator_exec_format, Confidence::likely,
         "the test starts a program of the guest's machine from inside the emulator"},
    Sign{"(os error 8)", Cause::emulator_exec_format, Confidence::likely,
         "the test starts a program of the guest's machine from inside the emulator"},
    Sign{"code: 8, kind", Cause::emulator_exec_format, Confidence::likely,
         "the test starts a program of the guest's machine from inside the emulator"},
    Sign{"unix_wait_status(32256)", Cause::emulator_exec_format, Confidence::likely,
         "a program that the test started could not be executed inside the emulator (exit status 126)"},
    Sign{"exit status: 127", Cause::emulator_exec_format, Confidence::likely,
         "a program that the test started could not be executed inside the emulator (exit status 127)"},
    Sign{"unix_wait_status(32512)", Cause::emulator_exec_format, Confidence::likely,
         "a program that the test started could not be executed inside the emulator (exit status 127)"}};

// posix_spawn of a program that is not there succeeds under QEMU, and the child ends with 127: an error that
// is expected is none. `expect_err` puts its own words before the value.
std::optional<EmulatorSign> spawn_sign(std::string_view text) {
  bool said = contains_any(
      text, {".spawn().is_err()", ".status().is_err()", ".output().is_err()", "spawn().unwrap_err()",
             "on an `Ok` value: Child", "on an `Ok` value: ExitStatus(unix_wait_status(32512))",
             "on an `Ok` value: Output { status: ExitStatus(unix_wait_status(32512))"});
  bool own_words = contains_any(text, {": ExitStatus(unix_wait_status(32512))\n", ": Child { stdin: "}) &&
                   contains(text, "panicked at");
  if (!said && !own_words) return std::nullopt;
  auto line = line_with(text, "is_err()");
  if (line.empty()) line = line_with(text, "unix_wait_status");
  return EmulatorSign{Cause::emulator_spawn, said ? Confidence::likely : Confidence::guess,
                      "starting a missing program succeeds under the emulator (vfork)", line};
}

}  // namespace

std::optional<EmulatorSign> emulator_sign(std::string_view text) {
  auto spawn = spawn_sign(text);
  for (const auto& sign : kSigns) {
    if (!contains(text, sign.text)) continue;
    if (spawn && sign.cause == Cause::emulator_exec_format) return spawn;
    return EmulatorSign{sign.cause, sign.confidence, std::string(sign.title), line_with(text, sign.text)};
  }
  return spawn;
}

// They stand together in the list of causes.
bool is_of_emulator(Cause cause) {
  return cause >= Cause::emulator_syscall && cause <= Cause::emulator_memory;
}

}  // namespace tripled::diagnosis
