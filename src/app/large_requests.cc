#include "app/large_requests.h"

namespace leat::app {
namespace {

constexpr std::size_t kLarge = 8U << 20;  // bytes; an invocation's payload and what is put into a queue are smaller

}  // namespace

void LargeRequests::handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) {
  if (request.body.size() <= kLarge) return handler_.handle(request, std::move(respond));
  runtime::HttpRequest taken = request;
  taken.waiter = nullptr;  // it asks for its watch on its own thread alone
  loop_.post([this, taken = std::move(taken), respond = std::move(respond)]() mutable {
    handler_.handle(taken, std::move(respond));
  });
}

}  // namespace leat::app
