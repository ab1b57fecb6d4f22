#include "daemon/cli/send_sources.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <thread>

#include "daemon/cli/session.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/size.h"
#include "schema/base/text.h"
#include "schema/wire/http_range.h"

namespace tripled::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 30;  // in a row without a byte that got through
constexpr auto kPause = std::chrono::seconds(1);

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// What a local worker is asked, one question after the other.
class Packing {
 public:
  Packing(Session& session, const app::MatrixRequest& request, fs::path archive)
      : session_(session), request_(request), archive_(std::move(archive)) {}

  Result<Upload> run() {
    TRIPLED_TRY(session_.run([this] { pack(); }));
    if (!status_) return status_.error();
    return std::move(upload_);
  }

 private:
  template <class Answer>
  Answer taken(const Result<wire::json::value>& value) {
    Answer answer;
    status_ = value ? wire::from_json(*value, answer) : Status(value.error());
    if (!status_) session_.stop();
    return answer;
  }

  void pack() {
    PackQuestion question{request_.matrix.project.source.path, archive_.string()};
    session_.core().ask("", "pack", wire::to_json(question), [this](const Result<wire::json::value>& value) {
      auto answer = taken<PackAnswer>(value);
      if (!status_) return;
      upload_.directory = answer.directory;
      upload_.snapshot = answer.snapshot;
      upload_.revision = answer.revision;
      upload_.rust_version = answer.rust_version;
      upload_.host = host_name();
      if (!request_.facts.packages) return session_.stop();
      ask_packages();
    });
  }

  // `each` and `-p` are held against them before a worker of the daemon has seen the sources.
  void ask_packages() {
    FactsRequest facts;
    facts.toolchains = request_.facts.toolchains;
    facts.project_dir = request_.facts.project_dir;
    facts.packages = true;
    session_.core().ask("", "facts", wire::to_json(facts), [this](const Result<wire::json::value>& value) {
      auto answer = taken<FactsAnswer>(value);
      if (!status_) return;
      upload_.packages = std::move(answer.packages);
      if (!upload_.packages)
        status_ = Error(ErrorKind::tool, "the packages of the project: " + answer.packages_error);
      session_.stop();
    });
  }

  Session& session_;
  const app::MatrixRequest& request_;
  const fs::path archive_;
  Upload upload_;
  Status status_;
};

// One file on its way: what the daemon holds decides what comes next.
class Sending {
 public:
  Sending(const Remote& remote, const fs::path& file, BlobRef ref)
      : remote_(remote), file_(file), ref_(std::move(ref)), target_("/blobs/" + ref_.hash) {}

  Status run() {
    std::uint64_t best = 0;
    for (int tries = 0; tries < kTries; ++tries) {
      auto step = held_ ? put() : look();
      if (done_) return {};
      if (!step && step.error().kind() == ErrorKind::usage) return step;
      if (held_.value_or(0) > best) {
        best = *held_;
        tries = 0;
      }
      if (step) continue;
      last_ = step.error();
      std::this_thread::sleep_for(kPause);
    }
    return Error(ErrorKind::tool,
                 last_.message().empty() ? "sending the sources: no byte gets through" : last_.message());
  }

 private:
  static std::optional<std::uint64_t> offset_in(const net::ClientAnswer& answer) {
    auto found = answer.headers.find(to_lower(wire::upload_offset_header));
    if (found == answer.headers.end()) return std::nullopt;
    std::uint64_t out = 0;
    auto end = found->second.data() + found->second.size();
    auto parsed = std::from_chars(found->second.data(), end, out);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(out) : std::nullopt;
  }

  // 400: what was there before had other bytes and was thrown away.
  static Error said(const net::ClientAnswer& answer) {
    const bool passes = answer.status == 400 || answer.status == 408 || answer.status == 409;
    auto why = std::string(trim(answer.body.substr(0, 1000)));
    return Error(answer.status / 100 == 4 && !passes ? ErrorKind::usage : ErrorKind::tool,
                 "sending the sources: " + (why.empty() ? "status " + std::to_string(answer.status) : why));
  }

  Status look() {
    TRIPLED_ASSIGN(auto answer, remote_.call({"HEAD", target_, "", {}}));
    done_ = answer.status == 200;
    if (done_) return {};
    if (answer.status != 404) return said(answer);
    held_ = offset_in(answer).value_or(0);
    return {};
  }

  Status put() {
    const auto offset = *held_;
    held_.reset();  // unless it says so, it is asked again
    if (offset > ref_.size) return Error(ErrorKind::tool, "the daemon holds more than there is");
    TRIPLED_ASSIGN(auto part, read_file_part(file_, offset, wire::max_part_bytes));
    const wire::ContentRange range{offset, part.size(), ref_.size};
    net::ClientCall call{"PUT", target_, std::move(part), {}};
    call.headers = {{"Content-Range", wire::to_text(range)}, {"Content-Type", "application/octet-stream"}};
    TRIPLED_ASSIGN(auto answer, remote_.call(call));
    done_ = answer.status == 204;
    held_ = offset_in(answer);
    return answer.status / 100 == 2 ? Status() : Status(said(answer));
  }

  const Remote& remote_;
  const fs::path& file_;
  const BlobRef ref_;
  const std::string target_;
  std::optional<std::uint64_t> held_;  // by the daemon; none: to be asked
  bool done_ = false;
  Error last_;
};

}  // namespace

Result<BlobRef> send_file(const Remote& remote, const fs::path& file) {
  TRIPLED_ASSIGN(auto hash, sha256_file(file));
  std::error_code ec;
  BlobRef ref{hash, fs::file_size(file, ec)};
  if (ec) return Error(ErrorKind::io, file.string() + ": " + ec.message());
  TRIPLED_TRY(Sending(remote, file, ref).run());
  return ref;
}

Result<Upload> send_sources(const Remote& remote, const app::MatrixRequest& request, const Paths& paths,
                            const Terminal& terminal) {
  auto say = [&](const char* verb, const std::string& what) {
    std::fprintf(stderr, "%s\n", verb_line(terminal, Style::info, verb, what).c_str());
  };
  say("Packing", request.matrix.project.source.path);
  TRIPLED_TRY(make_directories(paths.cache));
  TemporaryFile archive(paths.cache);
  SessionOptions options;
  options.paths = paths;
  options.questions_only = true;
  TRIPLED_ASSIGN(auto session, Session::open(options));
  TRIPLED_ASSIGN(auto upload, Packing(*session, request, archive.path()).run());
  session.reset();
  std::error_code ec;
  say("Sending", format_size(fs::file_size(archive.path(), ec)) + " of sources");
  TRIPLED_ASSIGN(auto ref, send_file(remote, archive.path()));
  upload.hash = ref.hash;
  upload.size = ref.size;
  return upload;
}

}  // namespace tripled::cli
