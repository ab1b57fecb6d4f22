#include "daemon/net/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

#include "daemon/net/stream.h"

namespace tripled::net {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<TlsContext>> load_certificate(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key) {
  auto out = std::make_shared<TlsContext>(ssl::context::tls_server);
  auto& context = out->context;
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression |
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  boost::system::error_code ec;
  // Without one, OpenSSL would ask at the terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); },
                                ec);
  context.use_certificate_chain_file(certificate.string(), ec);
  if (ec) return config_error(certificate.string() + ": " + ec.message());
  context.use_private_key_file(key.string(), ssl::context::pem, ec);
  if (ec) return config_error(key.string() + ": " + ec.message());
  return out;
}

std::int64_t certificate_ends_at(const TlsContext& context) {
  auto* handle = const_cast<TlsContext&>(context).context.native_handle();
  const auto* certificate = SSL_CTX_get0_certificate(handle);
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
  return static_cast<std::int64_t>(::timegm(&end)) * 1000;
}

Result<std::shared_ptr<TlsContext>> load_trust(const std::filesystem::path& ca) {
  auto out = std::make_shared<TlsContext>(ssl::context::tls_client);
  auto& context = out->context;
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context.set_verify_mode(ssl::verify_peer);
  boost::system::error_code ec;
  if (ca.empty())
    context.set_default_verify_paths(ec);
  else
    context.load_verify_file(ca.string(), ec);
  if (ec) return usage_error("--ca " + ca.string() + ": " + ec.message());
  return out;
}

}  // namespace tripled::net
