// Documents as the store keeps them: text when small, zstd when large. Any thread.
#pragma once
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "schema/wire/json.h"

namespace tripled::store {

struct Document {
  std::string bytes;
  bool compressed = false;
};

// Invalid UTF-8 is replaced: what is stored can always be read again.
Document make_document(std::string text);
// store error: damaged, or larger than 256 MiB.
Result<std::string> decompress_document(std::string_view bytes);

template <class T>
Document document_of(const T& value) {
  return make_document(wire::to_text_json(value));
}

}  // namespace tripled::store
