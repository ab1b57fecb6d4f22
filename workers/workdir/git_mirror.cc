#include "workers/workdir/git_mirror.h"

#include <algorithm>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBranches = 1'000, kMostPaths = 20'000, kMostMatrix = 1 << 20, kMostMessage = 4096;

// What every text of a question must be, before any of it becomes an argument.
Status check_plain(const std::string& what, const std::string& text) {
  bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control || text.starts_with('-') || text.size() > 2000)
    return usage_error("`" + to_valid_utf8(text.substr(0, 200)) + "` cannot be the " + what +
                       " of a git question");
  return {};
}

Status check_ref(const std::string& ref) {  // git-check-ref-format(1)
  TRIPLED_TRY(check_plain("ref", ref));
  bool refused = ref.find_first_of(" ~^:?*[\\") != std::string::npos || contains(ref, "..") ||
                 contains(ref, "@{") || contains(ref, "//") || ref.starts_with('/') || ref.ends_with('/') ||
                 ref.ends_with(".lock");
  return refused ? Status(usage_error("`" + ref + "` cannot be the name of a ref")) : Status();
}

Status check_file(const std::string& path) {
  TRIPLED_TRY(check_plain("file", path));
  for (const auto& part : split(path, '/'))
    if (part.empty() || part == "." || part == "..")
      return usage_error("`" + path + "` is not the path of a file in a repository");
  return {};
}

std::vector<std::string> lines_of(const std::string& text, char separator) {
  auto lines = split(text, separator);
  std::erase(lines, "");
  return lines;
}

bool is_commit(const std::string& text) {
  return text.size() >= 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class Mirror {
 public:
  Mirror(const Git& git, const GitQuestion& question, fs::path dir)
      : git_(git), question_(question), dir_(std::move(dir)) {}

  Result<GitAnswer> look_into() {
    auto lock_path = dir_;
    lock_path += ".lock";
    TRIPLED_TRY(make_directories(dir_.parent_path()));
    TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(lock_path, FileLock::Wait::yes));
    TRIPLED_TRY(fetch());
    GitAnswer out;
    TRIPLED_ASSIGN(out.revision, commit_of(question_.ref));
    TRIPLED_ASSIGN(auto message, git_.run(dir_, {"log", "-1", "--format=%B", out.revision, "--"}));
    out.message = to_valid_utf8(message.substr(0, kMostMessage));
    if (!question_.matrix_path.empty()) {
      TRIPLED_ASSIGN(out.matrix, file(out.revision, question_.matrix_path));
    }
    if (!question_.base.empty()) out.changed = changed_since(question_.base, out.revision);
    return out;
  }

 private:
  Status fetch() {
    std::error_code ec;
    if (!fs::exists(dir_ / "HEAD", ec)) {
      auto made = git_.run(dir_.parent_path(), {"init", "--bare", "--quiet", "--", dir_.string()});
      if (!made) return made.error();
    }
    auto fetched = git_.run(dir_,
                            {"fetch", "--force", "--prune", "--no-tags", "--no-recurse-submodules", "--quiet",
                             "--", question_.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
                            question_.url);
    return fetched ? Status() : Status(fetched.error());
  }

  Result<std::string> commit_of(const std::string& ref) const {
    std::vector<std::string> names{"refs/heads/" + ref, "refs/tags/" + ref};
    if (is_commit(ref)) names = {ref};
    for (const auto& name : names) {
      auto found =
          git_.run(dir_, {"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
      if (found) return std::string(trim(*found));
    }
    return usage_error("there is no branch, tag or commit `" + ref + "`");
  }

  Result<std::string> file(const std::string& revision, const std::string& path) const {
    auto object = revision + ":" + path;
    auto size = git_.run(dir_, {"cat-file", "-s", object});
    if (!size) return usage_error("there is no file `" + path + "` in " + revision.substr(0, 12));
    if (trim(*size).size() > 9 || std::stoul(std::string(trim(*size))) > kMostMatrix)
      return usage_error("`" + path + "` is larger than a matrix may be");
    return git_.run(dir_, {"cat-file", "blob", object});
  }

  // A base that was rewritten away, or too much to say: not known.
  std::optional<std::vector<std::string>> changed_since(const std::string& base,
                                                        const std::string& revision) const {
    if (!is_commit(base)) return std::nullopt;
    auto diff =
        git_.run(dir_, {"diff-tree", "-r", "-z", "--name-only", "--no-renames", base, revision, "--"});
    if (!diff) return std::nullopt;
    auto paths = lines_of(*diff, '\0');
    if (paths.size() > kMostPaths) return std::nullopt;
    for (auto& path : paths) path = to_valid_utf8(path);
    return paths;
  }

  const Git& git_;
  const GitQuestion& question_;
  const fs::path dir_;
};

Result<std::vector<GitBranch>> branches(const Git& git, const GitQuestion& question) {
  TRIPLED_ASSIGN(auto listed, git.run("/", {"ls-remote", "--heads", "--", question.url}, question.url));
  std::vector<GitBranch> out;
  for (const auto& line : lines_of(listed, '\n')) {
    auto tab = line.find("\trefs/heads/");
    if (tab == std::string::npos) continue;
    GitBranch branch{line.substr(tab + 12), line.substr(0, tab)};
    bool wanted = std::any_of(question.branches.begin(), question.branches.end(),
                              [&](const std::string& glob) { return glob_match(glob, branch.name); });
    if (!wanted || !check_ref(branch.name) || !is_commit(branch.revision)) continue;
    if (out.size() == kMostBranches)
      return usage_error("more than " + std::to_string(kMostBranches) + " branches match");
    out.push_back(std::move(branch));
  }
  return out;
}

}  // namespace

Result<GitAnswer> answer_git(const Git& git, const GitQuestion& question, const fs::path& cache) {
  TRIPLED_TRY(check_plain("URL", question.url));
  if (question.url.empty()) return usage_error("a git question without a URL");
  GitAnswer out;
  if (!question.branches.empty()) {
    TRIPLED_ASSIGN(out.branches, branches(git, question));
    return out;
  }
  TRIPLED_TRY(check_ref(question.ref));
  if (!question.matrix_path.empty()) TRIPLED_TRY(check_file(question.matrix_path));
  auto dir = cache / "git" / (sha256_hex(question.url).substr(0, 16) + ".mirror");
  return Mirror(git, question, std::move(dir)).look_into();
}

}  // namespace tripled::workdir
