#include "service/dynamodb/table/backfill.h"

#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/item/item_commit.h"

namespace leat::dynamodb {
namespace {

constexpr const char* kKind = "dynamodb-backfill";
constexpr std::size_t kStep = 100;  // items: other writers wait for a commit; and fewer where other writers keep coming first

//   text(account) text(region) text(table) text(table id) text(index) row to go on from      index: empty for time to
//   live
struct Step {
  std::string account, region, table, table_id, index, from;

  static Step parse(std::string_view payload) {
    Step out;
    for (std::string* part : {&out.account, &out.region, &out.table, &out.table_id, &out.index})
      *part = kv::take_text(payload);
    out.from = payload;
    return out;
  }
  std::string payload() const { return kv::make_key(account, region, table, table_id, index) + from; }

  aws::Caller caller() const {
    aws::Caller out;
    out.account = account;
    out.region = region;
    return out;
  }
};

// An item whose entry is there already was written after the index was made.
void stage_missing_entry(kv::Batch& batch, const kv::Store& store, const Index& index, std::string_view place,
                         StoredItem item) {
  const auto row = entry_row(index, item, place);
  if (!row) return;
  const kv::Versioned entry = store.get(*row);
  batch.expect(*row, entry.version);
  if (entry.value) return;
  stage_entry(batch, store, index, place, {StoredItem(), std::move(item)});
}

// Timers are set when the last step is done.
void stage_expiry_entry(kv::Batch& batch, const DynamoDb& db, const Table& table, std::string_view place,
                        const StoredItem& item) {
  if (const auto time = expiry_of(table, item.item(), db.clock().now())) batch.put(expiry_row(table, *time, place), "");
}

// False where another writer came first. `index` is null for time to live.
bool fill(DynamoDb& db, const Table& table, const Index* index, Step& step, std::size_t size, bool& done) {
  kv::Batch batch;
  kv::Range rest = kv::prefix_range(table.key.prefix);
  rest.begin = std::max(rest.begin, step.from);
  std::string last;
  std::size_t count = 0;
  const auto cursor = db.store().scan(rest, kv::Direction::kForward);
  for (; cursor->valid() && count < size; cursor->next(), ++count) {
    last = cursor->key();
    kv::Versioned item = db.store().get(last);
    batch.expect(last, item.version);
    if (!item.value) continue;
    const std::string_view place = place_in(table.key, last);
    kv::sound(last, [&] {
      if (index)
        stage_missing_entry(batch, db.store(), *index, place, StoredItem(std::move(item.value)));
      else
        stage_expiry_entry(batch, db, table, place, StoredItem(std::move(item.value)));
    });
  }
  done = count < size;
  Step next = step;
  next.from = last + '\0';
  if (!done)
    db.schedule().add(batch, kKind, db.clock().now(), next.payload());
  else if (!index)
    db.schedule().add(batch, kExpiryKind, db.clock().now(), expiry_payload(table));
  return db.store().commit(batch).has_value();
}

void finish(DynamoDb& db, const Step& step) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = db.tables().find_or_null(step.caller(), step.table);
  if (!table || table->id() != step.table_id) return;
  TableDescription description = table->description;
  for (auto& each : *description.global_secondary_indexes) {
    if (each.index_name != step.index) continue;
    each.index_status = "ACTIVE";
    each.backfilling.reset();
  }
  kv::Batch batch;
  db.tables().stage(batch, step.caller(), description);
  (void)db.store().commit(batch);
  db.tables().published(step.caller(), step.table);
}

void run(DynamoDb& db, const std::string& payload) {
  Step step = Step::parse(payload);
  bool done = false;
  for (std::size_t size = kStep;; size = std::max<std::size_t>(1, size / 4)) {
    std::shared_lock lock(db.definitions());
    const TablePtr table = db.tables().find_or_null(step.caller(), step.table);
    if (!table || table->id() != step.table_id) return;
    const Index* index = table->index(step.index);
    if (step.index.empty() ? !table->expiry_attribute : !index || !index->backfilling) return;
    if (fill(db, *table, index, step, size, done)) break;
  }
  if (!done) return;
  if (step.index.empty())
    db.schedule().armed(kExpiryKind);
  else
    finish(db, step);
}

}  // namespace

void keep_backfilling(DynamoDb& db) {
  db.schedule().handle(kKind, [&db](const std::string& payload) { run(db, payload); });
}

void stage_backfill(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description,
                    std::string_view index) {
  const Step first{caller.account,        caller.region,      *description.table_name,
                   *description.table_id, std::string(index), ""};
  db.schedule().add(batch, kKind, db.clock().now(), first.payload());
}

void backfill_staged(DynamoDb& db) { db.schedule().armed(kKind); }

}  // namespace leat::dynamodb
