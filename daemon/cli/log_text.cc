#include "daemon/cli/log_text.h"

#include <zstd.h>

#include <cstdio>

#include "daemon/report/words.h"

namespace tripled::cli {

Result<std::string> unpack_log(const std::string& frame) {
  auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > (1u << 30))
    return Error(ErrorKind::store, "a stored log is not what was stored");
  std::string out(size, '\0');
  if (ZSTD_isError(ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size())))
    return Error(ErrorKind::store, "a stored log is damaged");
  return out;
}

void print_log(const std::string& text, bool raw) {
  const auto shown = raw ? text : report::printable(text);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

std::string log_heading(const std::string& subject, const std::string& stage, std::int64_t shard,
                        std::int64_t attempt, const std::string& reason) {
  const auto part = shard > 0 ? ", shard " + std::to_string(shard + 1) : std::string();
  return "=== " + subject + " " + stage + part + ", attempt " + std::to_string(attempt) + " (" + reason +
         ")\n";
}

}  // namespace tripled::cli
