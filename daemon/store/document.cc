#include "daemon/store/document.h"

#include <zstd.h>

#include "schema/base/text.h"

namespace tripled::store {
namespace {

constexpr std::size_t smallest_compressed = 1024;
constexpr unsigned long long largest = 256ull << 20;
constexpr int level = 3;

}  // namespace

Document make_document(std::string text) {
  text = to_valid_utf8(text);
  if (text.size() < smallest_compressed) return {std::move(text), false};
  std::string out(ZSTD_compressBound(text.size()), '\0');
  auto size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
  if (ZSTD_isError(size)) return {std::move(text), false};
  out.resize(size);
  return {std::move(out), true};
}

Result<std::string> decompress_document(std::string_view bytes) {
  auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > largest)
    return Error(ErrorKind::store, "a stored document is damaged: not a zstd frame of known size");
  std::string out(static_cast<std::size_t>(size), '\0');
  auto got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) || got != out.size())
    return Error(ErrorKind::store, std::string("a stored document is damaged: ") +
                                       (ZSTD_isError(got) ? ZSTD_getErrorName(got) : "wrong size"));
  return out;
}

}  // namespace tripled::store
