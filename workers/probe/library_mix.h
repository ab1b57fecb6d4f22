// The trap of `qemu -L` on a machine with multiarch libraries (reference/field.md 5.1): the loader comes from
// the sysroot, libc from /lib/<multiarch>, because the loader's default path does not exist below the prefix.
// Single-threaded programs work, fork and threads never return. Seen in what QEMU itself prints under
// QEMU_STRACE: cheap, and before anything hangs. Pure but for looking whether files exist (qemu, util/path.c:
// prefix + path where that exists).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripled::probe {

struct LibraryMix {
  std::string loader, libc;  // files of this machine that the program really got
  bool mixed = false;        // one is in the sysroot, the other is not
};

// `strace`: stderr of a run with QEMU_STRACE set. `interpreter`: the program's PT_INTERP. nullopt: the
// program opened no libc (static, or it did not get that far).
std::optional<LibraryMix> find_library_mix(std::string_view strace, const std::string& sysroot,
                                           const std::string& interpreter);

// Paths that the guest opened with success, as the guest named them, in order.
std::vector<std::string> opened_paths(std::string_view strace);

// "libc6:arm64" for a file the Debian package manager knows; the file's path elsewhere. Reads dpkg's lists.
std::string owner_of(const std::string& file);

}  // namespace tripled::probe
