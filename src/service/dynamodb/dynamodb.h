#pragma once
// The DynamoDB service: what its operations share.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "engine/kv/store.h"
#include "engine/schedule/schedule.h"
#include "service/dynamodb/table.h"

namespace leat::dynamodb {

// An item as it stands in the store, decoded when somebody looks.
class StoredItem {
 public:
  StoredItem() = default;
  explicit StoredItem(std::optional<std::string> bytes) : bytes_(std::move(bytes)) {}

  bool exists() const { return bytes_.has_value(); }
  // Empty where there is none.
  std::string_view bytes() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
  // An empty item where there is none.
  const Item& item() const;

 private:
  std::optional<std::string> bytes_;
  mutable std::optional<Item> item_;
};

// What becomes of an item, given what it was: a stored item, or nullopt to erase it. May be called again when another
// writer came first, so it must depend on its argument alone.
using Decide = std::function<aws::Result<std::optional<std::string>>(const StoredItem& before)>;

struct ItemWrite {
  TablePtr table;
  PrimaryKey key;
  Decide decide;
};

struct ItemWritten {
  StoredItem before;
  StoredItem after;
};

class DynamoDb {
 public:
  DynamoDb(kv::Store& store, const Clock& clock, Random& random, schedule::Schedule& schedule)
      : store_(store), clock_(clock), random_(random), schedule_(schedule), tables_(store) {}

  kv::Store& store() { return store_; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  schedule::Schedule& schedule() { return schedule_; }
  Tables& tables() { return tables_; }

  StoredItem read(const PrimaryKey& key) const { return StoredItem(store_.get(key.row).value); }

  // All writes, their stream records and sequence numbers in one commit; or the first error, and nothing changed.
  aws::Result<std::vector<ItemWritten>> write(std::span<const ItemWrite> writes);
  aws::Result<ItemWritten> write(const ItemWrite& write);

  // Serializes changes of tables themselves.
  std::mutex& definition_mutex() { return definition_mutex_; }

 private:
  kv::Store& store_;
  const Clock& clock_;
  Random& random_;
  schedule::Schedule& schedule_;
  Tables tables_;
  std::mutex definition_mutex_;
};

}  // namespace leat::dynamodb
