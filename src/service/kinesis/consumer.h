#pragma once
// Consumers with enhanced fan-out, as they are registered.

#include <vector>

#include "service/kinesis/kinesis.h"

namespace leat::kinesis {

// NAME in arn:…/consumer/NAME:TIME; empty where it is none.
std::string consumer_name_in(std::string_view arn);

std::optional<ConsumerDescription> find_consumer(const Kinesis& kinesis, const Stream& stream, std::string_view name);
std::unexpected<aws::Error> consumer_not_found(const aws::Caller& caller, std::string_view consumer);

std::vector<ConsumerDescription> consumers_of(const Kinesis& kinesis, const Stream& stream);

}  // namespace leat::kinesis
