// The port with TLS, asked by the command line's client: who is believed, and certificates that change.
#include "daemon/net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>

#include "daemon/net/client.h"
#include "tests/base/temporary_directory.h"
#include "tests/net/certificates.h"
#include "tests/net/client.h"
#include "tests/net/fixture.h"

namespace tripled::test {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  std::unique_ptr<RunningServer> serve(const Authority::Files& files) {
    auto loaded = net::load_certificate(files.certificate, files.key);
    if (!loaded) throw std::runtime_error(loaded.error().message());
    net::ServerOptions options;
    options.tls = std::move(loaded).value();
    auto out = std::make_unique<RunningServer>(options);
    out->recorder.answer = [](net::HttpRequest request, auto reply) {
      reply({200, "text/plain", request.identity.name + request.body});
    };
    return out;
  }
  // What the client got, or why it got nothing.
  std::string ask(const RunningServer& server, const std::string& host, const std::filesystem::path& ca,
                  const std::string& body = "") {
    auto address = net::parse_server_address("https://" + host + ":" + std::to_string(server.port()), ca);
    if (!address) return address.error().message();
    address->token = token;
    auto answer = net::call(*address, "POST", "/", body, std::chrono::seconds(20));
    return answer ? answer->body : answer.error().message();
  }

  TemporaryDirectory directory;
  Authority authority{directory.path(), "authority"};
};

TEST_F(Tls, RequestsAndLargeBodiesComeThrough) {
  auto server = serve(authority.issue("daemon", "DNS:localhost,IP:127.0.0.1"));
  EXPECT_EQ(ask(*server, "localhost", authority.certificate()), "w1");
  const std::string body(5u << 20, 'x');
  EXPECT_EQ(ask(*server, "127.0.0.1", authority.certificate(), body), "w1" + body);
}

TEST_F(Tls, AnotherNameAnotherAuthorityAndAnOldCertificateAreNotBelieved) {
  Authority other(directory.path(), "other");
  auto elsewhere = serve(authority.issue("elsewhere", "DNS:elsewhere.example"));
  EXPECT_THAT(ask(*elsewhere, "localhost", authority.certificate()),
              HasSubstr("making sure of the daemon at"));
  auto server = serve(authority.issue("daemon", "DNS:localhost"));
  EXPECT_THAT(ask(*server, "localhost", other.certificate()), HasSubstr("certificate verify failed"));
  EXPECT_THAT(ask(*server, "localhost", ""), HasSubstr("certificate verify failed"));  // the system's
  EXPECT_THAT(ask(*server, "127.0.0.1", authority.certificate()), HasSubstr("making sure"));
  auto over = serve(authority.issue("over", "DNS:localhost", -1));
  EXPECT_THAT(ask(*over, "localhost", authority.certificate()), HasSubstr("certificate verify failed"));
  for (auto* each : {elsewhere.get(), server.get(), over.get()})
    EXPECT_TRUE(each->recorder.requests(0).empty()) << "a token was shown to whoever it was";
}

TEST_F(Tls, PlainHttpIsNoAnswer) {
  auto server = serve(authority.issue("daemon", "DNS:localhost"));
  Client plain(server->port());
  ASSERT_TRUE(plain.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(plain.status(), 0u);
  EXPECT_EQ(ask(*server, "localhost", authority.certificate()), "w1");
}

TEST_F(Tls, NewCertificateIsForConnectionsFromNowOn) {
  auto server = serve(authority.issue("first", "DNS:elsewhere.example"));
  EXPECT_THAT(ask(*server, "localhost", authority.certificate()), HasSubstr("making sure"));
  auto second = authority.issue("second", "DNS:localhost");
  auto loaded = net::load_certificate(second.certificate, second.key);
  ASSERT_TRUE(loaded);
  server->on_io([&](net::Server& s) { s.set_certificate(*loaded); });
  EXPECT_EQ(ask(*server, "localhost", authority.certificate()), "w1");
}

TEST_F(Tls, FilesThatAreNoneAreErrorsThatNameThem) {
  auto good = authority.issue("good", "DNS:localhost"), other = authority.issue("another", "DNS:localhost");
  auto bad = directory.path() / "bad.pem";
  std::ofstream(bad) << "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  for (const auto& [certificate, key, named] :
       {std::tuple{directory.path() / "nowhere.pem", good.key, "nowhere.pem"},
        std::tuple{good.certificate, directory.path() / "nowhere.pem", "nowhere.pem"},
        std::tuple{bad, good.key, "bad.pem"}, std::tuple{good.certificate, bad, "bad.pem"},
        std::tuple{good.certificate, other.key, "another.key.pem: key values mismatch"}}) {
    auto loaded = net::load_certificate(certificate, key);
    ASSERT_FALSE(loaded) << named;
    EXPECT_EQ(loaded.error().kind(), ErrorKind::config);
    EXPECT_THAT(loaded.error().message(), HasSubstr(named));
  }
  EXPECT_FALSE(net::load_trust(bad));
  auto loaded = net::load_certificate(good.certificate, good.key);
  ASSERT_TRUE(loaded);
  const auto in_days = (net::certificate_ends_at(**loaded) / 1000 - ::time(nullptr)) / (24 * 3600);
  EXPECT_GE(in_days, 29);
  EXPECT_LE(in_days, 30);
}

// The protocol version that a client which offers no newer one than that comes to; empty: none.
std::string version_with(std::uint16_t port, int newest) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);  // else it would not even offer the old ones
  SSL_CTX_set_max_proto_version(context, newest);
  BIO* bio = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(bio, ("127.0.0.1:" + std::to_string(port)).c_str());
  SSL* ssl = nullptr;
  BIO_get_ssl(bio, &ssl);
  std::string out = BIO_do_handshake(bio) == 1 ? SSL_get_version(ssl) : "";
  BIO_free_all(bio);
  SSL_CTX_free(context);
  return out;
}

TEST_F(Tls, IsAtLeastVersion12) {
  auto server = serve(authority.issue("daemon", "DNS:localhost"));
  EXPECT_EQ(version_with(server->port(), TLS1_3_VERSION), "TLSv1.3");
  EXPECT_EQ(version_with(server->port(), TLS1_2_VERSION), "TLSv1.2");
  EXPECT_EQ(version_with(server->port(), TLS1_1_VERSION), "");
}

TEST_F(Tls, AddressesAreReadOrRefused) {
  EXPECT_TRUE(net::parse_server_address("https://h:1")->trust);
  EXPECT_FALSE(net::parse_server_address("h:1")->trust);
  EXPECT_FALSE(net::parse_server_address("http://h:1", authority.certificate()));
  for (const char* bad : {"https://h", "https://h:1/x", "ftp://h:1", "https://:1"})
    EXPECT_FALSE(net::parse_server_address(bad)) << bad;
}

}  // namespace
}  // namespace tripled::test
