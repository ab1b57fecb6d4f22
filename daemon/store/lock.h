// One daemon per database: a lock file beside it that says who holds it. Private to daemon/store.
#pragma once
#include <filesystem>
#include <string>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace tripled::store {

// conflict: somebody else holds it; the message says who, since when, and what to do.
Result<FileLock> lock_database(const std::filesystem::path& database, const std::string& who);

}  // namespace tripled::store
