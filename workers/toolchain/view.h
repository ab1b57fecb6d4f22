// A toolchain view: a sysroot that joins a toolchain's host std with the stds of other triples, so that
// stable rustc sees an ordinary toolchain with many triples:
//   <cache>/views/<rustc id>-<hash>[.N]/{bin/rustc, bin/rustdoc, wrapper.conf,
//   lib/rustlib/{etc,src,<triple>…}}
// bin/* are copies of the program tripled-rustc (wrapper/main.cc), which runs the real one with `--sysroot
// VIEW`. A view's path is stable per toolchain (cargo caches what it asked a rustc by its path). A triple's
// link is never changed under a job that uses it: then the next generation (.2, .3) of the view is taken.
// Thread-safe.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "schema/model/toolchain.h"

namespace tripled::toolchain {

struct View {
  std::filesystem::path dir;
  std::filesystem::path rustc, rustdoc;  // dir/bin/…; rustdoc empty when the toolchain has none
  // While it lives, the view's links of the triples asked for do not change.
  std::shared_ptr<std::vector<FileLock>> hold;
};

struct ViewRequest {
  const ToolchainFacts& toolchain;
  std::string host_std_hash;                 // part of the name: another host std makes another view
  std::string variant;                       // keeps `std: build` and `std: core` apart from `auto`
  std::map<std::string, std::string> links;  // triple -> directory that has lib/
};

// Makes or completes the view. `wrapper` is the program tripled-rustc. Errors: io, tool (no wrapper).
Result<View> open_view(const ViewRequest& request, const std::filesystem::path& cache,
                       const std::filesystem::path& wrapper);
// Takes hold of links an earlier open_view() made. Errors: conflict (a link leads elsewhere by now: open
// again).
Result<std::shared_ptr<std::vector<FileLock>>> hold_view(const std::filesystem::path& view,
                                                         const std::map<std::string, std::string>& links);

// tripled-rustc beside this program, in toolchain/ below it, or in ../lib/tripled; empty: not found.
std::filesystem::path find_wrapper();

}  // namespace tripled::toolchain
