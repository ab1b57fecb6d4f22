// Core: its classes of files keep their ceilings while jobs run. The plan is made and files are removed on
// the thread of the files; rows go on the io thread, a small group in each commit.
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <set>

#include "daemon/app/core.h"
#include "schema/base/failpoint.h"
#include "schema/base/size.h"

namespace tripled::app {

namespace asio = boost::asio;

struct Core::Collection {
  std::vector<store::DoomedBlob> going;
  std::filesystem::file_time_type planned_at;
  std::size_t next = 0;
  Collected done;
};

void Core::collect() {
  if (collecting_ || failed_ || storage_full_) return;
  collecting_ = true;
  asio::post(files_, [this] {
    auto uploads = collect_uploads(blobs_, options_.disk.uploads);
    if (!uploads) spdlog::warn("{}", uploads.error().message());
    auto collection = std::make_shared<Collection>();
    if (uploads) collection->done = *uploads;
    collection->planned_at = std::filesystem::file_time_type::clock::now();
    auto reader = store::Reader::open(store_.path());
    auto plan = reader ? reader->plan_collection(options_.disk.ceilings)
                       : Result<store::CollectionPlan>(reader.error());
    if (!plan) spdlog::warn("nothing is collected: {}", plan.error().message());
    if (plan)
      for (auto& of_class : plan->classes) {
        if (of_class.over_bytes > 0)
          spdlog::warn(
              "files of the class {} are {} over their ceiling: what is left belongs to sweeps that "
              "run, or to the last good and first bad ones",
              to_text(of_class.kind), format_size(of_class.over_bytes));
        collection->going.insert(collection->going.end(), of_class.going.begin(), of_class.going.end());
      }
    asio::post(io_, [this, collection] { forget_next(collection); });
  });
}

void Core::forget_next(const std::shared_ptr<Collection>& collection) {
  if (failed_ || storage_full_ || collection->next >= collection->going.size()) {
    collecting_ = false;
    commits_.write([](store::Transaction& tx) { return prune_rows(tx); });
    commits_.event_done();
    if (collection->done.files > 0)
      spdlog::info("collected {} files, {}", collection->done.files, format_size(collection->done.bytes));
    return;
  }
  auto part =
      std::make_shared<std::vector<store::DoomedBlob>>(next_part(collection->going, collection->next));
  collection->next += part->size();
  auto forgotten = std::make_shared<std::set<std::string>>();
  commits_.write([part, forgotten](store::Transaction& tx) -> Status {
    TRIPLED_ASSIGN(auto hashes, tx.forget_blobs(*part));
    failpoint("daemon.collection.before_commit");
    *forgotten = {hashes.begin(), hashes.end()};
    return {};
  });
  commits_.then([this, collection, part, forgotten] {
    failpoint("daemon.collection.rows_gone");
    std::erase_if(*part, [&](const auto& blob) { return forgotten->count(blob.hash) == 0; });
    asio::post(files_, [this, collection, part] {
      auto removed = remove_files(blobs_, *part, collection->planned_at);
      collection->done.files += removed.files;
      collection->done.bytes += removed.bytes;
      asio::post(io_, [this, collection] { forget_next(collection); });
    });
  });
  commits_.event_done();
}

}  // namespace tripled::app
