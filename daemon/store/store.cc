#include "daemon/store/store.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/store/open_checks.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::int64_t many_free_pages = 4096;

}  // namespace

// --- health

Store::Impl::Impl(StoreOptions o, FileLock held)
    : options(std::move(o)),
      lock(std::move(held)),
      ballast(options.path.string() + ".ballast", options.ballast_bytes) {}

void Store::Impl::set_health(Health now, const std::string& why) {
  std::lock_guard guard(reason_mutex);
  if (health.load() == Health::failed) return;  // sticky
  health.store(now);
  reason = why;
}

void Store::Impl::met(Trouble trouble, const Error& error) {
  if (in_transaction && !spoiled) spoiled = error;
  switch (trouble) {
    case Trouble::full:
      set_health(Health::disk_full, error.message());
      ballast.give_up();
      return;
    case Trouble::fatal:
      set_health(Health::failed, error.message());
      return;
    case Trouble::busy:
    case Trouble::duplicate:
    case Trouble::deadline:
    case Trouble::other:
      return;
  }
}

Health Store::health() const { return impl_->health.load(); }

std::string Store::health_reason() const {
  std::lock_guard guard(impl_->reason_mutex);
  return impl_->reason;
}

// --- open

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

const std::string& Store::store_id() const { return impl_->id; }
const std::filesystem::path& Store::path() const { return impl_->options.path; }

Result<Store> Store::open(StoreOptions options) {
  TRIPLED_TRY(check_place(options.path));
  TRIPLED_ASSIGN(FileLock lock, lock_database(options.path, options.who));
  TRIPLED_TRY(check_header(options.path));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(lock));
  const StoreOptions& o = impl->options;
  TRIPLED_ASSIGN(impl->db, Connection::open(o.path, Connection::Mode::read_write, o.busy_timeout));
  TRIPLED_TRY(prepare_database(*impl->db, o));
  impl->options.progress = nullptr;  // of the start alone
  TRIPLED_ASSIGN(impl->id, identify(*impl->db));
  Impl* raw = impl.get();
  impl->db->on_trouble = [raw](Trouble trouble, const Error& error) { raw->met(trouble, error); };
  if (impl->ballast.wanted() && !impl->ballast.is_there() && !impl->ballast.make())
    impl->set_health(Health::disk_full, "no room for " + o.path.string() + ".ballast");
  return Store(std::move(impl));
}

// --- transactions

Result<Transaction> Store::begin() {
  TRIPLED_CHECK(!impl_->in_transaction);
  if (health() == Health::failed)
    return Error(ErrorKind::store, "the store has failed and takes nothing more: " + health_reason());
  TRIPLED_TRY(impl_->db->execute("BEGIN IMMEDIATE"));
  impl_->in_transaction = true;
  impl_->spoiled.reset();
  return Transaction(impl_.get());
}

Status Store::Impl::end_transaction(bool keep) {
  Status status;
  if (keep && !spoiled) status = db->execute("COMMIT");
  if (spoiled) status = *spoiled;
  // SQLite may have rolled back by itself.
  if (db->in_transaction()) {
    in_transaction = false;
    auto undone = db->execute("ROLLBACK");
    if (!undone && status) status = undone;
  }
  in_transaction = false;
  spoiled.reset();
  if (keep && status)
    test_lists.committed();
  else
    test_lists.rolled_back();
  if (auto met_behind = db->take_checkpoint_trouble()) met(met_behind->trouble, met_behind->error);
  // Not at every commit again when readers are in the way: each try waits for them.
  const auto wal = static_cast<std::uint64_t>(db->wal_pages()) * page_bytes;
  if (keep && status && wal > std::max(options.wal_bytes, wal_cut_at + wal_cut_at / 8)) cut_wal();
  return status;
}

// A log that is read while it grows is never begun anew by SQLite itself. What is in it is in the database by
// now; whoever begins to read from here on does not need it, so this waits for those who read already.
void Store::Impl::cut_wal() {
  constexpr Millis longest_wait{100};
  std::uint64_t left = 0;
  auto cut = db->script("PRAGMA busy_timeout = " + std::to_string(longest_wait.count()));
  if (cut)
    cut = db->execute("PRAGMA wal_checkpoint(TRUNCATE)", {}, [&](Row& row) {
      left = static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(1), 0)) * page_bytes;
    });
  wal_cut_at = cut ? left : 0;
  // Errors: met() has seen them; what was committed is synced all the same.
  static_cast<void>(db->script("PRAGMA busy_timeout = " + std::to_string(options.busy_timeout.count())));
}

