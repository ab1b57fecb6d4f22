#include "workers/toolchain/std_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/wire/json.h"
#include "workers/toolchain/dir_identity.h"

namespace tripled::toolchain {

namespace fs = std::filesystem;

namespace std_files {
struct FailureFile {
  StdFailureKind kind = StdFailureKind::none;
  std::string message, code, fix, log;
  std::int64_t at_ms = 0, build_ms = 0, cpu_ms = 0;
};
BOOST_DESCRIBE_STRUCT(FailureFile, (), (kind, message, code, fix, log, at_ms, build_ms, cpu_ms))
}  // namespace std_files

namespace {

constexpr std::int64_t kFailureLifeMs = 7LL * 24 * 3600 * 1000;
constexpr const char* kEntryFile = "std.json";
constexpr const char* kStampFile = "files.json";

Status sync_tree(const fs::path& directory) {
  TRIPLED_ASSIGN(auto files, list_files(directory));
  for (const auto& file : files) TRIPLED_TRY(sync_path(directory / file.name));
  return sync_path(directory);
}

std::int64_t modified_ms(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return info.st_mtim.tv_sec * 1000LL + info.st_mtim.tv_nsec / 1'000'000;
}

// Every file the stamp names is still there: others may have changed them, but did not cut the std down.
bool is_whole(const fs::path& directory) {
  auto text = read_file(directory / kStampFile, 16u << 20);
  if (!text) return false;
  auto stamp = wire::from_text_json<DirectoryStamp>(text.value());
  auto present = list_files(directory / "lib");
  if (!stamp || !present || present.value().empty()) return false;
  for (const auto& file : present.value())
    if (file.size == 0) return false;
  return present.value().size() >= stamp.value().files.size();
}

bool is_ours(const std::string& name) { return name != "locks" && name != "building" && name != "shipped"; }

}  // namespace

fs::path StdStore::shipped_stamp(const fs::path& directory) const {
  return root_ / "shipped" / (sha256_hex(directory.string()).substr(0, 24) + ".json");
}

std::string StdStore::lock_name(const fs::path& directory) {
  return directory.parent_path().filename().string() + "--" + directory.filename().string();
}

Result<FileLock> StdStore::lock(const std::string& lock_name, bool shared) const {
  TRIPLED_TRY(make_directories(root_ / "locks"));
  return FileLock::acquire(lock_path(lock_name), FileLock::Wait::no, shared);
}

void StdStore::touch(const std::string& lock_name) const {
  ::utimensat(AT_FDCWD, lock_path(lock_name).c_str(), nullptr, 0);
}

std::optional<StdEntry> StdStore::entry(const fs::path& directory) const {
  auto text = read_file(directory / kEntryFile, 1u << 20);
  if (!text) return std::nullopt;
  auto entry = wire::from_text_json<StdEntry>(text.value());
  if (!entry || !is_whole(directory)) return std::nullopt;
  auto hash = directory_identity(directory / "lib", directory / kStampFile);
  if (!hash) return std::nullopt;
  entry.value().hash = hash.value();
  entry.value().dir = directory.string();
  entry.value().last_used_ms =
      std::max(entry.value().built_at_ms, modified_ms(lock_path(lock_name(directory))));
  return std::move(entry).value();
}

std::vector<StdEntry> StdStore::entries() const {
  std::vector<StdEntry> out;
  std::error_code ec;
  for (fs::directory_iterator id(root_, ec), end; !ec && id != end; id.increment(ec)) {
    if (!is_ours(id->path().filename().string())) continue;
    std::error_code inner;
    for (fs::directory_iterator it(id->path(), inner); !inner && it != end; it.increment(inner)) {
      if (!it->is_directory(inner)) continue;
      if (auto found = entry(it->path())) out.push_back(std::move(*found));
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::pair(b.last_used_ms, a.dir) < std::pair(a.last_used_ms, b.dir);
  });
  return out;
}

Status StdStore::publish(const StdKey& key, const StdEntry& entry, const fs::path& staged) const {
  TRIPLED_ASSIGN(auto stamp, stamp_directory(staged / "lib"));
  auto described = entry;
  described.hash = stamp.hash;
  described.dir = "";
  described.bytes = 0;
  for (const auto& file : stamp.files) described.bytes += file.size;
  TRIPLED_TRY(write_file_atomically(staged / kStampFile, wire::to_text_json(stamp)));
  TRIPLED_TRY(write_file_atomically(staged / kEntryFile, wire::to_text_json(described)));
  TRIPLED_TRY(sync_tree(staged));  // a power cut must not leave a std with holes under a good name
  auto target = directory(key);
  TRIPLED_TRY(make_directories(target.parent_path()));
  std::error_code ec;
  if (fs::exists(target, ec)) remove(target);
  failpoint("worker.std.before_publish");
  fs::rename(staged, target, ec);
  if (ec) return io_error("publishing " + target.string(), ec.value());
  failpoint("worker.std.published");
  return sync_path(target.parent_path());
}

void StdStore::remove(const fs::path& directory) const {
  std::error_code ec;
  auto trash = root_ / "building" / ("trash-" + random_hex());
  fs::create_directories(trash.parent_path(), ec);
  fs::rename(directory, trash, ec);  // gone at once for whoever looks, however long deleting takes
  fs::remove_all(ec ? directory : trash, ec);
}

void StdStore::sweep() const {
  std::error_code ec;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(root_ / "building", ec), end; !ec && it != end; it.increment(ec))
    found.push_back(it->path());
  for (const auto& path : found) {
    auto name = path.filename().string();
    std::error_code ignored;
    if (name.starts_with("trash-")) {
      fs::remove_all(path, ignored);
    } else if (auto held = lock(name, false)) {
      fs::remove_all(path, ignored);
    }
  }
}

std::optional<StdStore::Remembered> StdStore::failure(const StdKey& key) const {
  auto text = read_file(failure_path(key), 4u << 20);
  if (!text) return std::nullopt;
  auto parsed = wire::from_text_json<std_files::FailureFile>(text.value());
  if (!parsed) return std::nullopt;
  auto& file = parsed.value();
  if (file.kind == StdFailureKind::none || unix_now_ms() - file.at_ms > kFailureLifeMs) return std::nullopt;
  return Remembered{{file.kind, file.message, file.code, file.fix}, file.log, file.build_ms, file.cpu_ms};
}

void StdStore::remember(const StdKey& key, const Remembered& failure) const {
  std_files::FailureFile file{
      failure.failure.kind, failure.failure.message, failure.failure.code, failure.failure.fix,
      failure.log,          unix_now_ms(),           failure.build_ms,     failure.cpu_ms};
  auto path = failure_path(key);
  if (make_directories(path.parent_path())) (void)write_file_atomically(path, wire::to_text_json(file));
}

void StdStore::forget(const StdKey& key) const {
  std::error_code ec;
  fs::remove(failure_path(key), ec);
}

}  // namespace tripled::toolchain
