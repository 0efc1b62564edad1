#pragma once
// The DynamoDB service: what its operations share.

#include <atomic>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "aws/service.h"
#include "base/clock.h"
#include "base/definition_lock.h"
#include "base/random.h"
#include "base/remembered_texts.h"
#include "engine/kv/store.h"
#include "engine/schedule/schedule.h"
#include "service/dynamodb/care/throttle.h"
#include "service/dynamodb/care/time_to_live.h"
#include "service/dynamodb/table/table.h"
#include "service/dynamodb/value/stored_item.h"

namespace leat::dynamodb {

// What becomes of an item, given what it was; a StoredItem of nothing erases it. May be called again when another
// writer came first, so it must depend on its argument alone.
using Decide = std::function<aws::Result<StoredItem>(const StoredItem& before)>;

struct ItemWrite {
  TablePtr table;
  PrimaryKey key;
  Decide decide;
  bool by_time_to_live = false;  // as its stream record says
  bool metered = true;           // uses the table's throughput
};

struct ItemWritten {
  StoredItem before;
  StoredItem after;
};

class ChangeCopies;

class DynamoDb final : public aws::Service {
 public:
  struct Settings {
    bool throttle = false;
  };
  DynamoDb(kv::Store& store, const Clock& clock, Random& random, schedule::Schedule& schedule, Settings settings);

  kv::Store& store() { return store_; }
  const kv::Store& store() const { return store_; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  schedule::Schedule& schedule() { return schedule_; }
  Tables& tables() { return tables_; }
  Throttle& throttle() { return throttle_; }

  StoredItem read(const PrimaryKey& key) const { return StoredItem(store_.get(key.row).value); }

  // All writes, with their stream records, index entries and sequence numbers, in one commit; or the first error, and
  // nothing changed. No two may be of one item.
  aws::Result<std::vector<ItemWritten>> write(std::span<const ItemWrite> writes);
  aws::Result<ItemWritten> write(const ItemWrite& write);

  // The same, where every write is tried: each failure stands at its write's place. `also` adds to each attempt's
  // commit, and gives the transaction up, without an error and with nothing written, where it returns false.
  using Failures = std::vector<std::optional<aws::Error>>;
  using AlsoStage = std::function<bool(kv::Batch& batch)>;
  Result<std::vector<ItemWritten>, Failures> transact(std::span<const ItemWrite> writes, const AlsoStage& also);

  // Items as of one moment.
  std::vector<StoredItem> read_together(std::span<const PrimaryKey> keys);

  // Where changes are copied to; null where nothing takes them. Set before the first request.
  ChangeCopies* change_copies() const { return change_copies_; }
  void copy_changes_to(ChangeCopies& copies) { change_copies_ = &copies; }

  ExpiryTimers& expiry_timers() { return expiry_timers_; }
  RememberedTexts& resource_policies() { return resource_policies_; }
  std::atomic<bool>& token_removal_scheduled() { return token_removal_scheduled_; }

  // Held alone by whoever changes a table's definition, and shared by whoever writes by it: no write straddles a
  // change.
  DefinitionLock& definitions() { return definitions_; }

  void start() override;
  void forget() override;
  std::string resource_policy(std::string_view arn) override;
  aws::Map<std::string> resource_tags(std::string_view arn) override;
  aws::RequestedActions requested_actions(const aws::Authorization& asked) override;

 private:
  void charge(std::span<const ItemWrite> writes, const std::vector<ItemWritten>& written);

  kv::Store& store_;
  const Clock& clock_;
  Random& random_;
  schedule::Schedule& schedule_;
  Tables tables_;
  ChangeCopies* change_copies_ = nullptr;
  Throttle throttle_;
  DefinitionLock definitions_;
  RememberedTexts resource_policies_;  // by ARN
  std::atomic<bool> token_removal_scheduled_ = false;
  ExpiryTimers expiry_timers_;
};

}  // namespace leat::dynamodb
