// Core: its classes of files keep their ceilings while jobs run. The plan is made and files are removed on
// the thread of the files; rows go on the io thread, a small group in each commit.
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <set>

#include "daemon/app/core/core.h"
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

static void warn_of(const store::Collecting& collecting, const std::string& what) {
  if (collecting.over_bytes > 0)
    spdlog::warn(
        "files of {} are {} over their ceiling: what is left belongs to sweeps that run, or to the last good "
        "and first bad ones",
        what, format_size(collecting.over_bytes));
}

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
    if (plan) {
      for (const auto& of_class : plan->classes) warn_of(of_class, "the class " + to_text(of_class.kind));
      for (const auto& of_project : plan->projects) warn_of(of_project, "project " + of_project.project);
      collection->going = plan->going();
    }
    asio::post(io_, [this, collection] { forget_next(collection); });
  });
}

// Sources that were sent and never swept, and what reruns left behind. Nothing that was put since is touched.
void Core::forget_unnamed(std::filesystem::file_time_type planned_at) {
  auto forgotten = std::make_shared<std::vector<store::DoomedBlob>>();
  const auto before = unix_now_ms() - std::chrono::duration_cast<Millis>(unnamed_kept).count();
  commits_.write([forgotten, before](store::Transaction& tx) -> Status {
    TRIPLED_ASSIGN(auto hashes, tx.forget_unreferenced_blobs(before, static_cast<int>(blobs_a_transaction)));
    forgotten->clear();
    for (auto& hash : hashes) forgotten->push_back({std::move(hash), 0, 0, 0});
    return {};
  });
  commits_.then([this, forgotten, planned_at] {
    for (const auto& blob : *forgotten) waiting_sources_.erase(blob.hash);
    if (forgotten->empty()) return;
    asio::post(files_, [this, forgotten, planned_at] {
      auto removed = remove_files(blobs_, *forgotten, planned_at);
      spdlog::info("removed {} files that nothing names any more", removed.files);
    });
  });
  commits_.event_done();
}

void Core::forget_next(const std::shared_ptr<Collection>& collection) {
  if (failed_ || storage_full_ || collection->next >= collection->going.size()) {
    collecting_ = false;
    commits_.write([](store::Transaction& tx) { return prune_rows(tx); });
    commits_.event_done();
    forget_unnamed(collection->planned_at);
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
