// A RunTool (tools.h) on top of workers/exec: every tool runs under the shim, with its output bounded.
#pragma once
#include <cstddef>

#include "workers/exec/cancel_token.h"
#include "workers/exec/process.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

// `cancel` must outlive the function. At most `max_output` bytes of each stream are kept, half from its
// beginning and half from its end; `--print all-target-specs-json` and cargo's artifact messages need a few
// hundred KiB.
RunTool tools_from_exec(exec::ShimPath shim, exec::CancelToken& cancel, std::size_t max_output = 8u << 20);

}  // namespace tripled::toolchain
