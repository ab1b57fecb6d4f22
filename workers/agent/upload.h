// Logs and evidence to the daemon: HTTP PUT /blobs/<SHA-256>, blocking, from a slot's thread.
#pragma once
#include <functional>

#include "schema/model/result.h"
#include "workers/agent/connection.h"

namespace tripled::agent {

// Compressed with zstd, named by the hash of what is stored. Retried a few times, but not after a 4xx, and
// for minutes while the daemon has no room, unless `give_up` says otherwise; the error says what failed last.
Result<BlobRef> upload_blob(const DaemonAddress& address, std::string_view content,
                            const std::function<bool()>& give_up);

}  // namespace tripled::agent
