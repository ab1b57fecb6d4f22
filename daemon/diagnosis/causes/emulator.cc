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
constexpr std::array<Sign, 20> kSigns{
    Sign{"unable to find CPU model", Cause::emulator_cpu_model, Confidence::certain,
         "this QEMU does not have the CPU model"},
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
    Sign{"qemu: could not allocate", Cause::emulator_memory, Confidence::likely,
         "QEMU had no memory for the guest"},
    Sign{"symbol lookup error:", Cause::emulator_loader_mix, Confidence::likely,
         "loader and libraries of the guest do not fit together"},
    Sign{"version `GLIBC_", Cause::emulator_loader_mix, Confidence::likely,
         "the guest's loader found a libc that is too old"},
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
    Sign{"Exec format error", Cause::emulator_exec_format, Confidence::likely,
         "the test starts a program of the guest's machine from inside the emulator"},
    Sign{"(os error 8)", Cause::emulator_exec_format, Confidence::likely,
         "the test starts a program of the guest's machine from inside the emulator"},
    Sign{"code: 8, kind", Cause::emulator_exec_format, Confidence::likely,
         "the test starts a program of the guest's machine from inside the emulator"},
    Sign{"exit status: 127", Cause::emulator_exec_format, Confidence::likely,
         "a program that the test started could not be executed inside the emulator (exit status 127)"}};

}  // namespace

std::optional<EmulatorSign> emulator_sign(std::string_view text) {
  for (const auto& sign : kSigns)
    if (contains(text, sign.text))
      return EmulatorSign{sign.cause, sign.confidence, std::string(sign.title), line_with(text, sign.text)};
  // posix_spawn of a program that is not there succeeds under QEMU.
  if (contains_any(
          text, {".spawn().is_err()", ".status().is_err()", ".output().is_err()", "spawn().unwrap_err()"}) ||
      (contains(text, "unwrap_err()` on an `Ok` value: Child")) ||
      contains(text, "on an `Ok` value: Child {"))
    return EmulatorSign{Cause::emulator_spawn, Confidence::likely,
                        "starting a missing program succeeds under the emulator (vfork)",
                        line_with(text, "is_err()")};
  return std::nullopt;
}

// They stand together in the list of causes.
bool is_of_emulator(Cause cause) {
  return cause >= Cause::emulator_syscall && cause <= Cause::emulator_memory;
}

}  // namespace tripled::diagnosis
