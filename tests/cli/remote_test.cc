// Addresses and paths as the remote commands write them.
#include "daemon/cli/remote.h"

#include <gtest/gtest.h>

namespace tripled::cli {
namespace {

TEST(ServerAddress, IsAHostAndAPort) {
  for (const char* text : {"http://127.0.0.1:7420", "127.0.0.1:7420", "http://127.0.0.1:7420/"}) {
    auto address = net::parse_server_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host, "127.0.0.1");
    EXPECT_EQ(address->port, 7420);
  }
  EXPECT_EQ(net::parse_server_address("http://[::1]:80")->host, "::1");
  EXPECT_EQ(net::parse_server_address("http://h:1")->trust, nullptr);
  EXPECT_NE(net::parse_server_address("https://h:1")->trust, nullptr);
  for (const char* bad : {"", "http://", "h", "h:", ":1", "h:0", "h:65536", "h:1x", "https://",
                          "http://h:1/api/v1", "http://h/x:1"}) {
    auto refused = net::parse_server_address(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind(), ErrorKind::usage) << bad;
  }
}

TEST(PercentEncoded, LeavesNothingThatAPathMeans) {
  EXPECT_EQ(percent_encoded("build-3.x_~"), "build-3.x_~");
  EXPECT_EQ(percent_encoded("a b/c?d#e%"), "a%20b%2Fc%3Fd%23e%25");
  EXPECT_EQ(percent_encoded("é"), "%C3%A9");
}

}  // namespace
}  // namespace tripled::cli
