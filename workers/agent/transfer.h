// Bulk data between worker and daemon: HTTP /blobs/<SHA-256>, blocking, from a slot's thread. Large files
// cross in parts and go on after a cut (schema/wire/http_range.h).
#pragma once
#include <filesystem>
#include <functional>

#include "schema/model/result.h"
#include "workers/agent/address.h"
#include "workers/agent/http.h"

namespace tripled::agent {

// Logs and evidence. Compressed with zstd, named by the hash of what is stored; above 64 KiB one goes on at
// the byte where a connection was cut. Retried a few times, but not after a 4xx, and for minutes while the
// daemon has no room, unless `give_up` says otherwise; the error says what failed last.
Result<BlobRef> upload_blob(HttpClient& client, std::string_view content,
                            const std::function<bool()>& give_up);

// A file as it is, such as an archive that is compressed already: what it is named by is the hash of its
// bytes. Nothing is sent that the daemon has. Goes on where a connection was cut; as long as bytes get
// through it is tried again. cancelled: `give_up` said so, which is asked before each part.
Result<BlobRef> upload_file(const DaemonAddress& address, const std::filesystem::path& file,
                            const std::function<bool()>& give_up);

// What a live lease names, to the file `to`: complete, verified and synced, or not there. What came so far
// waits beside it in `to`.part, also for the next call. Two calls for one `to` share the work. Errors as for
// upload_file; io error too when the daemon refuses or its bytes have another hash again and again.
Status download_blob(const DaemonAddress& address, const BlobRef& ref, const std::filesystem::path& to,
                     const std::function<bool()>& give_up);

}  // namespace tripled::agent
