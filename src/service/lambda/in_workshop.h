#pragma once
// Requests that take their time: they unpack packages.

#include <spdlog/spdlog.h>

#include "aws/operation.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {

// Runs `work` on the workshop's thread, one after another, and answers once its commits would survive a power cut.
template <class Output>
void in_workshop(Lambda& lambda, aws::Reply<Output> reply, std::move_only_function<aws::Result<Output>()> work) {
  lambda.parts().workshop.post([&store = lambda.parts().store, reply = std::move(reply),
                                work = std::move(work)]() mutable {
    auto result = [&]() -> aws::Result<Output> {
      try {
        return work();
      } catch (const std::exception& failure) {  // lint: catch — dispatch is not above: this request's failure alone
        spdlog::error("lambda: {}", failure.what());
        return aws::fail(aws::errors::kInternalFailure,
                         "The request processing has failed because of an unknown error, exception or failure.");
      }
    }();
    work = nullptr;
    store.durable(store.last_commit(), [reply = std::move(reply), result = std::move(result)]() mutable {
      reply(std::move(result));
    });
  });
}

}  // namespace leat::lambda
