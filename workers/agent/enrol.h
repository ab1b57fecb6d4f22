// The worker's own token: kept below its state, readable for its user alone; got for a token that is good
// once. Any thread; `enrol` blocks.
#pragma once
#include <filesystem>
#include <string>

#include "schema/base/result.h"
#include "workers/agent/address.h"

namespace tripled::agent {

// Of an earlier enrolment; empty: there was none. io error: it is there and cannot be read.
Result<std::string> own_token(const std::filesystem::path& state);

// Exchanges `daemon.token`, which is good once, and keeps what it gets before it returns it. Nothing is
// exchanged where it could not be kept. usage error: the daemon refuses, and says why. io error: nobody
// answered, or the new token could not be kept after all; the message says what to do then.
Result<std::string> enrol(const DaemonAddress& daemon, const std::string& worker,
                          const std::filesystem::path& state);

}  // namespace tripled::agent
