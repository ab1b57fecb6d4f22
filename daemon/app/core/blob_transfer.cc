#include "daemon/app/core/blob_transfer.h"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "schema/base/failpoint.h"
#include "schema/base/text.h"
#include "schema/wire/http_range.h"

namespace tripled::app {

namespace asio = boost::asio;
using net::HttpResponse;

namespace {

constexpr std::string_view kPrefix = "/blobs/";
// Whoever began an upload and was not seen for so long has given it up.
constexpr std::chrono::hours kUploadAge{24};

HttpResponse said(unsigned status, const std::string& text) { return {status, "text/plain", text + "\n"}; }

bool is_no_space(const std::string& message) {
  return contains(message, std::strerror(ENOSPC)) || contains(message, std::strerror(EDQUOT));
}

HttpResponse refused(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::protocol:
      return said(400, error.message());
    case ErrorKind::conflict:
      return said(409, error.message());
    case ErrorKind::usage:
      return said(413, error.message());
    case ErrorKind::store:
      return said(507, error.message());
    case ErrorKind::io:
      return said(is_no_space(error.message()) ? 507 : 500, error.message());
    case ErrorKind::config:
    case ErrorKind::tool:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      break;
  }
  return said(500, error.message());
}

HttpResponse with_offset(HttpResponse response, std::uint64_t held) {
  response.headers.emplace_back(wire::upload_offset_header, std::to_string(held));
  return response;
}

}  // namespace

BlobTransfer::BlobTransfer(asio::io_context& io, asio::thread_pool& files, store::BlobStore& blobs,
                           BlobTransferOptions options, OnTrouble on_trouble)
    : io_(io),
      files_(files),
      blobs_(blobs),
      options_(std::move(options)),
      on_trouble_(std::move(on_trouble)) {}

BlobTransfer::~BlobTransfer() { parts_.join(); }

void BlobTransfer::run(asio::thread_pool& pool, Work work, Reply reply) {
  asio::post(pool, [this, work = std::move(work), reply = std::move(reply)] {
    auto response = work();
    bool full = response.status == 507 && is_no_space(response.body);
    auto failure = blobs_.failure();
    if (!failure.empty()) response = said(503, failure);
    asio::post(io_, [this, reply, response = std::move(response), full, failure]() mutable {
      if (!failure.empty())
        on_trouble_.failed(failure);
      else if (full)
        on_trouble_.full(response.body);
      reply(std::move(response));
    });
  });
}

void BlobTransfer::handle(net::HttpRequest request, Reply reply) {
  const auto role = request.identity.role;
  const bool worker = role == Role::worker, person = role == Role::submitter || role == Role::admin;
  if (!worker && !person)
    return reply(said(role == Role::none ? 401 : 403, "blobs need the token of a worker or a submitter"));
  auto hash = request.target.substr(kPrefix.size());
  if (auto path = blobs_.path_of(hash); !path) return reply(said(400, path.error().message()));
  if (request.method == "HEAD")
    return run(
        files_, [this, hash] { return look(hash); }, std::move(reply));
  if (request.method == "GET") {
    if (!worker || !options_.may_read_blob || !options_.may_read_blob(request.identity.name, hash))
      return reply(
          said(403, worker ? "no live lease of worker `" + request.identity.name + "` names blob " + hash
                           : "only a worker reads blobs"));
    return run(
        files_, [this, hash, range = request.header("range")] { return read(hash, range); },
        std::move(reply));
  }
  if (request.method != "PUT") {
    auto other = said(405, "blobs are read and put");
    other.headers.emplace_back("Allow", "GET, HEAD, PUT");
    return reply(std::move(other));
  }
  if (worker) return put(std::move(request), hash, options_.largest_upload, std::move(reply));
  if (options_.sources_waiting && options_.sources_waiting() > options_.largest_sources)
    return reply(said(507, "sources that no sweep names yet take too much: sweep them, or wait for a day"));
  put(std::move(request), hash, options_.largest_sources, [this, hash, reply](HttpResponse response) {
    if (auto size = blobs_.size_of(hash); response.status == 204 && size && *size && options_.sources_came)
      options_.sources_came({hash, **size});
    reply(std::move(response));
  });
}

void BlobTransfer::put(net::HttpRequest request, const std::string& hash, std::uint64_t largest,
                       Reply reply) {
  if (auto range = request.header("content-range"); !range.empty())
    return run(
        parts_,
        [this, hash, range, largest, body = std::move(request.body)] {
          return put_part(hash, range, body, largest);
        },
        std::move(reply));
  run(
      files_,
      [this, hash, body = std::move(request.body)] {
        auto stored = blobs_.put(body, hash);
        return stored ? HttpResponse{204, "text/plain", ""} : refused(stored.error());
      },
      std::move(reply));
}

