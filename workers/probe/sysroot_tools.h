// `sysroot:` of the matrix for linker and C compilers. gcc, clang and GNU-like lld take `--sysroot=DIR`, but
// a flag in RUSTFLAGS would silence the project's own `build.rustflags` (cargo book, build.rustflags) and
// CFLAGS would miss the linker. So each tool is put behind a one-line program of the same file name, from
// which rustc infers the linker flavour (rustc book, `linker-flavor`).
#pragma once
#include <filesystem>

#include "schema/base/result.h"
#include "workers/probe/chosen_tools.h"

namespace tripled::probe {

// Puts linker, cc and cxx behind programs below `cache`/linkers that add `--sysroot` and, for clang,
// `--target`. Does nothing where the matrix names no sysroot; leaves tools that take no such flag (link.exe,
// lld-link, wasm-ld) alone. Any thread, any process; equal questions give equal paths. Errors: io.
Status point_at_sysroot(const SetupSpec& spec, const std::filesystem::path& cache, ChosenTools& tools);

}  // namespace tripled::probe
