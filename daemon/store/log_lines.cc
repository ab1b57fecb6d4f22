#include "daemon/store/log_lines.h"

#include <zstd.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace tripled::store {
namespace {

// Takes the text piece by piece and keeps what the range asks for.
class Collector {
 public:
  explicit Collector(const LineRange& range) : range_(range) {}

  void take(std::string_view text) {
    while (!text.empty()) {
      auto end = text.find('\n');
      auto piece = text.substr(0, end == text.npos ? text.npos : end + 1);
      bool complete = end != text.npos;
      if (is_wanted()) append(piece, complete);
      begun_ = !complete;
      if (complete) end_line();
      text.remove_prefix(piece.size());
    }
  }
  LogLines finish() {
    if (begun_) end_line();
    LogLines out;
    out.total = line_;
    out.first = kept_.empty() ? std::min(range_.from, line_ + 1) : first_;
    for (const auto& line : kept_) out.text += line;
    out.lines = kept_.size();
    return out;
  }

 private:
  bool is_wanted() const {
    if (range_.lines == 0) return false;
    if (range_.tail) return true;
    return !full_ && line_ + 1 >= range_.from && line_ + 1 - range_.from < range_.lines;
  }
  void append(std::string_view piece, bool complete) {
    constexpr std::string_view cut = " … (cut)\n";
    auto room = max_line_bytes - std::min(max_line_bytes, current_.size());
    if (piece.size() <= room && !cut_) {
      current_ += piece;
      return;
    }
    current_ += piece.substr(0, cut_ ? 0 : room);
    cut_ = true;
    if (complete) current_ += cut;
  }
  void end_line() {
    if (is_wanted()) keep(std::move(current_));
    ++line_;
    current_.clear();
    cut_ = false;
    begun_ = false;
  }
  void keep(std::string line) {
    if (!range_.tail && bytes_ + line.size() > max_range_bytes) {
      full_ = true;
      return;
    }
    if (kept_.empty()) first_ = line_ + 1;
    bytes_ += line.size();
    kept_.push_back(std::move(line));
    while (range_.tail && (kept_.size() > range_.lines || bytes_ > max_range_bytes)) {
      bytes_ -= kept_.front().size();
      kept_.pop_front();
      ++first_;
    }
  }

  const LineRange range_;
  std::deque<std::string> kept_;
  std::string current_;
  std::uint64_t line_ = 0, first_ = 1;  // complete lines so far; number of the first kept one
  std::size_t bytes_ = 0;
  bool begun_ = false, cut_ = false, full_ = false;
};

}  // namespace

Result<LogLines> read_log_lines(std::string_view frame, const LineRange& range) {
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  ZSTD_initDStream(stream.get());
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{frame.data(), frame.size(), 0};
  Collector collector(range);
  std::size_t left = 1;  // 0: a frame is complete
  for (bool more = !frame.empty(); more;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left)) return Error(ErrorKind::store, "a stored log is damaged");
    collector.take(std::string_view(piece.data(), out.pos));
    more = in.pos < in.size || (left != 0 && out.pos == out.size);
  }
  if (left != 0) return Error(ErrorKind::store, "a stored log is not complete");
  return collector.finish();
}

}  // namespace tripled::store
