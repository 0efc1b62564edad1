#pragma once
// What CreateTable, UpdateTable and DescribeTable have in common.

#include <optional>
#include <string>

#include "aws/dynamodb/types.h"
#include "base/clock.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/stream.h"

namespace leat::dynamodb {

aws::Result<void> check_billing(const std::string& mode, const std::optional<ProvisionedThroughput>& throughput);
// `being` is what becomes of the stream: "If stream is being ", "Table is being created with a stream ".
aws::Result<void> check_stream_specification(const StreamSpecification& specification, std::string_view being);
aws::Result<void> check_encryption(const std::optional<SSESpecification>& specification);

// PROVISIONED or PAY_PER_REQUEST.
const std::string& billing_mode(const TableDescription& description);
void set_billing(TableDescription& description, const std::string& mode,
                 const std::optional<ProvisionedThroughput>& throughput, TimePoint now);
void set_encryption(TableDescription& description, const std::optional<SSESpecification>& specification);

// Raises the warm throughput. ValidationException where that would lower it: below `what`.
aws::Result<void> warm_up(TableDescription& description, const std::optional<WarmThroughput>& wanted,
                          std::string_view what);

// As an answer shows the table: its warm throughput only where the request has asked for one.
void hide_warm_throughput(TableDescription& description);

// A label that the table never had: the time, moved on where two streams begin in one millisecond.
NewStream new_stream(const kv::Store& store, const aws::Caller& caller, const TableDescription& description,
                     const StreamSpecification& specification, TimePoint now);

// The table as DescribeTable shows it: with its sizes, and UPDATING while an index is being filled.
TableDescription present(const DynamoDb& db, const Table& table);

}  // namespace leat::dynamodb
