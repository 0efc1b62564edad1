#pragma once
// ClientRequestToken: a transaction that is sent again within ten minutes is answered, and not done again.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
//
//   key    "dynamodb-token" text(account) text(region) text(token)     value  u64(time) digest of the request

#include <string>

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

enum class TokenState : std::uint8_t { kNew, kRepeated, kMismatch };

class TransactionToken {
 public:
  // `request` is the whole request in any form that does not change from one sending to the next.
  TransactionToken(DynamoDb& db, const aws::Caller& caller, std::string_view token, std::string_view request);

  // What the store holds of it.
  TokenState state() const;

  // The same. Where it is new, adds it to the commit.
  TokenState stage(kv::Batch& batch) const;

 private:
  TokenState state_of(const std::optional<std::string>& stored) const;

  DynamoDb& db_;
  std::string row_;
  std::string digest_;
};

// Registers who removes old tokens.
void keep_tokens(DynamoDb& db);

}  // namespace leat::dynamodb
