// Blobs over HTTP: `/blobs/HASH` for workers, and for whoever sends sources to be swept (submitter, admin),
// who reads none. Small ones are put whole; large ones cross in parts, both ways,
// and go on after a cut (schema/wire/http_range.h). Called on the io thread, answers there; files are touched
// on other threads, and no body is larger than wire::max_part_bytes or what the server takes.
//   GET  with `Range: bytes=N-`: 206 and at most one part of it. Only what may_read_blob allows.
//   HEAD: 200 with the size when it is whole, else 404 with `Upload-Offset`.
//   PUT  whole: 204. With `Content-Range: bytes A-B/TOTAL`: 202 with `Upload-Offset`, 204 with the last part;
//        409 with `Upload-Offset` when it does not go on there; `bytes */TOTAL` ends what was sent whole
//        before.
//   503: the disk has failed; nothing more is stored, whatever is said to somebody else at that moment.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <string>

#include "daemon/net/server.h"
#include "daemon/store/blobs.h"

namespace tripled::app {

struct BlobTransferOptions {
  // Whether a worker may have these bytes now: its live leases name them. None: nobody reads anything.
  std::function<bool(const std::string& worker, const std::string& hash)> may_read_blob;
  std::uint64_t largest_upload = 32ull << 30;
  std::uint64_t largest_sources = 10ull << 30;  // of what a person sends
  // Bytes of what people sent and no sweep names yet; above largest_sources no more is taken. On the io
  // thread.
  std::function<std::uint64_t()> sources_waiting = {};
  // What a person sent is whole: nothing names it yet. On the io thread.
  std::function<void(const BlobRef& sources)> sources_came = {};
  std::uint64_t unfinished_uploads = 128ull << 30;  // all of them together
};

class BlobTransfer {
 public:
  using Reply = std::function<void(net::HttpResponse)>;

  // What the disk did to a blob, said on the io thread before the request is answered.
  struct OnTrouble {
    std::function<void(const std::string& why)> full;
    std::function<void(const std::string& why)> failed;  // for good (store::BlobStore::failure)
  };

  // `files`: the one thread that puts blobs.
  BlobTransfer(boost::asio::io_context& io, boost::asio::thread_pool& files, store::BlobStore& blobs,
               BlobTransferOptions options, OnTrouble on_trouble);
  ~BlobTransfer();  // waits for parts that are being written

  static bool is_for_blobs(const std::string& target) { return target.starts_with("/blobs/"); }
  void handle(net::HttpRequest request, Reply reply);
  // The beginning of a part that was cut (ServerHandler::cut_part): kept where it goes on.
  void handle_cut(net::HttpRequest request, std::function<void()> done);

 private:
  using Work = std::function<net::HttpResponse()>;
  // Runs `work` on a thread of `pool` and answers with what it returns.
  void run(boost::asio::thread_pool& pool, Work work, Reply reply);
  net::HttpResponse look(const std::string& hash) const;
  net::HttpResponse read(const std::string& hash, const std::string& range) const;
  net::HttpResponse put_part(const std::string& hash, const std::string& range, const std::string& body,
                             std::uint64_t largest);
  void put(net::HttpRequest request, const std::string& hash, std::uint64_t largest, Reply reply);
  void keep_cut(const std::string& hash, const std::string& range, const std::string& body);
  net::HttpResponse finish(const std::string& hash, std::uint64_t total);
  Status make_room_for(std::size_t bytes);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& files_;
  store::BlobStore& blobs_;
  const BlobTransferOptions options_;
  const OnTrouble on_trouble_;
  // Of its own: verifying gigabytes must not keep a small log waiting. One: parts of a blob are in order.
  boost::asio::thread_pool parts_{1};
};

}  // namespace tripled::app
