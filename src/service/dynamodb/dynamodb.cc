#include "service/dynamodb/dynamodb.h"

#include <fmt/format.h>

#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_commit.h"

namespace leat::dynamodb {

Result<std::vector<ItemWritten>, DynamoDb::Failures> DynamoDb::transact(std::span<const ItemWrite> writes,
                                                                        const AlsoStage& also) {
  while (true) {
    std::shared_lock lock(definitions_);
    kv::Batch batch;
    std::vector<ItemWritten> written(writes.size());
    Failures failures(writes.size());
    bool failed = false;
    CommitContext context{*this, clock_.now()};
    for (std::size_t i = 0; i < writes.size(); ++i) {
      auto admitted = writes[i].metered ? throttle_.admit_write(*writes[i].table) : aws::Result<void>{};
      auto staged = admitted ? stage_write(context, batch, writes[i])
                             : aws::Result<ItemWritten>(std::unexpected(std::move(admitted).error()));
      if (staged) {
        written[i] = std::move(*staged);
      } else {
        failures[i] = std::move(staged).error();
        failed = true;
      }
    }
    if (failed) return std::unexpected(std::move(failures));
    if (also && !also(batch)) return written;
    const bool alone_and_unchanged = batch.changes_nothing() && writes.size() == 1;
    if (!alone_and_unchanged && !store_.commit(batch)) continue;
    charge(writes, written);
    for (const auto& [table_id, time] : context.expiries) expiry_timers_.set(table_id, time);
    if (!context.expiries.empty()) schedule_.armed(kExpiryKind);
    return written;
  }
}

void DynamoDb::charge(std::span<const ItemWrite> writes, const std::vector<ItemWritten>& written) {
  if (!throttle_.enabled()) return;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (writes[i].metered)
      throttle_.charge(*writes[i].table, write_use(*writes[i].table, writes[i].key.row, written[i]), Access::kWrite);
  }
}

aws::Result<std::vector<ItemWritten>> DynamoDb::write(std::span<const ItemWrite> writes) {
  auto written = transact(writes, nullptr);
  if (written) return std::move(*written);
  for (auto& failure : written.error()) {
    if (failure) return std::unexpected(std::move(*failure));
  }
  return std::vector<ItemWritten>();
}

aws::Result<ItemWritten> DynamoDb::write(const ItemWrite& write) {
  auto written = TRY(this->write(std::span(&write, 1)));
  return std::move(written.front());
}

std::vector<StoredItem> DynamoDb::read_together(std::span<const PrimaryKey> keys) {
  while (true) {
    kv::Batch unchanged;
    std::vector<StoredItem> items;
    for (const PrimaryKey& key : keys) {
      kv::Versioned found = store_.get(key.row);
      unchanged.expect(key.row, found.version);
      items.emplace_back(std::move(found.value));
    }
    if (store_.commit(unchanged)) return items;
  }
}

}  // namespace leat::dynamodb
