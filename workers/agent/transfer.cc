#include "workers/agent/transfer.h"

#include <zstd.h>

#include <algorithm>
#include <charconv>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "schema/wire/http_range.h"
#include "workers/agent/http.h"
#include "workers/agent/patience.h"

namespace tripled::agent {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// What is smaller is lost with its connection as a whole; so much is on its way at any moment anyway.
constexpr std::size_t kWhole = 64u << 10;
// The daemon reads and syncs the whole file before it answers for the last part.
constexpr auto kPatienceAtTheEnd = 15min;

std::string compress(std::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  auto size = ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3);
  TRIPLED_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

std::optional<std::uint64_t> offset_in(const HttpReply& reply) {
  auto found = reply.headers.find(to_lower(wire::upload_offset_header));
  if (found == reply.headers.end()) return std::nullopt;
  std::uint64_t out = 0;
  const auto* end = found->second.data() + found->second.size();
  auto [parsed, ec] = std::from_chars(found->second.data(), end, out);
  if (ec != std::errc{} || parsed != end) return std::nullopt;
  return out;
}

Status put_whole(HttpClient& client, const BlobRef& ref, std::string_view body,
                 const std::function<bool()>& give_up) {
  for (Patience patience(give_up);;) {
    auto reply = client.call({"PUT", "/blobs/" + ref.hash, {}, body});
    if (reply && reply->status / 100 == 2) return {};
    auto failure = reply ? refused("uploading", *reply) : Failure{reply.error().with("uploading")};
    if (!patience.lasts(failure)) return failure.error;
  }
}

// One upload in parts: what the daemon holds decides what comes next.
class PartsUpload {
 public:
  using ReadPart = std::function<Result<std::string>(std::uint64_t offset, std::size_t size)>;
  // `held`: how much the daemon probably has; none: it is asked.
  PartsUpload(HttpClient& client, BlobRef ref, ReadPart read, const std::function<bool()>& give_up,
              std::optional<std::uint64_t> held = {})
      : client_(client), ref_(std::move(ref)), read_(std::move(read)), give_up_(give_up), held_(held) {}

  Status run() {
    Patience patience(give_up_);
    while (!done_) {
      if (give_up_()) return nobody_waits(ref_);
      const auto best = best_;
      auto failure = held_ ? put() : ask();
      if (best_ > best) patience.progressed();
      if (failure && !patience.lasts(*failure)) return failure->error;
    }
    return {};
  }

 private:
  void holds(std::optional<std::uint64_t> offset) {
    held_ = offset && *offset <= ref_.size ? offset : std::nullopt;
    if (held_) best_ = std::max(best_, *held_);
  }

  std::optional<Failure> ask() {
    auto reply = client_.call({"HEAD", target_});
    if (!reply) return Failure{reply.error().with("uploading")};
    if (reply->status == 200) {
      done_ = true;
      return std::nullopt;
    }
    holds(reply->status == 404 ? offset_in(*reply) : std::nullopt);
    if (!held_) return refused("asking how much was uploaded", *reply);
    return std::nullopt;
  }

  std::optional<Failure> put() {
    const wire::ContentRange range{*held_, std::min<std::uint64_t>(wire::max_part_bytes, ref_.size - *held_),
                                   ref_.size};
    auto part = read_(range.first, range.size);
    if (!part) return Failure{part.error(), true};
    if (part->size() != range.size)
      return Failure{Error(ErrorKind::io, "blob " + ref_.hash + " became shorter while it was sent"), true};
    HttpCall call{"PUT", target_, {{"Content-Range", wire::to_text(range)}}, *part};
    call.once = true;
    if (range.first + range.size == ref_.size) call.patience = kPatienceAtTheEnd;
    auto reply = client_.call(call);
    held_.reset();  // unless it says so, it is asked again
    if (!reply) return Failure{reply.error().with("uploading")};
    if (reply->status == 204) done_ = true;
    if (reply->status == 202) holds(offset_in(*reply));
    if (reply->status / 100 == 2) return std::nullopt;
    auto failure = refused("uploading", *reply);
    // Another upload of the same bytes went on, or what was there before had other bytes and was thrown away.
    if (reply->status == 409 || reply->status == 400) failure.final = false;
    holds(offset_in(*reply));
    return failure;
  }

  HttpClient& client_;
  const BlobRef ref_;
  const ReadPart read_;
  const std::function<bool()>& give_up_;
  const std::string target_ = "/blobs/" + ref_.hash;
  std::optional<std::uint64_t> held_;
  std::uint64_t best_ = 0;
  bool done_ = false;
};

}  // namespace

Result<BlobRef> upload_blob(HttpClient& client, std::string_view content,
                            const std::function<bool()>& give_up) {
  const std::string body = compress(content);
  BlobRef ref{sha256_hex(body), body.size()};
  if (body.size() <= kWhole) {
    TRIPLED_TRY(put_whole(client, ref, body, give_up));
    return ref;
  }
  auto read = [&](std::uint64_t offset, std::size_t size) -> Result<std::string> {
    return body.substr(offset, size);
  };
  TRIPLED_TRY(PartsUpload(client, ref, read, give_up, 0).run());
  return ref;
}

Result<BlobRef> upload_file(const DaemonAddress& address, const fs::path& file,
                            const std::function<bool()>& give_up) {
  TRIPLED_ASSIGN(auto hash, sha256_file(file));
  std::error_code ec;
  BlobRef ref{hash, fs::file_size(file, ec)};
  if (ec) return Error(ErrorKind::io, file.string() + ": " + ec.message());
  HttpClient client(address);
  auto read = [&](std::uint64_t offset, std::size_t size) { return read_file_part(file, offset, size); };
  TRIPLED_TRY(PartsUpload(client, ref, read, give_up).run());
  return ref;
}

}  // namespace tripled::agent
