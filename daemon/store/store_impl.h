// What Store and Transaction share. Private to daemon/store; io thread, except where it says any thread.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/store/connection.h"
#include "daemon/store/store.h"
#include "schema/base/file.h"

namespace tripled::store {

// Numbers of lists of tests already in the database, by hash. What a transaction adds counts only once it is
// committed.
class InternedLists {
 public:
  std::optional<std::int64_t> find(const std::string& key) const;
  void add(std::string key, std::int64_t id);
  void committed();
  void rolled_back();

 private:
  std::unordered_map<std::string, std::int64_t> ids_;
  std::vector<std::string> uncommitted_;
};

// A file of real blocks beside the database, so that there is something to give up when the disk is full.
class Ballast {
 public:
  Ballast(std::filesystem::path path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {}
  bool wanted() const { return bytes_ > 0; }
  bool is_there() const;
  void give_up();
  // Only where at least as much again stays free. False: no room.
  bool make();

 private:
  std::filesystem::path path_;
  std::uint64_t bytes_;
};

struct Store::Impl {
  Impl(StoreOptions o, FileLock held);

  void met(Trouble trouble, const Error& error);  // of every failing statement
  void set_health(Health health, const std::string& reason);
  Status end_transaction(bool keep);
  Status bound_wal();
  void cut_wal();  // waits for readers, but not for long
  Status probe();  // a write that needs room

  StoreOptions options;
  FileLock lock;
  std::unique_ptr<Connection> db;
  Ballast ballast;
  std::string id;
  bool in_transaction = false;
  std::optional<Error> spoiled;  // the first error of this transaction
  InternedLists test_lists;
  std::uint64_t wal_cut_at = 0;  // bytes: readers were in the way of the last cut; 0: of no cut

  // Any thread.
  std::atomic<Health> health{Health::ok};
  mutable std::mutex reason_mutex;
  std::string reason;
};

}  // namespace tripled::store
