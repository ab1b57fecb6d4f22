#include "daemon/app/triggers/project_request.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "config/repository_limits.h"
#include "schema/base/text.h"

namespace tripled::app {
namespace {

namespace fs = std::filesystem;

constexpr Millis kShortestPoll{5'000};
constexpr std::size_t kLongestName = 100;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && name.front() != '-' && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

// Of a repository on this machine; empty: it is elsewhere.
std::string local_path(const std::string& url) {
  if (url.starts_with("file://")) return url.substr(7);
  return url.starts_with('/') ? url : "";
}

Status check_url(const std::string& url, const std::vector<std::string>& roots) {
  if (auto path = local_path(url); !path.empty()) return check_project_path(path, roots);
  auto scheme = url.find("://");
  auto host = scheme == std::string::npos ? 0 : scheme + 3;
  auto user = url.substr(host, url.find('/', host) - host);
  auto at = user.rfind('@');
  if (scheme != std::string::npos && at != std::string::npos && contains(user.substr(0, at), ":"))
    return usage_error(
        "`git`: a password in the URL would stand in logs: put it into the worker's "
        "TRIPLED_GIT_CREDENTIALS");
  auto known = scheme == std::string::npos ? std::string() : url.substr(0, scheme);
  bool scp = scheme == std::string::npos && contains(user, ":") && !contains(url, "::");
  if (scp || known == "https" || known == "http" || known == "ssh" || known == "git") return {};
  return usage_error("`git: " + url + "` is not a URL of https, http, ssh, git or file");
}

// As git-check-ref-format(1) has it; of polled ones a `*` stands for anything.
Status check_ref(const std::string& key, const std::string& ref, std::string_view signs) {
  bool bad = ref.empty() || ref.size() > 500 || ref.front() == '-' || contains(ref, "..") ||
             std::any_of(ref.begin(), ref.end(), [&](unsigned char c) {
               return c <= 0x20 || c == 0x7f || signs.find(static_cast<char>(c)) != signs.npos;
             });
  return bad ? Status(usage_error("`" + key + ": " + to_valid_utf8(ref) + "` is no name of a branch"))
             : Status();
}

Status check_git(store::ProjectSettings& settings, const config::ServiceSettings& service) {
  if (settings.ref.empty()) settings.ref = "main";
  TRIPLED_TRY(check_ref("ref", settings.ref, "~^:?*[\\"));
  TRIPLED_TRY(check_url(settings.git, service.project_roots));
  if (!settings.poll) return {};
  auto every = parse_duration(settings.poll->every);
  if (!every || *every < kShortestPoll)
    return usage_error("`poll: every` is a duration of 5s or more, such as 5m; found `" +
                       settings.poll->every + "`");
  if (settings.poll->refs.empty()) settings.poll->refs = {settings.ref};
  for (const auto& ref : settings.poll->refs) TRIPLED_TRY(check_ref("poll: refs", ref, "~^:\\"));
  return {};
}

MatrixRequest base_request(const store::ProjectSettings& settings, const config::ServiceSettings& service) {
  MatrixRequest out;
  out.file = settings.matrix_path;
  out.cell_limit = service.cells_per_sweep;
  if (settings.cells) out.cell_limit = std::min(out.cell_limit, static_cast<std::size_t>(*settings.cells));
  out.priority = settings.priority;
  return out;
}

Result<MatrixRequest> of_directory(const store::ProjectSettings& settings,
                                   const config::ServiceSettings& service) {
  auto out = base_request(settings, service);
  out.text = settings.matrix;
  TRIPLED_ASSIGN(out.matrix, config::parse_matrix(out.text, out.file));
  out.matrix.project.name = settings.name;
  auto& path = out.matrix.project.source.path;
  if (!path.empty()) {
    path = (fs::path(settings.directory) / path).lexically_normal().string();
    TRIPLED_TRY(check_project_path(path, service.project_roots));
  }
  return out;
}

Result<MatrixRequest> of_repository(const store::ProjectSettings& settings,
                                    const config::ServiceSettings& service, const GitAnswer& git) {
  auto out = base_request(settings, service);
  out.text = git.matrix;
  TRIPLED_ASSIGN(out.matrix, config::parse_matrix(out.text, out.file));
  TRIPLED_TRY(config::check_limits(out.matrix, {settings.environment, settings.pools}));
  ProjectSource source;
  source.git = settings.git;
  source.rev = git.revision;
  source.submodules = settings.submodules;
  out.matrix.project = {settings.name, source};
  return out;
}

}  // namespace

Status check_project(store::ProjectSettings& settings, const config::ServiceSettings& service) {
  if (!is_name(settings.name))
    return usage_error("a project has a `name` of up to 100 letters, digits, `-`, `_` and `.`");
  if (settings.git.empty() == settings.directory.empty())
    return usage_error("a project is either `git` or `directory` (with `matrix`)");
  auto path = fs::path(settings.matrix_path);
  if (path.empty() || path.is_absolute() || path != path.lexically_normal() || *path.begin() == "..")
    return usage_error("`matrix_path` is the path of a file in the repository, such as ci/matrix.yaml");
  if (settings.cells && *settings.cells < 1) return usage_error("`cells` is 1 or more");
  if (settings.slots && *settings.slots < 1) return usage_error("`slots` is 1 or more");
  if (settings.disk && *settings.disk < 1) return usage_error("`disk` is 1 byte or more");
  if (!settings.git.empty()) {
    if (!settings.matrix.empty())
      return usage_error("`matrix` belongs to `directory`: that of `git` lies in it");
    return check_git(settings, service);
  }
  if (settings.poll || !settings.ref.empty()) return usage_error("`poll` and `ref` belong to `git`");
  if (settings.matrix.empty()) return usage_error("`matrix` is missing: the text of a matrix");
  TRIPLED_TRY(check_project_path(settings.directory, service.project_roots));
  auto request = of_directory(settings, service);
  return request ? Status() : Status(request.error());
}

Result<MatrixRequest> project_request(const store::ProjectSettings& settings,
                                      const config::ServiceSettings& service, const GitAnswer& git) {
  auto request =
      settings.git.empty() ? of_directory(settings, service) : of_repository(settings, service, git);
  if (!request) return request;
  TRIPLED_TRY(complete(*request));
  return request;
}

}  // namespace tripled::app
