#pragma once
// What TransactWriteItems, TransactGetItems and ExecuteTransaction have in common.

#include <span>
#include <string_view>

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// One action an item.
aws::Result<void> check_distinct_items(std::span<const std::string_view> rows);
aws::Result<void> check_distinct_items(std::span<const ItemWrite> writes);

// The items of one transaction may have 4 MB together.
aws::Result<void> check_total_size(std::size_t bytes);

// TransactionCanceledException with a reason for each action, in order.
std::unexpected<aws::Error> cancelled(const DynamoDb::Failures& failures);

// The same where only one action was looked at, of `count`.
std::unexpected<aws::Error> cancelled_at(std::size_t place, std::size_t count, aws::Error failure);

// The writes of a transaction, done once for their ClientRequestToken.
struct TransactionOnce {
  const std::optional<std::string>& token;
  std::string request;  // without its token, in any form that does not change from one sending to the next
};
struct TransactionDone {
  bool repeated = false;  // it was done before, and nothing was written now
  std::vector<ItemWritten> written;
};
aws::Result<TransactionDone> write_once(DynamoDb& db, const aws::Caller& caller, const TransactionOnce& once,
                                        std::span<const ItemWrite> writes);

}  // namespace leat::dynamodb
