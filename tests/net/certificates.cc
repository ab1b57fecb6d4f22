#include "tests/net/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace tripled::test {

namespace fs = std::filesystem;

namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(std::FILE* p) const { std::fclose(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using File = std::unique_ptr<std::FILE, Free>;

Key new_key() { return Key(EVP_EC_gen("P-256")); }

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension) throw std::runtime_error("a certificate cannot say " + value);
  X509_add_ext(certificate, extension.get(), -1);
}

// Signed by `signer`, or by itself.
Certificate certify(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* signer,
                    const std::string& alternative, int days) {
  static long serial = 1;
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -100L * 24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), days * 24L * 3600);
  X509_set_pubkey(out.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(out.get(), X509_get_subject_name(issuer ? issuer : out.get()));
  X509* by = issuer ? issuer : out.get();
  extend(out.get(), by, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (!alternative.empty()) extend(out.get(), by, NID_subject_alt_name, alternative);
  if (X509_sign(out.get(), signer, EVP_sha256()) == 0) throw std::runtime_error("signing failed");
  return out;
}

File writing(const fs::path& path) {
  File out(std::fopen(path.c_str(), "w"));
  if (!out) throw std::runtime_error("cannot write " + path.string());
  return out;
}

}  // namespace

struct Authority::Impl {
  Key key = new_key();
  Certificate certificate;
};

Authority::Authority(fs::path directory, const std::string& name)
    : impl_(std::make_unique<Impl>()),
      directory_(std::move(directory)),
      certificate_(directory_ / (name + ".pem")) {
  impl_->certificate = certify(impl_->key.get(), name, nullptr, impl_->key.get(), "", 30);
  PEM_write_X509(writing(certificate_).get(), impl_->certificate.get());
}

Authority::~Authority() = default;

Authority::Files Authority::issue(const std::string& name, const std::string& alternative, int days) const {
  Files out{directory_ / (name + ".cert.pem"), directory_ / (name + ".key.pem")};
  auto key = new_key();
  auto certificate = certify(key.get(), name, impl_->certificate.get(), impl_->key.get(), alternative, days);
  PEM_write_X509(writing(out.certificate).get(), certificate.get());
  PEM_write_PrivateKey(writing(out.key).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return out;
}

}  // namespace tripled::test
