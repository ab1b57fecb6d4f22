// The JSON of `rustc -Zunstable-options --print all-target-specs-json`, made into TripleFacts: pure.
#pragma once
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/toolchain.h"

namespace tripled::toolchain {

// Sorted by name, without `dist` and `cfg`. Defaults are rustc's own (endian little, os none). Where the
// metadata does not say whether a std exists, one is assumed unless the triple has no operating system.
// Errors: protocol.
Result<std::vector<TripleFacts>> parse_target_specs(std::string_view text);
// The same from `--print target-list`, for a rustc too old for the JSON: names, and what cfg tells later.
std::vector<TripleFacts> triples_from_list(std::string_view text);
// Arch, os, env, endian, pointer width and (by os) std of a triple that only its cfg lines describe.
void fill_from_cfg(TripleFacts& facts, const std::vector<std::string>& cfg);

}  // namespace tripled::toolchain
