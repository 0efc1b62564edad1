#pragma once
// Queues as sources of event source mappings, and as destinations of what Lambda has to tell.

#include "authorization/policy_authorizer.h"
#include "service/lambda/ports.h"
#include "service/sqs/sqs.h"

namespace leat::integration {

class SqsQueueSource final : public lambda::QueueSource {
 public:
  explicit SqsQueueSource(sqs::Sqs& sqs) : sqs_(sqs) {}

  bool owns(std::string_view queue_arn) const override;
  aws::Result<Facts> find(std::string_view queue_arn) override;
  std::vector<lambda::QueuedMessage> receive(std::string_view queue_arn, std::size_t count) override;
  void remove(std::string_view queue_arn, const std::vector<std::string>& receipt_handles) override;
  std::shared_ptr<void> subscribe(std::string_view queue_arn, std::function<void()> changed) override;

 private:
  sqs::Sqs& sqs_;
};

class SqsDestinations final : public lambda::Destinations {
 public:
  SqsDestinations(sqs::Sqs& sqs, const authorization::PolicyAuthorizer& authorizer) : sqs_(sqs), authorizer_(authorizer) {}

  aws::Result<void> check(std::string_view arn) override;
  // AccessDenied where the letter's role may not send to the queue.
  aws::Result<void> send(std::string_view arn, const Letter& letter) override;

 private:
  sqs::Sqs& sqs_;
  const authorization::PolicyAuthorizer& authorizer_;
};

}  // namespace leat::integration
