#pragma once
// Shards that end and go on in children: every four hours, and when a table's capacity has grown.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// Registers who rolls, and rolls what came due while the server was down.
void keep_rolling(DynamoDb& db);

// Adds a new stream's first roll to the commit that makes it. rolls_staged() must follow the commit.
void stage_roll(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description);
void rolls_staged(DynamoDb& db);

// Splits the open shards of the table's stream in two until there are as many as its capacity asks for.
void grow_stream(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description);

}  // namespace leat::dynamodb
