// A large request is there until it is answered, as a small one is.

#include <gtest/gtest.h>

#include <future>

#include "app/large_requests.h"

namespace leat::app {
namespace {

// Answers when it is asked to.
class Later final : public runtime::HttpHandler {
 public:
  void handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) override {
    taken.set_value({&request, std::move(respond)});
  }
  std::promise<std::pair<const runtime::HttpRequest*, runtime::HttpRespond>> taken;
};

TEST(LargeRequestsTest, ARequestLivesUntilItsAnswer) {
  const std::string body((8U << 20) + 1, 'x');
  Later later;
  runtime::Loop loop("large requests");
  LargeRequests large(later, loop);
  std::promise<int> answered;
  const auto room = std::make_shared<int>();
  const std::weak_ptr<int> held = room;
  {
    runtime::HttpRequest request;
    request.body = body;
    request.headers.assign(100, {"origin", "https://app.example"});
    request.room = room;
    large.handle(request, [&](const runtime::HttpResponse& response) { answered.set_value(response.status); });
  }
  auto [request, respond] = later.taken.get_future().get();
  std::promise<void> over;
  loop.post([&] { over.set_value(); });
  over.get_future().wait();
  EXPECT_EQ(held.use_count(), 1);
  const std::vector<char> elsewhere(sizeof(runtime::HttpHeader) * 100, '?');  // where it would stand if it were gone
  ASSERT_EQ(request->headers.size(), 100);
  EXPECT_EQ(request->header("origin"), "https://app.example");
  respond({});
  EXPECT_EQ(answered.get_future().get(), 200);
}

}  // namespace
}  // namespace leat::app
