#pragma once
// Gives a new global index, or a new time to live, the entries of the items that were there before it, while writes
// go on.
//
// Works in steps of some hundred items, each a durable timer, so a restart goes on where it was. A step's commit
// expects its items unchanged; a write that comes first makes it read them again.

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// Registers who backfills, and goes on with what a restart interrupted.
void keep_backfilling(DynamoDb& db);

// Adds the first step to the commit that makes the index; an empty name stands for time to live. backfill_staged() must
// follow the commit.
void stage_backfill(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description,
                    std::string_view index);
void backfill_staged(DynamoDb& db);

}  // namespace leat::dynamodb
