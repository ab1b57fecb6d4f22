#include "daemon/store/blob_copies.h"

#include <unistd.h>

#include <cerrno>

#include "schema/base/file.h"
#include "schema/base/hash.h"

namespace tripled::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* select_naming =
    "SELECT j.sweep, coalesce(j.cell, b.setup_key, ''), coalesce(j.stage, b.kind, '') FROM attempts a "
    "JOIN jobs j ON j.id = a.job LEFT JOIN batches b ON b.id = j.batch "
    "WHERE a.log_hash = ?1 OR a.evidence_hash = ?1 "
    "UNION ALL SELECT sweep, key, 'setup' FROM setups WHERE log_hash = ?1 "
    "UNION ALL SELECT id, '', 'prepare' FROM sweeps WHERE prepare_log = ?1 LIMIT 1";

// False: the bytes have to be copied.
bool link_file(const fs::path& from, const fs::path& to) {
  return ::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST;
}

Status copy_bytes(const fs::path& from, const fs::path& to) {
  auto unfinished = to;
  unfinished += ".tmp";
  std::error_code ec;
  fs::copy_file(from, unfinished, fs::copy_options::overwrite_existing, ec);
  if (ec) return Error(ErrorKind::io, "copying to " + to.string() + ": " + ec.message());
  TRIPLED_TRY(sync_path(unfinished));
  fs::rename(unfinished, to, ec);
  if (ec) return Error(ErrorKind::io, "renaming to " + to.string() + ": " + ec.message());
  return {};
}

}  // namespace

Result<BlobCopies> copy_blobs(const std::vector<BlobRow>& rows, const BlobStore& from, const BlobStore& to) {
  BlobCopies out;
  std::set<fs::path> directories;
  for (const BlobRow& row : rows) {
    TRIPLED_ASSIGN(auto source, from.path_of(row.hash));
    TRIPLED_ASSIGN(auto target, to.path_of(row.hash));
    out.bytes += row.size;
    if (to.has(row.hash)) {
      ++out.there;
      continue;
    }
    auto real = sha256_file(source);
    if (!real || *real != row.hash) {
      out.bytes -= row.size;
      out.missing.push_back({row, from.has(row.hash) ? "damaged" : "not there", ""});
      continue;
    }
    TRIPLED_TRY(make_directories(target.parent_path()));
    if (!link_file(source, target)) TRIPLED_TRY(copy_bytes(source, target));
    directories.insert(target.parent_path());
    ++out.made;
  }
  for (const auto& directory : directories) TRIPLED_TRY(sync_path(directory));
  return out;
}

Status name_missing(Connection& db, std::vector<MissingBlob>& missing) {
  for (MissingBlob& blob : missing)
    TRIPLED_TRY(db.execute(select_naming, {blob.blob.hash}, [&](Row& row) {
      blob.named_by = "sweep " + row.text(0);
      for (int column : {1, 2})
        if (auto text = row.text(column); !text.empty()) blob.named_by += ", " + text;
    }));
  return {};
}

Result<std::vector<BlobRow>> blob_rows(Connection& db) {
  std::vector<BlobRow> out;
  TRIPLED_TRY(db.execute("SELECT hash, size, kind, created_at FROM blobs ORDER BY hash", {}, [&](Row& row) {
    out.push_back(
        {row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.word<BlobClass>(2), row.integer(3)});
  }));
  return out;
}

}  // namespace tripled::store
