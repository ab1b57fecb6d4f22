// QEMU user mode as runner of a triple: binary, sysroot, CPU model that the installed QEMU takes, and the
// cure of the loader/libc mixture. Blocks; one thread.
#pragma once
#include "workers/probe/runner_probe.h"

namespace tripled::probe {

// Fills runner, env, `emulated`, versions and notes of the choice; kind stays none when it does not work.
void try_qemu(const RunnerQuestion& question, RunnerChoice& choice, ProbeShell& shell);

// "7.2.22" from the first line of `qemu-s390x --version`; empty: not recognised.
std::string qemu_version(std::string_view output);
// `wanted` is a prefix by components: "8", "8.2", "8.2.1" fit 8.2.1.
bool version_fits(const std::string& version, const std::string& wanted);

}  // namespace tripled::probe
