#include "app/large_requests.h"

namespace leat::app {
namespace {

constexpr std::size_t kLarge = 8U << 20;  // bytes; an invocation's payload and what is put into a queue are smaller

}  // namespace

void LargeRequests::handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) {
  if (request.body.size() <= kLarge) return handler_.handle(request, std::move(respond));
  const auto taken = std::make_shared<runtime::HttpRequest>(request);
  taken->waiter = nullptr;  // it asks for its watch on its own thread alone
  // Who answers still looks at the request, however much later that is.
  auto answer = [taken, respond = std::move(respond)](runtime::HttpResponse response) mutable {
    respond(std::move(response));
  };
  loop_.post([this, taken, answer = std::move(answer)]() mutable {
    handler_.handle(*taken, std::move(answer));
    taken->room.reset();
  });
}

}  // namespace leat::app
