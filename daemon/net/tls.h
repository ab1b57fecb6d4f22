// TLS of the port and of the command line's requests: what is shown to others, and whom to believe. OpenSSL
// stays in tls.cc and stream.h.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "schema/base/result.h"

namespace tripled::net {

class TlsContext;  // stream.h

// PEM files: the daemon's certificate, followed by those between it and a root, and its key. config error:
// one cannot be read, is encrypted, or they do not belong together. TLS 1.2 and newer.
Result<std::shared_ptr<TlsContext>> load_certificate(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key);
// When the certificate of such a context ends, in milliseconds since 1970.
std::int64_t certificate_ends_at(const TlsContext& context);

// Whoever is certified by one of `ca` (a PEM file; empty: the system's) is believed. usage error: unreadable.
Result<std::shared_ptr<TlsContext>> load_trust(const std::filesystem::path& ca);

}  // namespace tripled::net
