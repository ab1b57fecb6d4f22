#include "workers/agent/enrol.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"
#include "workers/agent/http.h"
#include "workers/exec/unique_fd.h"

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestToken = 4096;

fs::path path_of(const fs::path& state) { return state / "worker.token"; }

// Made before the exchange, so that a directory that cannot be written costs no enrolment.
class SecretFile {
 public:
  explicit SecretFile(const fs::path& path) : path_(path), unfinished_(path.string() + ".new") {}
  ~SecretFile() { ::unlink(unfinished_.c_str()); }

  Status open() {
    TRIPLED_TRY(make_directories(path_.parent_path()));
    ::unlink(unfinished_.c_str());  // of one that was killed
    fd_ = exec::UniqueFd(::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return fd_.get() < 0 ? Status(io_error("creating " + unfinished_.string(), errno)) : Status();
  }

  Status keep(const std::string& secret) {
    const auto line = secret + "\n";
    if (::write(fd_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      return io_error("writing " + unfinished_.string(), errno);
    TRIPLED_TRY(sync_path(unfinished_));
    if (::rename(unfinished_.c_str(), path_.c_str()) != 0)
      return io_error("renaming to " + path_.string(), errno);
    return sync_path(path_.parent_path());
  }

 private:
  const fs::path path_, unfinished_;
  exec::UniqueFd fd_;
};

std::string what_then(const std::string& worker) {
  return "; if the enrolment token is refused as used now, ask for a new one (`tripled token enrol " +
         worker + "`)";
}

std::string detail_of(const HttpReply& reply) {
  auto body = wire::parse(reply.body);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* detail = object ? object->if_contains("detail") : nullptr;
  if (detail && detail->is_string()) return std::string(detail->as_string());
  return "it answers with status " + std::to_string(reply.status);
}

Result<std::string> token_in(const HttpReply& reply, const std::string& worker) {
  auto body = wire::parse(reply.body);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* token = object ? object->if_contains("token") : nullptr;
  if (token && token->is_string()) return std::string(token->as_string());
  return Error(ErrorKind::io, "enrolling: the daemon sent no token" + what_then(worker));
}

}  // namespace

Result<std::string> own_token(const fs::path& state) {
  std::error_code ec;
  if (!fs::exists(path_of(state), ec) && !ec) return std::string();
  TRIPLED_ASSIGN(auto text, read_file(path_of(state), kLongestToken));
  return std::string(trim(text));
}

Result<std::string> enrol(const DaemonAddress& daemon, const std::string& worker, const fs::path& state) {
  SecretFile file(path_of(state));
  TRIPLED_TRY(file.open());
  const auto body = wire::json::serialize(wire::json::object{{"worker", worker}});
  HttpClient client(daemon);
  auto reply = client.call({"POST", "/api/v1/enrol", {{"Content-Type", "application/json"}}, body});
  if (!reply) return Error(ErrorKind::io, "enrolling: " + reply.error().message() + what_then(worker));
  if (reply->status == 401)
    return usage_error("enrolling: the daemon does not know this enrolment token (`tripled token enrol`)");
  if (reply->status != 201) return usage_error("enrolling: " + detail_of(*reply));
  TRIPLED_ASSIGN(auto token, token_in(*reply, worker));
  if (auto kept = file.keep(token); !kept)
    return Error(ErrorKind::io,
                 "enrolling: " + kept.error().message() +
                     ": the new token is lost; ask for another enrolment (`tripled token enrol " + worker +
                     "`)");
  return token;
}

}  // namespace tripled::agent
