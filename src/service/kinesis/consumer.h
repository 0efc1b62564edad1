#pragma once
// Consumers with enhanced fan-out, as they are registered.

#include <vector>

#include "service/kinesis/kinesis.h"

namespace leat::kinesis {

std::vector<ConsumerDescription> consumers_of(const Kinesis& kinesis, const Stream& stream);

}  // namespace leat::kinesis
