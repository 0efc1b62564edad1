#include "service/dynamodb/item/item_commit.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/dynamodb/care/history.h"
#include "service/dynamodb/stream/change_copies.h"

namespace leat::dynamodb {
namespace {

constexpr std::int64_t kMaxCollection = 10LL << 30;  // bytes

std::int64_t signed_size(std::size_t size) { return static_cast<std::int64_t>(size); }

// Items and bytes more, or fewer.
void stage_sums(kv::Batch& batch, const std::string& row, std::int64_t items, std::int64_t bytes) {
  if (items != 0 || bytes != 0) batch.add(row, {items, bytes});
}

aws::Result<void> stage_collection(const CommitContext& context, kv::Batch& batch, const Table& table,
                                   const ItemWrite& write, std::int64_t bytes) {
  if (bytes == 0) return {};
  const std::string row = collection_row(table, *write.key.attributes.find(table.key.partition.name));
  if (bytes > 0 && kv::numbers_in(context.db.store().get(row).value, 1)[0] + bytes > kMaxCollection)
    return aws::fail(errors::kItemCollectionSizeLimitExceeded, "Collection size exceeded.");
  batch.add(row, {bytes});
  return {};
}

void stage_expiry(CommitContext& context, kv::Batch& batch, const Table& table, std::string_view place,
                  const ItemWritten& change) {
  // What was ignored as too old may have had an entry when it was newer, so the old one goes whatever it says now.
  const auto before = change.before.exists() ? expiry_of(table, change.before.item(), TimePoint()) : std::nullopt;
  const auto after = change.after.exists() ? expiry_of(table, change.after.item(), context.now) : std::nullopt;
  if (before == after) return;
  if (before) batch.erase(expiry_row(table, *before, place));
  if (!after) return;
  batch.put(expiry_row(table, *after, place), "");
  if (!context.db.expiry_timers().needs(table.id(), *after)) return;
  context.db.schedule().add(batch, kExpiryKind, *after, expiry_payload(table));
  context.expiries.emplace_back(table.id(), *after);
}

void stage_copies(CommitContext& context, kv::Batch& batch, const Table& table, const ItemChange& change) {
  ChangeCopies* copies = context.db.change_copies();
  if (!copies) return;
  if (!context.held_copies) context.held_copies = copies->hold();
  const std::string partition_key = hex_encode(change.key.row.substr(table.key.prefix.size(), sizeof(std::uint32_t)));
  for (const auto& [stream_arn, microseconds] : table.copies) {
    const std::string data = copied_change({table, change, context.now, microseconds}, context.db.random().uuid());
    copies->stage(batch, stream_arn, partition_key, data);
  }
}

aws::Result<void> stage_change(CommitContext& context, kv::Batch& batch, const Table& table, const ItemWrite& write,
                               const ItemWritten& change) {
  if (!table.indexes.empty() && change.after.exists()) TRY_VOID(check_index_keys(table, change.after));
  if (change.after.exists())
    batch.put(write.key.row, change.after.bytes());
  else
    batch.erase(write.key.row);
  std::int64_t bytes = signed_size(change.after.size()) - signed_size(change.before.size());
  stage_sums(batch, table.sums_row, int{change.after.exists()} - int{change.before.exists()}, bytes);
  for (const Index& index : table.indexes) {
    const std::int64_t grown =
        stage_entry(batch, context.db.store(), index, place_in(table.key, write.key.row), change);
    if (!index.global) bytes += grown;
  }
  if (table.limits_collections) TRY_VOID(stage_collection(context, batch, table, write, bytes));
  if (table.keeps_history)
    stage_history(batch, table, place_in(table.key, write.key.row), change.before.bytes(), context.now);
  if (table.expiry_attribute) stage_expiry(context, batch, table, place_in(table.key, write.key.row), change);
  const ItemChange record{write.key, change.before.bytes(), change.after.bytes(), write.by_time_to_live};
  stage_record(batch, table, record, context.now);
  if (!table.copies.empty()) stage_copies(context, batch, table, record);
  return {};
}

}  // namespace

aws::Result<ItemWritten> stage_write(CommitContext& context, kv::Batch& batch, const ItemWrite& write) {
  const TablePtr table = context.db.tables().latest(write.table);
  if (!table) return aws::fail(errors::kResourceNotFound, "Requested resource not found");
  kv::Versioned found = context.db.store().get(write.key.row);
  batch.expect(write.key.row, found.version);
  ItemWritten written{StoredItem(std::move(found.value)), {}};
  written.after = TRY(write.decide(written.before));
  if (written.after.bytes() != written.before.bytes()) TRY_VOID(stage_change(context, batch, *table, write, written));
  return written;
}

std::int64_t stage_entry(kv::Batch& batch, const kv::Store& store, const Index& index, std::string_view place,
                         const ItemWritten& change) {
  auto old_row = change.before.exists() ? entry_row(index, change.before, place) : std::nullopt;
  const auto new_row = change.after.exists() ? entry_row(index, change.after, place) : std::nullopt;
  if (old_row && index.backfilling) {
    const kv::Versioned entry = store.get(*old_row);
    batch.expect(*old_row, entry.version);
    if (!entry.value) old_row.reset();
  }
  const std::string old_value = old_row ? entry_value(index, change.before) : std::string();
  const std::string new_value = new_row ? entry_value(index, change.after) : std::string();
  if (old_row && old_row != new_row) batch.erase(*old_row);
  if (new_row && (old_row != new_row || old_value != new_value)) batch.put(*new_row, new_value);
  const std::int64_t bytes = signed_size(stored_size(new_value)) - signed_size(stored_size(old_value));
  stage_sums(batch, index.sums_row, int{new_row.has_value()} - int{old_row.has_value()}, bytes);
  return bytes;
}

std::string collection_row(const Table& table, const AttributeValue& partition) {
  return home_key(table.account, table.region, 'z') + kv::make_key(table.id()) +
         std::string(place_in(table.key, partition_prefix(table.key, partition)));
}

}  // namespace leat::dynamodb
