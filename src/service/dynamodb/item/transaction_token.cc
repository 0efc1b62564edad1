#include "service/dynamodb/item/transaction_token.h"

#include <openssl/evp.h>

#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::dynamodb {
namespace {

constexpr const char* kKind = "dynamodb-tokens";
constexpr std::string_view kPrefix = "dynamodb-token";
constexpr Duration kLife = std::chrono::minutes(10);

std::string digest_of(std::string_view request) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(request.data(), request.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

bool is_old(std::string_view value, TimePoint now) {
  return from_millis(static_cast<std::int64_t>(kv::read_u64(value))) + kLife <= now;
}

void schedule_removal(kv::Batch& batch, DynamoDb& db) { db.schedule().add(batch, kKind, db.clock().now() + kLife, ""); }

void remove_old(DynamoDb& db) {
  kv::Batch batch;
  bool any_left = false;
  const auto cursor = db.store().scan(kv::prefix_range(kv::make_key(kPrefix)), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    bool old = true;  // a damaged one goes, too
    kv::sound(cursor->key(), [&] { old = is_old(cursor->value(), db.clock().now()); });
    if (old)
      batch.erase(cursor->key());
    else
      any_left = true;
  }
  if (any_left)
    schedule_removal(batch, db);
  else
    db.token_removal_scheduled() = false;
  (void)db.store().commit(batch);
}

}  // namespace

TransactionToken::TransactionToken(DynamoDb& db, const aws::Caller& caller, std::string_view token,
                                   std::string_view request)
    : db_(db), row_(kv::make_key(kPrefix, caller.account, caller.region, token)), digest_(digest_of(request)) {}

TokenState TransactionToken::state_of(const std::optional<std::string>& stored) const {
  if (!stored || is_old(*stored, db_.clock().now())) return TokenState::kNew;
  return stored->substr(8) == digest_ ? TokenState::kRepeated : TokenState::kMismatch;
}

TokenState TransactionToken::state() const { return state_of(db_.store().get(row_).value); }

TokenState TransactionToken::stage(kv::Batch& batch) const {
  const kv::Versioned found = db_.store().get(row_);
  const TimePoint now = db_.clock().now();
  if (const TokenState state = state_of(found.value); state != TokenState::kNew) return state;
  batch.expect(row_, found.version);
  std::string value;
  kv::append_u64(value, static_cast<std::uint64_t>(to_millis(now)));
  batch.put(row_, value + digest_);
  if (!db_.token_removal_scheduled().exchange(true)) {
    kv::Batch removal;
    schedule_removal(removal, db_);
    (void)db_.store().commit(removal);
    db_.schedule().armed(kKind);
  }
  return TokenState::kNew;
}

void keep_tokens(DynamoDb& db) {
  db.schedule().handle(kKind, [&db](const std::string&) { remove_old(db); });
}

}  // namespace leat::dynamodb
