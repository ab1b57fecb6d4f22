#include "workers/workdir/git.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/exec/capture.h"
#include "workers/workdir/snapshot.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

std::string find_program(const std::string& name, const std::string& path) {
  for (const auto& dir : split(path, ':')) {
    auto candidate = fs::path(dir) / name;
    std::error_code ec;
    if (candidate.is_absolute() && fs::is_regular_file(candidate, ec) &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate.string();
  }
  return {};
}

Git::Git(const std::map<std::string, std::string>& environment) {
  for (const char* key : {"PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
                          "GIT_SSL_CAINFO", "http_proxy", "https_proxy", "no_proxy", "GIT_CONFIG_GLOBAL"})
    if (auto found = environment.find(key); found != environment.end()) env_[key] = found->second;
  env_["GIT_TERMINAL_PROMPT"] = "0";
  env_["GIT_OPTIONAL_LOCKS"] = "0";  // `git status` must not write the index of the project
  if (auto found = environment.find("TRIPLED_GIT_CREDENTIALS"); found != environment.end())
    credentials_ = found->second;
  program_ = find_program("git", env_["PATH"]);
}

bool is_local_repository(const std::string& url) { return url.starts_with("/") || url.starts_with("file:"); }

// The secrets stay in their file: git's own helper reads it.
static Result<std::vector<std::string>> credential_options(const std::string& file) {
  if (file.empty()) return std::vector<std::string>();
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return io_error("the git credentials " + file, errno);
  if ((found.st_mode & 077) != 0)
    return Error(ErrorKind::tool, "the git credentials " + file + " can be read by others: chmod 600");
  return std::vector<std::string>{"-c", "credential.helper=", "-c",
                                  "credential.helper=store --file=" + shell_quote(file)};
}

Result<std::string> Git::run(const fs::path& dir, std::vector<std::string> args,
                             const std::string& url) const {
  if (program_.empty()) return Error(ErrorKind::tool, "git is not installed");
  exec::Command command;
  command.argv = {program_,           "-c", "core.hooksPath=/dev/null", "-c",
                  "safe.directory=*", "-c", "gc.autoDetach=false"};
  if (!url.empty()) {
    TRIPLED_ASSIGN(auto credentials, credential_options(credentials_));
    command.argv.insert(command.argv.end(), credentials.begin(), credentials.end());
  }
  command.argv.insert(command.argv.end(), args.begin(), args.end());
  command.env = env_;
  command.env["GIT_ALLOW_PROTOCOL"] =
      is_local_repository(url) ? "file:https:http:ssh:git" : "https:http:ssh:git";
  command.cwd = dir;
  TRIPLED_ASSIGN(exec::Captured captured, exec::capture(command, std::chrono::minutes(10)));
  if (!captured.succeeded())
    return Error(ErrorKind::tool, "git " + args.front() + " " + exec::describe(captured.result) + ": " +
                                      std::string(trim(captured.err)));
  return captured.out;
}

static std::vector<std::string> zero_separated(const std::string& text) {
  auto names = split(text, '\0');
  std::erase(names, "");
  return names;
}

Result<std::vector<std::string>> Git::list_files(const fs::path& dir) const {
  auto inside = run(dir, {"rev-parse", "--is-inside-work-tree"});
  if (!inside || trim(*inside) != "true") return walk_files(dir);
  TRIPLED_ASSIGN(std::string tracked, run(dir, {"ls-files", "-z", "--cached", "--recurse-submodules"}));
  TRIPLED_ASSIGN(std::string others, run(dir, {"ls-files", "-z", "--others", "--exclude-standard"}));
  auto names = zero_separated(tracked);
  for (auto& name : zero_separated(others))
    if (!name.ends_with("/")) names.push_back(std::move(name));  // a nested repository that is no submodule
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string Git::revision(const fs::path& dir) const {
  auto head = run(dir, {"rev-parse", "HEAD"});
  if (!head) return {};
  auto changed = run(dir, {"status", "--porcelain", "--untracked-files=no"});
  std::string revision(trim(*head));
  return changed && !trim(*changed).empty() ? revision + "-dirty" : revision;
}

Result<fs::path> Git::checkout(const ProjectSource& source, const fs::path& cache) const {
  auto dir = cache / "git" / sha256_hex(source.git).substr(0, 16);
  TRIPLED_TRY(make_directories(dir.parent_path()));
  auto lock_path = dir;
  lock_path += ".lock";
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(lock_path, FileLock::Wait::yes));
  std::error_code ec;
  auto named = [&](Error e) { return e.with(source.git); };
  if (!fs::exists(dir / ".git", ec)) {
    // What a poll has fetched is not fetched again; the copy does not depend on the mirror, which may be
    // collected.
    const auto mirror = dir.string() + ".mirror";
    auto cloned = run(dir.parent_path(),
                      {"clone", "--no-checkout", "--reference-if-able", mirror, "--dissociate", "--",
                       source.git, dir.string()},
                      source.git);
    if (!cloned) return named(cloned.error());
  }
  auto fetched =
      run(dir, {"fetch", "--force", "--tags", "--prune", "origin", "+refs/heads/*:refs/remotes/origin/*"},
          source.git);
  if (!fetched) return named(fetched.error());
  std::string rev = source.rev.empty() ? "origin/HEAD" : source.rev;
  auto commit =
      run(dir, {"rev-parse", "--verify", "--quiet", "--end-of-options", "origin/" + rev + "^{commit}"});
  if (!commit) commit = run(dir, {"rev-parse", "--verify", "--quiet", "--end-of-options", rev + "^{commit}"});
  if (!commit) return Error(ErrorKind::usage, source.git + " has no revision `" + rev + "`");
  auto done = run(dir, {"checkout", "--force", "--detach", std::string(trim(*commit))});
  if (!done) return named(done.error());
  run(dir, {"clean", "-ffdx"}).has_value();
  if (source.submodules) {
    auto updated = run(dir, {"submodule", "update", "--init", "--recursive", "--force"}, source.git);
    if (!updated) return named(updated.error());
  }
  return dir;
}

}  // namespace tripled::workdir
