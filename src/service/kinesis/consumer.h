#pragma once
// Consumers with enhanced fan-out, as they are registered.

#include <string>
#include <vector>

#include "service/kinesis/kinesis.h"

namespace leat::kinesis {

// NAME in arn:…/consumer/NAME:TIME; empty where it is none.
std::string consumer_name_in(std::string_view arn);

std::optional<ConsumerDescription> find_consumer(const Kinesis& kinesis, const Stream& stream, std::string_view name);

struct Registered {
  StreamPtr stream;
  ConsumerDescription consumer;
};
// By that very ARN, of any account.
aws::Result<Registered> find_consumer(Kinesis& kinesis, const aws::Caller& caller, const std::string& arn);
std::unexpected<aws::Error> consumer_not_found(const aws::Caller& caller, std::string_view consumer);

std::vector<ConsumerDescription> consumers_of(const Kinesis& kinesis, const Stream& stream);

}  // namespace leat::kinesis
