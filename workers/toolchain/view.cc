#include "workers/toolchain/view.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

#include "schema/base/duration.h"
#include "schema/base/hash.h"
#include "workers/toolchain/discover.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;

constexpr int kViewFormat = 1;
constexpr int kGenerations = 64;
constexpr int kTries = 40;
constexpr Millis kPoll{50};

// What a view is made of; everything but the links of triples is fixed by its name.
struct Plan {
  fs::path views, wrapper;
  const ToolchainFacts& toolchain;
  std::string name;
};

fs::path rustlib(const fs::path& view) { return view / "lib/rustlib"; }

std::string conf_text(const Plan& plan, const fs::path& view) {
  return "rustc=" + plan.toolchain.rustc + "\nrustdoc=" + plan.toolchain.rustdoc +
         "\nsysroot=" + view.string() + "\n";
}

// Replaces whatever link is there, in one step.
Status put_link(const fs::path& link, const fs::path& target) {
  std::error_code ec;
  if (fs::is_symlink(link, ec) && fs::read_symlink(link, ec) == target) return {};
  auto fresh = link;
  fresh += ".tmp-" + random_hex().substr(0, 12);
  fs::create_symlink(target, fresh, ec);
  if (ec) return io_error("linking " + fresh.string(), ec.value());
  fs::rename(fresh, link, ec);
  if (ec) {
    auto error = io_error("linking " + link.string(), ec.value());
    fs::remove(fresh, ec);
    return error;
  }
  return {};
}

// A hard link where it may be, for a file that was open for writing just now cannot be executed while another
// thread forks (ETXTBSY); else a copy.
Status put_program(const fs::path& wrapper, const fs::path& program) {
  std::error_code ec;
  if (fs::exists(program, ec)) return {};
  auto fresh = program;
  fresh += ".tmp-" + random_hex().substr(0, 12);
  if (::link(wrapper.c_str(), fresh.c_str()) != 0) {
    fs::copy_file(wrapper, fresh, ec);
    if (ec) return io_error("copying " + wrapper.string() + " to " + fresh.string(), ec.value());
    ::chmod(fresh.c_str(), 0755);
  }
  fs::rename(fresh, program, ec);
  // Two links of one file are not renamed onto each other: POSIX leaves both.
  std::error_code ignored;
  fs::remove(fresh, ignored);
  if (ec) return io_error("placing " + program.string(), ec.value());
  return {};
}

// Makes what is missing of one generation; cheap when nothing is.
Status complete(const Plan& plan, const fs::path& view) {
  auto conf = conf_text(plan, view);
  auto present = read_file(view / "wrapper.conf", 1u << 16);
  std::error_code ec;
  if (present && present.value() == conf && fs::exists(view / "bin/rustc", ec)) return {};
  TRIPLED_TRY(make_directories(view / "bin"));
  TRIPLED_TRY(make_directories(rustlib(view)));
  TRIPLED_ASSIGN(auto lock, FileLock::acquire(plan.views / "locks" / (view.filename().string() + ".lock"),
                                              FileLock::Wait::yes));
  auto shipped = fs::path(plan.toolchain.sysroot) / "lib/rustlib";
  for (const char* name : {"etc", "src"})
    if (fs::exists(shipped / name, ec)) TRIPLED_TRY(put_link(rustlib(view) / name, shipped / name));
  // Whatever else the toolchain ships is there too, as cargo in a build script would expect it.
  for (fs::directory_iterator it(shipped, ec), end; !ec && it != end; it.increment(ec)) {
    auto link = rustlib(view) / it->path().filename();
    std::error_code inner;
    if (fs::is_directory(it->path() / "lib", inner) && !fs::is_symlink(link, inner))
      TRIPLED_TRY(put_link(link, it->path()));
  }
  TRIPLED_TRY(put_program(plan.wrapper, view / "bin/rustc"));
  if (!plan.toolchain.rustdoc.empty()) TRIPLED_TRY(put_program(plan.wrapper, view / "bin/rustdoc"));
  return write_file_atomically(view / "wrapper.conf", conf);
}

Result<FileLock> lock_link(const fs::path& views, const fs::path& view, const std::string& triple,
                           bool shared) {
  TRIPLED_TRY(make_directories(views / "locks"));
  return FileLock::acquire(views / "locks" / (view.filename().string() + "--" + triple + ".lock"),
                           FileLock::Wait::no, shared);
}

bool leads_to(const fs::path& link, const std::string& target) {
  std::error_code ec;
  return fs::is_symlink(link, ec) && fs::read_symlink(link, ec) == fs::path(target);
}