Transaction::Transaction(Transaction&& other) noexcept : store_(other.store_) { other.store_ = nullptr; }

Transaction::~Transaction() { rollback(); }

Status Transaction::commit() {
  TRIPLED_CHECK(store_ != nullptr);
  auto* store = store_;
  store_ = nullptr;
  return store->end_transaction(true);
}

void Transaction::rollback() {
  if (!store_) return;
  auto* store = store_;
  store_ = nullptr;
  // Its own errors do not matter: nothing of it is kept; met() has seen them.
  static_cast<void>(store->end_transaction(false));
}

// --- upkeep

void Store::disk_is_full(const std::string& why) {
  impl_->set_health(Health::disk_full, why);
  impl_->ballast.give_up();
}

void Store::disk_failed(const std::string& why) { impl_->set_health(Health::failed, why); }

Status Store::tend() {
  TRIPLED_CHECK(!impl_->in_transaction);
  if (health() == Health::failed) return Error(ErrorKind::store, health_reason());
  Impl& store = *impl_;
  if (health() == Health::disk_full) {
    if (store.ballast.wanted() && !store.ballast.is_there() && !store.ballast.make()) return {};
    if (auto written = store.probe(); !written)
      return {};  // met() keeps the reason and gave the ballast up again
    store.set_health(Health::ok, "");
  } else if (store.ballast.wanted() && !store.ballast.is_there() && !store.ballast.make()) {
    store.set_health(Health::disk_full, "no room for " + path().string() + ".ballast");
    return {};
  }
  return store.bound_wal();
}

Status Store::Impl::bound_wal() {
  TRIPLED_TRY(db->execute("PRAGMA wal_checkpoint(PASSIVE)"));
  std::error_code ec;
  auto size = std::filesystem::file_size(options.path.string() + "-wal", ec);
  if (!ec && size > options.wal_bytes) cut_wal();
  TRIPLED_ASSIGN(auto free_pages, db->number("PRAGMA freelist_count"));
  if (free_pages.value_or(0) > many_free_pages) TRIPLED_TRY(db->script("PRAGMA incremental_vacuum(1024)"));
  return {};
}

Status Store::Impl::probe() {
  TRIPLED_TRY(db->execute("BEGIN IMMEDIATE"));
  in_transaction = true;
  spoiled.reset();
  auto done = db->execute("INSERT OR REPLACE INTO meta VALUES ('probe', hex(zeroblob(65536)))");
  if (done) done = db->execute("DELETE FROM meta WHERE key = 'probe'");
  auto ended = end_transaction(true);
  if (!done) return done;
  return ended;
}

Status Store::limit_pages(std::int64_t pages) {
  return impl_->db->script("PRAGMA max_page_count = " + std::to_string(pages > 0 ? pages : 1073741823));
}

// --- ballast

bool Ballast::is_there() const {
  std::error_code ec;
  auto size = std::filesystem::file_size(path_, ec);
  return !ec && size >= bytes_;
}

void Ballast::give_up() {
  std::error_code ec;
  std::filesystem::remove(path_, ec);
}

bool Ballast::make() {
  struct statvfs fs {};
  if (::statvfs(path_.parent_path().empty() ? "." : path_.parent_path().c_str(), &fs) != 0) return false;
  if (static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize < 2 * bytes_) return false;
  return reserve_file(path_, bytes_);
}

// --- lists of tests

std::optional<std::int64_t> InternedLists::find(const std::string& key) const {
  auto it = ids_.find(key);
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

void InternedLists::add(std::string key, std::int64_t id) {
  uncommitted_.push_back(key);
  ids_.emplace(std::move(key), id);
}

void InternedLists::committed() {
  constexpr std::size_t most = 20'000;
  uncommitted_.clear();
  if (ids_.size() > most) ids_.clear();
}

void InternedLists::rolled_back() {
  for (const auto& key : uncommitted_) ids_.erase(key);
  uncommitted_.clear();
}

}  // namespace tripled::store
