#include "service/dynamodb/item/transaction.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "aws/dynamodb/types.h"
#include "service/dynamodb/item/transaction_token.h"

namespace leat::dynamodb {
namespace {

// The code that stands for an error in the reasons.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
std::string reason_code(const aws::Error& error) {
  if (error.type == &errors::kConditionalCheckFailed) return "ConditionalCheckFailed";
  if (error.type == &errors::kItemCollectionSizeLimitExceeded) return "ItemCollectionSizeLimitExceeded";
  if (error.type == &errors::kProvisionedThroughputExceeded) return "ProvisionedThroughputExceeded";
  if (error.type == &errors::kThrottling) return "ThrottlingError";
  return "ValidationError";
}

}  // namespace

aws::Result<void> check_distinct_items(std::span<const std::string_view> rows) {
  std::set<std::string_view> seen;
  for (const auto row : rows) {
    if (!seen.insert(row).second)
      return aws::fail(aws::errors::kValidation, "Transaction request cannot include multiple operations on one item");
  }
  return {};
}

aws::Result<void> check_distinct_items(std::span<const ItemWrite> writes) {
  std::vector<std::string_view> rows;
  for (const ItemWrite& write : writes) rows.push_back(write.key.row);
  return check_distinct_items(rows);
}

aws::Result<void> check_total_size(std::size_t bytes) {
  constexpr std::size_t kMost = 4UL << 20;
  if (bytes <= kMost) return {};
  return aws::fail(aws::errors::kValidation,
                   "Transaction request size limit exceeded: the items of a transaction cannot exceed 4 MB in all");
}

std::unexpected<aws::Error> cancelled(const DynamoDb::Failures& failures) {
  TransactionCanceledException details;
  auto& reasons = details.cancellation_reasons.emplace();
  std::vector<std::string> codes;
  for (const auto& failure : failures) {
    // A table that went away while the transaction ran is an error of the request.
    if (failure && failure->type == &errors::kResourceNotFound) return std::unexpected(*failure);
    CancellationReason reason;
    reason.code = failure ? reason_code(*failure) : "None";
    if (failure) reason.message = failure->message;
    if (failure && failure->type == &errors::kConditionalCheckFailed && failure->details)
      reason.item = static_cast<const ConditionalCheckFailedException*>(failure->details.get())->item;
    codes.push_back(*reason.code);
    reasons.push_back(std::move(reason));
  }
  return aws::fail_with(
      errors::kTransactionCanceled,
      fmt::format("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                  fmt::join(codes, ", ")),
      std::move(details));
}

std::unexpected<aws::Error> cancelled_at(std::size_t place, std::size_t count, aws::Error failure) {
  DynamoDb::Failures failures(count);
  failures[place] = std::move(failure);
  return cancelled(failures);
}

aws::Result<TransactionDone> write_once(DynamoDb& db, const aws::Caller& caller, const TransactionOnce& once,
                                        std::span<const ItemWrite> writes) {
  std::optional<TransactionToken> token;
  if (once.token) token.emplace(db, caller, *once.token, once.request);
  TokenState state = token ? token->state() : TokenState::kNew;
  while (state == TokenState::kNew) {
    auto done = db.transact(writes, [&](kv::Batch& batch) {
      state = token ? token->stage(batch) : TokenState::kNew;
      return state == TokenState::kNew;
    });
    if (done && state == TokenState::kNew) return TransactionDone{false, std::move(*done)};
    // What fails now may be what the same request, sent twice at once, has just done.
    if (!done && state == TokenState::kNew) state = token ? token->state() : state;
    if (!done && state == TokenState::kNew) return cancelled(done.error());
  }
  if (state == TokenState::kMismatch) {
    return aws::fail(errors::kIdempotentParameterMismatch,
                     "The request was rejected because it was made with a token that a request with other parameters "
                     "has used");
  }
  return TransactionDone{true, {}};
}

}  // namespace leat::dynamodb