// A shared lock on a link that leads where it should; the link is changed for that if nobody uses it.
// nullopt: somebody uses another std there. Locks are also held for moments, by those who look: only one that
// stays counts.
Result<std::optional<FileLock>> take_link(const fs::path& views, const fs::path& view,
                                          const std::string& triple, const std::string& target) {
  auto link = rustlib(view) / triple;
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(Millis(5 + 7 * tries % 31));
    {
      auto shared = lock_link(views, view, triple, true);
      if (shared && leads_to(link, target)) return std::optional<FileLock>(std::move(shared).value());
      if (!shared && shared.error().kind() != ErrorKind::conflict) return shared.error();
    }
    auto exclusive = lock_link(views, view, triple, false);
    if (exclusive) {
      TRIPLED_TRY(put_link(link, target));
      continue;  // now with a shared lock
    }
    if (exclusive.error().kind() != ErrorKind::conflict) return exclusive.error();
  }
  return std::optional<FileLock>();
}

Result<std::optional<std::vector<FileLock>>> take_links(const fs::path& views, const fs::path& view,
                                                        const std::map<std::string, std::string>& links) {
  std::vector<FileLock> locks;
  for (const auto& [triple, target] : links) {
    TRIPLED_ASSIGN(auto lock, take_link(views, view, triple, target));
    if (!lock) return std::optional<std::vector<FileLock>>();
    locks.push_back(std::move(*lock));
  }
  return std::optional<std::vector<FileLock>>(std::move(locks));
}

Result<std::string> view_name(const ViewRequest& request, const fs::path& wrapper) {
  const auto& toolchain = request.toolchain;
  TRIPLED_ASSIGN(auto program, sha256_file(wrapper));
  auto id = rustc_id(toolchain);
  Sha256 hash;
  for (const auto& field : {std::to_string(kViewFormat), id, toolchain.rustc, toolchain.rustdoc,
                            toolchain.sysroot, request.host_std_hash, program})
    hash.field(field);
  auto variant = request.variant.empty() || request.variant == "auto" ? "" : "-" + request.variant;
  return id + "-" + hash.hex().substr(0, 12) + variant;
}

}  // namespace

Result<View> open_view(const ViewRequest& request, const fs::path& cache, const fs::path& wrapper) {
  std::error_code ec;
  if (wrapper.empty() || !fs::is_regular_file(wrapper, ec))
    return Error(ErrorKind::tool, "the program tripled-rustc is missing" +
                                      (wrapper.empty() ? " beside tripled-worker" : ": " + wrapper.string()));
  auto views = fs::absolute(cache, ec) / "views";
  TRIPLED_TRY(make_directories(views / "locks"));
  TRIPLED_ASSIGN(auto name, view_name(request, wrapper));
  Plan plan{views, wrapper, request.toolchain, name};
  for (int generation = 1; generation <= kGenerations; ++generation) {
    auto view = views / (generation == 1 ? name : name + "." + std::to_string(generation));
    TRIPLED_TRY(complete(plan, view));
    TRIPLED_ASSIGN(auto locks, take_links(views, view, request.links));
    if (!locks) continue;
    View out;
    out.dir = view;
    out.rustc = view / "bin/rustc";
    if (!request.toolchain.rustdoc.empty()) out.rustdoc = view / "bin/rustdoc";
    out.hold = std::make_shared<std::vector<FileLock>>(std::move(*locks));
    return out;
  }
  return Error(ErrorKind::conflict,
               "no free view of " + name + ": jobs use too many different stds of one triple");
}

Result<std::shared_ptr<std::vector<FileLock>>> hold_view(const fs::path& view,
                                                         const std::map<std::string, std::string>& links) {
  auto locks = std::make_shared<std::vector<FileLock>>();
  for (const auto& [triple, target] : links) {
    auto lock = lock_link(view.parent_path(), view, triple, true);
    for (int tries = 0; !lock && lock.error().kind() == ErrorKind::conflict && tries < kTries; ++tries) {
      std::this_thread::sleep_for(kPoll);
      lock = lock_link(view.parent_path(), view, triple, true);
    }
    if (!lock) return lock.error();
    if (!leads_to(rustlib(view) / triple, target))
      return Error(ErrorKind::conflict,
                   "in " + view.string() + ", " + triple + " leads to another std by now");
    locks->push_back(std::move(lock).value());
  }
  return locks;
}

fs::path find_wrapper() {
  std::error_code ec;
  auto here = fs::read_symlink("/proc/self/exe", ec).parent_path();
  if (ec) return {};
  for (const char* place : {"tripled-rustc", "toolchain/tripled-rustc", "../workers/toolchain/tripled-rustc",
                            "../lib/tripled/tripled-rustc", "../libexec/tripled/tripled-rustc"}) {
    auto candidate = here / place;
    if (fs::is_regular_file(candidate, ec)) return fs::canonical(candidate, ec);
  }
  return {};
}

}  // namespace tripled::toolchain