void BlobTransfer::handle_cut(net::HttpRequest request, std::function<void()> done) {
  auto hash = request.target.substr(std::min(kPrefix.size(), request.target.size()));
  if (request.identity.role != Role::worker || request.method != "PUT" || !blobs_.path_of(hash))
    return done();
  asio::post(parts_, [this, hash, done = std::move(done), range = request.header("content-range"),
                      body = std::move(request.body)] {
    keep_cut(hash, range, body);
    asio::post(io_, done);
  });
}

// Nobody asks whether it could be kept: the sender looks how much is here before it goes on.
void BlobTransfer::keep_cut(const std::string& hash, const std::string& range, const std::string& body) {
  auto part = wire::parse_content_range(range);
  if (!part || body.size() > part->size || part->total > options_.largest_upload || blobs_.has(hash)) return;
  if (make_room_for(body.size())) (void)blobs_.append_upload(hash, part->first, body, part->total);
}

HttpResponse BlobTransfer::look(const std::string& hash) const {
  auto size = blobs_.size_of(hash);
  if (!size) return refused(size.error());
  if (*size) {
    HttpResponse there{200, "application/octet-stream", ""};
    there.headers.emplace_back("Content-Length", std::to_string(**size));
    return there;
  }
  auto held = blobs_.upload_size(hash);
  return held ? with_offset({404, "text/plain", ""}, *held) : refused(held.error());
}

HttpResponse BlobTransfer::read(const std::string& hash, const std::string& range) const {
  auto size = blobs_.size_of(hash);
  if (!size) return refused(size.error());
  if (!*size) return said(404, "blob " + hash + " is not here");
  const std::uint64_t total = **size;
  const auto unsatisfiable = [&](const std::string& why) {
    auto out = said(416, why);
    out.headers.emplace_back("Content-Range", wire::to_text({0, 0, total}));
    return out;
  };
  auto wanted = wire::parse_wanted_range(range.empty() ? "bytes=0-" : range);
  if (!wanted) return unsatisfiable("`" + range + "` is not a range such as `bytes=0-`");
  if (range.empty() && total > wire::max_part_bytes)
    return unsatisfiable("a blob of " + std::to_string(total) + " bytes is read in parts: `Range: bytes=0-`");
  if (wanted->first >= total && !(range.empty() && total == 0))
    return unsatisfiable("there is no byte " + std::to_string(wanted->first));
  const auto until = wanted->last < total ? wanted->last + 1 : total;
  const auto bytes = std::min<std::uint64_t>(until - wanted->first, wire::max_part_bytes);
  auto part = blobs_.read_part(hash, wanted->first, bytes);
  if (!part) return said(500, part.error().message());
  if (part->size() != bytes) return said(500, "blob " + hash + " became shorter");
  HttpResponse out{range.empty() ? 200u : 206u, "application/octet-stream", std::move(*part)};
  if (!range.empty()) out.headers.emplace_back("Content-Range", wire::to_text({wanted->first, bytes, total}));
  return out;
}

// Abandoned uploads go when their room is needed.
Status BlobTransfer::make_room_for(std::size_t bytes) {
  TRIPLED_ASSIGN(auto held, blobs_.uploads_total());
  if (held + bytes <= options_.unfinished_uploads) return {};
  TRIPLED_TRY(blobs_.remove_uploads_older_than(std::filesystem::file_time_type::clock::now() - kUploadAge));
  TRIPLED_ASSIGN(held, blobs_.uploads_total());
  if (held + bytes <= options_.unfinished_uploads) return {};
  return Error(ErrorKind::store,
               "uploads that are not finished take " + std::to_string(held) + " bytes: no more is taken");
}

HttpResponse BlobTransfer::put_part(const std::string& hash, const std::string& range,
                                    const std::string& body, std::uint64_t largest) {
  auto part = wire::parse_content_range(range);
  if (!part || part->size != body.size())
    return said(400,
                "`Content-Range: " + range + "` does not tell of " + std::to_string(body.size()) + " bytes");
  if (part->total > largest)
    return said(413, "more than " + std::to_string(largest) + " bytes are not taken");
  if (blobs_.has(hash)) return {204, "text/plain", ""};
  if (part->size > 0) {
    if (auto room = make_room_for(body.size()); !room) return refused(room.error());
    auto added = blobs_.append_upload(hash, part->first, body, part->total);
    failpoint("daemon.upload.part_stored");
    if (!added) {
      auto held = blobs_.upload_size(hash);
      return with_offset(refused(added.error()), held ? *held : 0);
    }
  }
  return finish(hash, part->total);
}

HttpResponse BlobTransfer::finish(const std::string& hash, std::uint64_t total) {
  auto held = blobs_.upload_size(hash);
  if (!held) return refused(held.error());
  if (*held != total) return with_offset({202, "text/plain", ""}, *held);
  auto stored = total == 0 ? blobs_.put("", hash) : blobs_.finish_upload(hash);
  return stored ? HttpResponse{204, "text/plain", ""} : with_offset(refused(stored.error()), 0);
}

}  // namespace tripled::app
