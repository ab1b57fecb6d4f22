// The sources of a `path` project, sent to a daemon elsewhere: packed by the local worker as a sweep here
// would use them, and sent by their hash. Blocks.
#pragma once
#include "daemon/app/service/planning.h"
#include "daemon/cli/paths.h"
#include "daemon/cli/remote.h"
#include "daemon/cli/terminal.h"
#include "schema/model/upload.h"

namespace tripled::cli {

// `request` is complete. Nothing is sent that the daemon has; a cut is gone on from. usage error: the daemon
// refuses (no right, too large), or there is no project; tool error: no byte gets through.
Result<Upload> send_sources(const Remote& remote, const app::MatrixRequest& request, const Paths& paths,
                            const Terminal& terminal);

// The part of it that speaks to the daemon: a file, known by the hash of its bytes. Returns hash and size.
Result<BlobRef> send_file(const Remote& remote, const std::filesystem::path& file);

}  // namespace tripled::cli
