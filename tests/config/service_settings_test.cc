// tripled.yaml: what is read, what is refused with its place, and that the schema agrees.
#include "config/service_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/json_schema.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ServiceSettings, DefaultsAreALoopbackPortAndNoWorker) {
  auto read = read_service_settings("tripled: 1\n", "/etc/tripled/tripled.yaml");
  ASSERT_TRUE(read) << testing::error_of(read);
  EXPECT_EQ(read->listen.text(), "127.0.0.1:7420");
  EXPECT_EQ(read->local_slots, 0);
  EXPECT_TRUE(read->state.empty());
  EXPECT_TRUE(read->project_roots.empty());
}

TEST(ServiceSettings, PathsAreBelowTheFilesDirectory) {
  auto read = read_service_settings(
      "tripled: 1\nlisten: '[::1]:80'\nstate: var\ncache: /c\nproject-roots: [src, /srv/../srv/git]\n"
      "local-worker: {slots: 3}\nlimits: {cells-per-sweep: 10}\nleases: {duration: 2m, heartbeat: 30s}\n",
      "/etc/tripled/tripled.yaml");
  ASSERT_TRUE(read) << testing::error_of(read);
  EXPECT_EQ(read->listen.text(), "[::1]:80");
  EXPECT_EQ(read->state, "/etc/tripled/var");
  EXPECT_EQ(read->cache, "/c");
  EXPECT_THAT(read->project_roots, ElementsAre("/etc/tripled/src", "/srv/git"));
  EXPECT_EQ(read->local_slots, 3);
  EXPECT_EQ(read->cells_per_sweep, 10u);
  EXPECT_EQ(read->lease, Millis(120'000));
  EXPECT_EQ(read->heartbeat, Millis(30'000));
}

TEST(ServiceSettings, CeilingsOfTheDisk) {
  auto read =
      read_service_settings("tripled: 1\ndisk: {logs: 1.5 GiB, evidence: none, collect-every: 1h}\n", "t");
  ASSERT_TRUE(read) << testing::error_of(read);
  EXPECT_EQ(read->disk.logs, 3ull << 29);
  EXPECT_EQ(read->disk.evidence, 0u);
  EXPECT_EQ(read->disk.archives, DiskSettings().archives);
  EXPECT_EQ(read->disk.collect_every, std::chrono::hours(1));
}

TEST(ServiceSettings, ListenAddresses) {
  for (const char* good : {"127.0.0.1:7420", "[::]:1", "localhost:65535", "build-host.example:0"})
    EXPECT_TRUE(parse_listen_address(good)) << good;
  for (const char* bad : {"7420", ":7420", "::1:7420", "h:65536", "h:x", "h:", "[]:1", "h:1 "})
    EXPECT_FALSE(parse_listen_address(bad)) << bad;
  EXPECT_TRUE(parse_listen_address("127.8.0.1:1")->loopback());
  EXPECT_FALSE(parse_listen_address("0.0.0.0:1")->loopback());
  EXPECT_FALSE(parse_listen_address("[::]:1")->loopback());
}

TEST(ServiceSettings, TlsAndTheAddressOfMetrics) {
  auto read = read_service_settings(
      "tripled: 1\nlisten: {address: '0.0.0.0:7420', tls: {certificate: cert.pem, key: /k/key.pem}}\n"
      "metrics: {listen: 127.0.0.1:9420, series: 700}\n",
      "/etc/tripled/tripled.yaml");
  ASSERT_TRUE(read) << testing::error_of(read);
  EXPECT_EQ(read->listen.text(), "0.0.0.0:7420");
  ASSERT_TRUE(read->tls);
  EXPECT_EQ(read->tls->certificate, "/etc/tripled/cert.pem");
  EXPECT_EQ(read->tls->key, "/k/key.pem");
  ASSERT_TRUE(read->metrics);
  EXPECT_EQ(read->metrics->text(), "127.0.0.1:9420");
  EXPECT_EQ(read->metrics_series, 700u);
}

struct Refused {
  const char* yaml;
  const char* message;
};

class RefusedSettings : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedSettings, SayWhereAndWhy) {
  auto read = read_service_settings(GetParam().yaml, "t.yaml");
  ASSERT_FALSE(read) << GetParam().yaml;
  EXPECT_EQ(read.error().kind(), ErrorKind::config);
  EXPECT_THAT(read.error().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Of, RefusedSettings,
    ::testing::Values(
        Refused{"listen: 127.0.0.1:1\n", "t.yaml:1:1: `tripled: 1` is missing"},
        Refused{"tripled: 2\n", "t.yaml:1:10: `tripled` is the version of this format, 1"},
        Refused{"[]\n", "t.yaml:1:1: expected a map"},
        Refused{"tripled: 1\nlissten: x\n",
                "t.yaml:2:1: unknown key `lissten` in the settings of the daemon; "
                "did you mean `listen`?"},
        Refused{"tripled: 1\nlisten: 7420\n", "t.yaml:2:9: `listen` takes an address and a port"},
        Refused{"tripled: 1\nlisten: 0.0.0.0:7420\n",
                "t.yaml:2:9: tokens and results would cross the network"},
        Refused{"tripled: 1\nlisten: {address: 7420}\n",
                "t.yaml:2:19: `address` takes an address and a port"},
        Refused{"tripled: 1\nlisten: {address: '0.0.0.0:1'}\n",
                "t.yaml:2:9: tokens and results would cross the network"},
        Refused{"tripled: 1\nlisten: {tls: {key: k}}\n", "t.yaml:2:15: `tls` names two files"},
        Refused{"tripled: 1\nmetrics: {listen: 9}\n", "t.yaml:2:19: `listen` takes an address and a port"},
        Refused{"tripled: 1\nlocal-worker: {}\n", "t.yaml:2:15: `local-worker` says how many `slots` it has"},
        Refused{"tripled: 1\nlocal-worker: {slots: 0}\n", "t.yaml:2:23: `slots` takes a whole number"},
        Refused{"tripled: 1\nleases: {duration: 20s}\n",
                "t.yaml:2:9: a lease of 20.0s ends before two heartbeats"},
        Refused{"tripled: 1\ndisk: {logs: 20}\n", "t.yaml:2:14: `logs` takes a size with its unit"},
        Refused{"tripled: 1\ndisk: {log: 20 GiB}\n", "t.yaml:2:8: unknown key `log` in `disk`"},
        Refused{"tripled: 1\nlimits: {cells: 1}\n", "t.yaml:2:10: unknown key `cells` in `limits`"}));

TEST(ServiceSchema, AgreesWithTheReader) {
  testing::JsonSchema schema("schema/json/service.schema.json");
  for (const char* lines :
       {"", "listen: '[::1]:80'\n", "anonymous: viewer\n", "plain-http: yes\nlisten: 0.0.0.0:80\n",
        "project-roots: /srv\n", "local-worker: {slots: 3}\n", "limits: {cells-per-sweep: 10}\n",
        "disk: {logs: 1.5 GiB, evidence: none, archives: 300MiB, snapshots: 1 B, uploads: 1 TiB}\n",
        "disk: {collect-every: 1h}\n", "leases: {heartbeat: 10s}\n", "listen: {address: '[::1]:80'}\n",
        "listen: {address: '0.0.0.0:80', tls: {certificate: c, key: k}}\n", "metrics: {listen: h:9}\n"}) {
    auto yaml = std::string("tripled: 1\n") + lines;
    EXPECT_EQ(schema.problems(yaml), "") << lines;
    auto read = read_service_settings(yaml, "t.yaml");
    EXPECT_TRUE(read) << lines << testing::error_of(read);
  }
  for (const char* yaml :
       {"listen: h:1\n", "tripled: 2\n", "tripled: 1\nlissten: x\n", "tripled: 1\nlisten: 7420\n",
        "tripled: 1\nlocal-worker: {}\n", "tripled: 1\nlocal-worker: {slots: 0}\n",
        "tripled: 1\ndisk: {logs: 20 GB}\n", "tripled: 1\nlimits: {cells: 1}\n", "tripled: 1\nstate: ''\n",
        "tripled: 1\nlisten: {tls: {key: k}}\n", "tripled: 1\nmetrics: {listen: 9}\n"}) {
    EXPECT_NE(schema.problems(yaml), "") << yaml;
    EXPECT_FALSE(read_service_settings(yaml, "t.yaml")) << yaml;
  }
}

}  // namespace
}  // namespace tripled::config
