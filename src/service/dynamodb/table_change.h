#pragma once
// What CreateTable and UpdateTable have in common.

#include <optional>
#include <string>

#include "aws/dynamodb/types.h"
#include "base/clock.h"
#include "service/dynamodb/stream.h"

namespace leat::dynamodb {

aws::Result<void> check_billing(const std::string& mode, const std::optional<ProvisionedThroughput>& throughput);
aws::Result<void> check_stream_specification(const StreamSpecification& specification);

void set_billing(TableDescription& description, const std::string& mode,
                 const std::optional<ProvisionedThroughput>& throughput, TimePoint now);

// A label that the table never had: the time, moved on where two streams begin in one millisecond.
NewStream new_stream(const kv::Store& store, const aws::Caller& caller, const TableDescription& description,
                     const StreamSpecification& specification, TimePoint now);

}  // namespace leat::dynamodb
