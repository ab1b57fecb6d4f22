// A stored log as text.
#pragma once
#include <string>

#include "schema/base/result.h"

namespace tripled::cli {

// One zstd frame with its size in it, as workers store logs. store error: it is none.
Result<std::string> unpack_log(const std::string& frame);

// On standard output; unless `raw`, without what would steer a terminal.
void print_log(const std::string& text, bool raw);

// `=== s390x-unknown-linux-gnu execute, shard 2, attempt 2 (verification)`; `shard` from 0, which is not
// named.
std::string log_heading(const std::string& subject, const std::string& stage, std::int64_t shard,
                        std::int64_t attempt, const std::string& reason);

}  // namespace tripled::cli
