#pragma once
// What TransactWriteItems, TransactGetItems and ExecuteTransaction have in common.

#include <span>
#include <string_view>

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// One action an item.
aws::Result<void> check_distinct_items(std::span<const std::string_view> rows);

// A token that another request has used.
std::unexpected<aws::Error> token_mismatch();

// TransactionCanceledException with a reason for each action, in order.
std::unexpected<aws::Error> cancelled(const DynamoDb::Failures& failures);

}  // namespace leat::dynamodb
