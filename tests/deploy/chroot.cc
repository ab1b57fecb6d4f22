#include "tests/deploy/chroot.h"

#include <unistd.h>

#include <fstream>

#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "tests/e2e/tripled_process.h"

namespace tripled::test {

namespace fs = std::filesystem;

namespace {

// apt's own lists of sources: the mirror that this machine uses.
std::vector<std::string> source_lists() {
  std::vector<std::string> out;
  std::error_code ec;
  if (fs::file_size("/etc/apt/sources.list", ec) > 0 && !ec) out.push_back("/etc/apt/sources.list");
  for (const auto& entry : fs::directory_iterator("/etc/apt/sources.list.d", ec)) {
    auto extension = entry.path().extension();
    if (extension == ".list" || extension == ".sources") out.push_back(entry.path().string());
  }
  return out;
}

// The tar archive of such a system; made where there is none yet. Empty: `why` says why not.
fs::path base_archive(const std::vector<std::string>& packages, std::string& why) {
  const auto include = join(packages, ",");
  const auto archive = e2e::test_cache() / ("debian-12-" + sha256_hex(include).substr(0, 12) + ".tar");
  if (fs::exists(archive)) return archive;
  fs::create_directories(archive.parent_path());
  const auto half = archive.string() + "." + std::to_string(::getpid()) + ".tar";
  auto made =
      shell("timeout 600 mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --include=" +
            shell_quote(include) + " bookworm " + shell_quote(half) + " " + shell_join(source_lists()));
  if (made.status == 0) return fs::rename(half, archive), archive;
  fs::remove(half);
  why = "mmdebstrap made no chroot: " + made.out;
  return {};
}

}  // namespace

Chroot::Chroot(const fs::path& dir, const std::vector<std::string>& packages) : root_(dir / "root") {
  if (::geteuid() != 0) {
    why_ = "a chroot needs root";
  } else if (!has_program("mmdebstrap")) {
    why_ = "mmdebstrap is not here (deploy/install test)";
  } else if (shell("unshare --mount true").status != 0) {
    why_ = "no mount namespace can be made here";
  } else if (auto archive = base_archive(packages, why_); why_.empty()) {
    fs::create_directory(root_);
    auto unpacked = shell("tar -C " + shell_quote(root_.string()) + " --exclude='./dev/*' -xf " +
                          shell_quote(archive.string()));
    if (unpacked.status != 0) why_ = "the chroot cannot be unpacked: " + unpacked.out;
  }
}

std::vector<std::string> Chroot::command(const std::string& line, const std::string& user) const {
  // The mounts are seen by this command alone and end with it.
  const std::string enter =
      "mount -t proc proc \"$0/proc\" && mount --rbind /dev \"$0/dev\" && exec chroot "
      "${2:+--userspec=\"$2\"} \"$0\" "
      "/usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 /bin/sh -c \"$1\"";
  return {"/usr/bin/unshare", "--mount", "/bin/sh", "-c", enter, root_.string(), line, user};
}

Said Chroot::run(const std::string& line, const std::string& user) const {
  return shell(shell_join(command(line, user)));
}

}  // namespace tripled::test
