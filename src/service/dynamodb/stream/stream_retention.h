#pragma once
// Removes what streams need not keep any longer: records after 24 hours, and a disabled stream with its last record.

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// Registers who trims, and runs what came due while the server was down.
void keep_retention(DynamoDb& db);

// Adds a new stream's first trimming to the commit that makes it. retention_staged() must follow the commit.
void stage_retention(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description);
void retention_staged(DynamoDb& db);

}  // namespace leat::dynamodb
