// The service with TLS: commands, a worker elsewhere, the daemon's own worker, probes, and a certificate that
// is changed while it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/e2e/tripled_process.h"
#include "tests/net/certificates.h"
#include "tests/net/client.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
using test::Authority;
using testing::HasSubstr;
using testing::Not;

class ServeTls : public testing::Test {
 protected:
  ServeTls() {
    use(authority.issue("daemon", "DNS:localhost"));
    write_files(dir.path(),
                {{"tripled.yaml",
                  "tripled: 1\nlisten: {address: 127.0.0.1:0, tls: {certificate: now.cert.pem, key: "
                  "now.key.pem}}\nmetrics: {listen: 127.0.0.1:0}\nstate: state\ncache: '" +
                      test_cache().string() + "'\nlocal-worker: {slots: 1}\n"}});
    fs::create_directories(dir.path() / "daemon");  // its output is not that of the commands
    daemon = std::make_unique<Started>(
        dir.path() / "daemon", std::vector<std::string>{"serve", (dir.path() / "tripled.yaml").string()});
    wait_for("worker local connected");
  }
  void use(const Authority::Files& files) {
    fs::copy_file(files.certificate, dir.path() / "now.cert.pem", fs::copy_options::overwrite_existing);
    fs::copy_file(files.key, dir.path() / "now.key.pem", fs::copy_options::overwrite_existing);
  }
  void wait_for(const std::string& text) {
    for (int i = 0; i < 400 && !contains(daemon->err_so_far(), text); ++i) ::usleep(100'000);
    ASSERT_THAT(daemon->err_so_far(), HasSubstr(text));
  }
  // The number after `words` in the daemon's log.
  int number_after(const std::string& words) const {
    auto log = daemon->err_so_far();
    auto at = log.find(words);
    return at == std::string::npos ? 0 : std::atoi(log.c_str() + at + words.size());
  }
  std::string url() const {
    return "https://localhost:" + std::to_string(number_after("listening on https://127.0.0.1:"));
  }
  Ran status(const fs::path& ca) {
    return run_tripled(dir.path(), {"status", "--server", url(), "--ca", ca.string(), "--token-file",
                                    (dir.path() / "state/admin.token").string()});
  }

  TemporaryDirectory dir;
  Authority authority{dir.path(), "authority"}, other{dir.path(), "other"};
  std::unique_ptr<Started> daemon;
};

TEST_F(ServeTls, CommandsAndWorkersComeInAndTokensAreNeverSeen) {
  EXPECT_EQ(status(authority.certificate()).status, 0);
  auto stranger = status(other.certificate());
  EXPECT_NE(stranger.status, 0);
  EXPECT_THAT(stranger.err, HasSubstr("certificate verify failed"));

  auto made = run_tripled(dir.path(),
                          {"token", "add", "w2", "worker", "--server", url(), "--token-file",
                           (dir.path() / "state/admin.token").string()},
                          {{"TRIPLED_CA", authority.certificate().string()}});
  ASSERT_EQ(made.status, 0) << made.err;
  const auto token = std::string(trim(made.out));
  fs::create_directories(dir.path() / "w2");
  Started worker(dir.path() / "w2",
                 {"--daemon", url(), "--ca", authority.certificate().string(), "--name", "w2", "--cache",
                  test_cache().string(), "--state", (dir.path() / "w2").string()},
                 {{"TRIPLED_WORKER_TOKEN", token}}, fs::path(), worker_program());
  wait_for("worker w2 connected");
  auto command_line = read_file("/proc/" + std::to_string(worker.pid()) + "/cmdline", 1 << 20);
  ASSERT_TRUE(command_line);
  const auto admin = std::string(trim(*read_file(dir.path() / "state/admin.token", 4096)));
  for (const auto& secret : {token, admin})
    for (const auto& seen : {*command_line, daemon->err_so_far(), worker.err_so_far()})
      EXPECT_THAT(seen, Not(HasSubstr(secret)));
}

TEST_F(ServeTls, ProbesAndMetricsHaveAnAddressOfTheirOwn) {
  const auto port = static_cast<std::uint16_t>(number_after("metrics and probes on port "));
  for (const auto& [path, part] : std::map<std::string, std::string>{
           {"/healthz", "ok"}, {"/readyz", "ready"}, {"/metrics", "tripled_workers"}}) {
    test::Client client(port);
    client.write("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.status(), 200u) << path;
    EXPECT_THAT(client.body(), HasSubstr(part));
  }
  test::Client elsewhere(port);
  elsewhere.write("GET /api/v1/status HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(elsewhere.status(), 404u);
}

TEST_F(ServeTls, HangupTakesANewCertificateAndABadOneChangesNothing) {
  std::ofstream(dir.path() / "now.cert.pem") << "no certificate\n";
  daemon->signal(SIGHUP);
  wait_for("SIGHUP: nothing is changed: ");
  EXPECT_THAT(daemon->err_so_far(), HasSubstr("now.cert.pem: "));
  EXPECT_EQ(status(authority.certificate()).status, 0);

  use(other.issue("second", "DNS:localhost"));
  daemon->signal(SIGHUP);
  wait_for("SIGHUP: the certificate was read again");
  EXPECT_EQ(status(other.certificate()).status, 0);
  EXPECT_NE(status(authority.certificate()).status, 0);

  write_files(dir.path(), {{"tripled.yaml", "tripled: 1\nlissten: x\n"}});
  daemon->signal(SIGHUP);
  wait_for("unknown key `lissten`");
  EXPECT_EQ(status(other.certificate()).status, 0);
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(30).status, 0);
}

}  // namespace
}  // namespace tripled::e2e
