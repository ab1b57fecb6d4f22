#include <algorithm>
#include <thread>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/wire/http_range.h"
#include "workers/agent/http.h"
#include "workers/agent/patience.h"
#include "workers/agent/transfer.h"

namespace tripled::agent {

namespace fs = std::filesystem;

namespace {

constexpr auto kLockPause = std::chrono::milliseconds(200);

std::uint64_t size_of(const fs::path& path) {
  std::error_code ec;
  auto size = fs::file_size(path, ec);
  return ec ? 0 : size;
}

Result<bool> is_complete(const fs::path& path, const BlobRef& ref) {
  std::error_code ec;
  if (!fs::is_regular_file(path, ec) || size_of(path) != ref.size) return false;
  TRIPLED_ASSIGN(auto hash, sha256_file(path));
  return hash == ref.hash;
}

// One download: what lies in the part file decides what comes next.
class Download {
 public:
  Download(const DaemonAddress& address, const BlobRef& ref, fs::path to,
           const std::function<bool()>& give_up)
      : client_(address), ref_(ref), to_(std::move(to)), part_(to_.string() + ".part"), give_up_(give_up) {}

  // With the part file locked.
  Status run() {
    Patience patience(give_up_);
    auto best = size_of(part_);
    while (!give_up_()) {
      const auto held = size_of(part_);
      std::optional<Failure> failure;
      if (held < ref_.size) {
        failure = get(held);
      } else {
        TRIPLED_ASSIGN(bool complete, is_complete(part_, ref_));
        if (complete) return publish();
        failure = Failure{Error(ErrorKind::io, "blob " + ref_.hash + " came with other bytes")};
        std::error_code ec;
        fs::resize_file(part_, 0, ec);  // in place: the lock is on it
        if (ec) return Error(ErrorKind::io, "emptying " + part_.string() + ": " + ec.message());
      }
      if (size_of(part_) > best) patience.progressed();
      best = std::max(best, size_of(part_));
      if (failure && !patience.lasts(*failure)) return failure->error;
    }
    return nobody_waits(ref_);
  }

 private:
  Status publish() {
    TRIPLED_TRY(sync_path(part_));
    std::error_code ec;
    fs::rename(part_, to_, ec);
    if (ec) return Error(ErrorKind::io, "renaming to " + to_.string() + ": " + ec.message());
    return sync_path(to_.parent_path());
  }

  std::optional<Failure> get(std::uint64_t held) {
    auto reply =
        client_.call({"GET", "/blobs/" + ref_.hash, {{"Range", "bytes=" + std::to_string(held) + "-"}}});
    if (!reply) return Failure{reply.error().with("downloading")};
    if (reply->status != 206) return refused("downloading blob " + ref_.hash, *reply);
    auto range = wire::parse_content_range(reply->headers["content-range"]);
    if (!range || range->first != held || range->size != reply->body.size() || range->total != ref_.size)
      return Failure{Error(ErrorKind::protocol, "downloading blob " + ref_.hash + ": it should have " +
                                                    std::to_string(ref_.size) + " bytes, the daemon sent `" +
                                                    reply->headers["content-range"] + "`")};
    if (auto added = append_file(part_, reply->body); !added) return Failure{added.error(), true};
    return std::nullopt;
  }

  HttpClient client_;
  const BlobRef& ref_;
  const fs::path to_, part_;
  const std::function<bool()>& give_up_;
};

}  // namespace

Status download_blob(const DaemonAddress& address, const BlobRef& ref, const fs::path& to,
                     const std::function<bool()>& give_up) {
  const fs::path part = to.string() + ".part";
  TRIPLED_TRY(make_directories(to.parent_path()));
  for (;; std::this_thread::sleep_for(kLockPause)) {
    TRIPLED_ASSIGN(bool there, is_complete(to, ref));
    if (there) return {};
    if (give_up()) return nobody_waits(ref);
    auto lock = FileLock::acquire(part, FileLock::Wait::no);
    if (!lock && lock.error().kind() != ErrorKind::conflict) return lock.error();
    if (!lock) continue;  // somebody else downloads it
    TRIPLED_ASSIGN(there, is_complete(to, ref));
    auto status = there ? Status() : Download(address, ref, to, give_up).run();
    std::error_code ec;
    if (size_of(part) == 0) fs::remove(part, ec);
    return status;
  }
}

}  // namespace tripled::agent
