// What the probes of this folder get from the worker. Nothing else of the worker's process (environment,
// directory) reaches a probe. A context may be shared by several set_up() calls at once when its functions
// may.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "workers/exec/cancel_token.h"
#include "workers/exec/process.h"
#include "workers/toolchain/ensure_std.h"

namespace tripled::probe {

struct ProbeContext {
  std::filesystem::path cache;  // preflight/ and scratch directories below it
  exec::ShimPath shim;
  std::map<std::string, std::string> environment;  // the worker's own; PATH decides which programs are found
  exec::CancelToken& cancel;
  std::function<void(std::string)> progress;  // "building std for …"; may be empty
  // StdProvider::ensure(), or a stand-in.
  std::function<toolchain::StdResult(const toolchain::StdRequest&)> ensure_std;
  bool use_cached = true;  // false: probe again and replace what is cached

  std::string path() const {
    auto found = environment.find("PATH");
    return found == environment.end() ? std::string() : found->second;
  }
  void say(std::string text) const {
    if (progress) progress(std::move(text));
  }
};

}  // namespace tripled::probe
