// Probes on an address of their own.
#include "daemon/app/service/probes.h"

#include <gtest/gtest.h>

#include <thread>

#include "daemon/net/client.h"

namespace tripled::app {
namespace {

TEST(Probes, AnswerTheirPathsWithoutATokenAndNothingElse) {
  boost::asio::io_context io;
  std::map<std::string, Probes::Answer> answers;
  answers["/readyz"] = [] { return net::HttpResponse{503, "text/plain", "draining\n"}; };
  auto probes = Probes::start(io, "127.0.0.1", 0, answers);
  ASSERT_TRUE(probes) << probes.error().message();
  std::thread thread([&] { io.run(); });
  net::ServerAddress address{"127.0.0.1", (*probes)->port()};
  auto ready = net::call(address, "GET", "/readyz"), other = net::call(address, "GET", "/api/v1/status"),
       post = net::call(address, "POST", "/readyz");
  io.stop();
  thread.join();
  ASSERT_TRUE(ready && other && post);
  EXPECT_EQ(ready->status, 503u);
  EXPECT_EQ(ready->body, "draining\n");
  EXPECT_EQ(other->status, 404u);
  EXPECT_EQ(post->status, 405u);
}

TEST(Probes, AddressThatIsTakenIsAnErrorThatNamesTheSetting) {
  boost::asio::io_context io;
  auto first = Probes::start(io, "127.0.0.1", 0, {});
  ASSERT_TRUE(first);
  auto second = Probes::start(io, "127.0.0.1", (*first)->port(), {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("metrics.listen"), std::string::npos);
}

}  // namespace
}  // namespace tripled::app
