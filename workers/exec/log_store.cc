#include "workers/exec/log_store.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "schema/base/failpoint.h"

namespace tripled::exec {
namespace {

// How far from a cut a line end is looked for.
constexpr std::size_t kNear = 4096;
constexpr int kLevel = 3;

std::uint64_t count_lines(std::string_view bytes) {
  return static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

std::string_view cut_end_at_line(std::string_view head) {
  auto newline = head.rfind('\n');
  if (newline == std::string_view::npos || head.size() - newline > kNear) return head;
  return head.substr(0, newline + 1);
}

std::string_view cut_start_at_line(std::string_view tail) {
  auto newline = tail.substr(0, kNear).find('\n');
  return newline == std::string_view::npos ? tail : tail.substr(newline + 1);
}

}  // namespace

BoundedLog::BoundedLog(std::uint64_t bound) : half_(bound / 2) {}

void BoundedLog::append(std::string_view bytes) {
  total_bytes_ += bytes.size();
  total_lines_ += count_lines(bytes);
  if (head_.size() < half_) {
    auto first = bytes.substr(0, half_ - head_.size());
    head_.append(first);
    bytes.remove_prefix(first.size());
  }
  if (bytes.size() > half_) bytes.remove_prefix(bytes.size() - half_);
  if (tail_.size() < half_) {
    auto first = bytes.substr(0, half_ - tail_.size());
    tail_.append(first);
    bytes.remove_prefix(first.size());
  }
  while (!bytes.empty()) {
    auto part = bytes.substr(0, tail_.size() - tail_start_);
    tail_.replace(tail_start_, part.size(), part);
    tail_start_ = (tail_start_ + part.size()) % tail_.size();
    bytes.remove_prefix(part.size());
  }
}

std::string BoundedLog::tail_in_order() const {
  return tail_.substr(tail_start_) + tail_.substr(0, tail_start_);
}

std::string BoundedLog::text() const {
  auto tail = tail_in_order();
  if (!truncated()) return head_ + tail;
  auto first = cut_end_at_line(head_);
  auto last = cut_start_at_line(tail);
  std::string out;
  out.reserve(first.size() + last.size() + 100);
  out.append(first);
  if (!first.empty() && first.back() != '\n') out.push_back('\n');
  out += fmt::format("[tripled: {} bytes ({} lines) left out]\n", total_bytes_ - first.size() - last.size(),
                     total_lines_ - count_lines(first) - count_lines(last));
  out.append(last);
  return out;
}

Result<std::string> BoundedLog::compress() const { return exec::compress(text()); }

void LogSink::on_stdout(std::string_view bytes) {
  failpoint("worker.running");
  log_.append(bytes);
  if (next_ != nullptr) next_->on_stdout(bytes);
}

void LogSink::on_stderr(std::string_view bytes) {
  log_.append(bytes);
  if (next_ != nullptr) next_->on_stderr(bytes);
}

Result<std::string> compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  auto size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0)
    return Error(ErrorKind::internal, std::string("zstd: ") + ZSTD_getErrorName(size));
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

Result<std::string> decompress(std::string_view frame, std::size_t limit) {
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) return Error(ErrorKind::internal, "zstd: no memory");
  std::string out;
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{frame.data(), frame.size(), 0};
  std::size_t state = 1;
  while (state != 0) {
    ZSTD_outBuffer to{buffer.data(), buffer.size(), 0};
    state = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(state) != 0)
      return Error(ErrorKind::protocol, std::string("zstd: ") + ZSTD_getErrorName(state));
    if (out.size() + to.pos > limit)
      return Error(ErrorKind::protocol, "zstd: more than " + std::to_string(limit) + " bytes");
    out.append(buffer.data(), to.pos);
    if (state != 0 && in.pos == in.size && to.pos == 0)
      return Error(ErrorKind::protocol, "zstd: the frame is cut off");
  }
  if (in.pos != in.size) return Error(ErrorKind::protocol, "zstd: bytes after the frame");
  return out;
}

}  // namespace tripled::exec
