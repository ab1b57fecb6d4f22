#include "schema/base/hash.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cerrno>
#include <fstream>

namespace tripled {

struct Sha256::Impl {
  EVP_MD_CTX* ctx = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(ctx); }
};

static std::string to_hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  TRIPLED_CHECK(EVP_DigestInit_ex(impl_->ctx, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { EVP_DigestUpdate(impl_->ctx, bytes.data(), bytes.size()); }

void Sha256::field(std::string_view bytes) {
  update(std::to_string(bytes.size()));
  update(":");
  update(bytes);
}

std::string Sha256::hex() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(impl_->ctx, out, &size);
  return to_hex(out, size);
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 h;
  h.update(bytes);
  return h.hex();
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return io_error("reading " + path.string(), errno);
  Sha256 h;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0)
    h.update({buffer, static_cast<std::size_t>(in.gcount())});
  if (in.bad()) return io_error("reading " + path.string(), errno);
  return h.hex();
}

std::string random_hex() {
  unsigned char bytes[16];
  TRIPLED_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
  return to_hex(bytes, sizeof bytes);
}

}  // namespace tripled
