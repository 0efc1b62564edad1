#include "service/dynamodb/care/time_to_live.h"

#include <algorithm>

#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/value/decimal.h"

namespace leat::dynamodb {
namespace {

constexpr auto kTooOld = std::chrono::days(5 * 365);
constexpr std::size_t kStep = 100;  // items removed before others get their turn

// The whole seconds of a number, where they are a time that can be waited for.
std::optional<std::int64_t> whole_seconds(const Number& number) {
  constexpr int kMostDigits = 12;
  const Decimal decimal = *Decimal::parse(number.text);
  if (decimal.negative || decimal.exponent < 1 || decimal.exponent > kMostDigits) return std::nullopt;
  std::string digits = decimal.digits.substr(0, static_cast<std::size_t>(decimal.exponent));
  digits.resize(static_cast<std::size_t>(decimal.exponent), '0');
  return std::stoll(digits);
}

struct Due {
  std::string row;
  TimePoint time;
  std::string place;
};

std::vector<Due> first_entries(const DynamoDb& db, const Table& table, std::size_t limit) {
  std::vector<Due> out;
  const auto cursor = db.store().scan(kv::prefix_range(table.expiry_prefix), kv::Direction::kForward);
  for (; cursor->valid() && out.size() < limit; cursor->next()) {
    const std::string_view rest = cursor->key().substr(table.expiry_prefix.size());
    out.push_back({std::string(cursor->key()), from_millis(static_cast<std::int64_t>(kv::read_u64(rest))),
                   std::string(rest.substr(8))});
  }
  return out;
}

// An entry whose item is gone, or is not to go at that time, would be due for ever.
void drop_entry(DynamoDb& db, const Due& due, std::string_view item_row, kv::Version version) {
  kv::Batch batch;
  batch.expect(item_row, version);
  batch.erase(due.row);
  (void)db.store().commit(batch);  // where another writer came first, the next turn looks again
}

void remove_item(DynamoDb& db, const TablePtr& table, const Due& due) {
  const std::string row = table->key.prefix + due.place;
  kv::Versioned found = db.store().get(row);
  const StoredItem item(std::move(found.value));
  if (!item.exists() || expiry_of(*table, item.item(), db.clock().now()) != due.time)
    return drop_entry(db, due, row, found.version);
  ItemWrite write{table, *key_from_item(table->key, item.item()), nullptr, true, false};
  write.decide = [&db, &table](const StoredItem& before) -> aws::Result<StoredItem> {
    const TimePoint now = db.clock().now();
    const auto expiry = before.exists() ? expiry_of(*table, before.item(), now) : std::nullopt;
    if (expiry && *expiry <= now) return StoredItem();
    return before;
  };
  (void)db.write(write);
}

// Sets the timer for the table's earliest entry, where there is any.
void set_timer(DynamoDb& db, const Table& table) {
  const auto next = first_entries(db, table, 1);
  if (next.empty() || !db.expiry_timers().needs(table.id(), next[0].time)) return;
  kv::Batch batch;
  db.schedule().add(batch, kExpiryKind, next[0].time, expiry_payload(table));
  (void)db.store().commit(batch);
  db.expiry_timers().set(table.id(), next[0].time);
}

void run(DynamoDb& db, std::string_view payload) {
  aws::Caller caller;
  caller.account = kv::take_text(payload);
  caller.region = kv::take_text(payload);
  const TablePtr table = db.tables().find_or_null(caller, kv::take_text(payload));
  if (!table || !table->expiry_attribute || table->id() != kv::take_text(payload)) return;
  db.expiry_timers().fired(table->id(), db.clock().now());
  for (const Due& due : first_entries(db, *table, kStep)) {
    if (due.time > db.clock().now()) break;
    // An item that is damaged stays, and is in no other's way.
    if (kv::sound([&] { return table->key.prefix + due.place; }, [&] { remove_item(db, table, due); })) continue;
    kv::Batch batch;
    batch.erase(due.row);
    (void)db.store().commit(batch);
  }
  set_timer(db, *table);
}

}  // namespace

std::optional<TimePoint> expiry_of(const Table& table, const Item& item, TimePoint now) {
  const AttributeValue* value = table.expiry_attribute ? item.find(*table.expiry_attribute) : nullptr;
  const auto* number = value ? value->get<Number>() : nullptr;
  const auto seconds = number ? whole_seconds(*number) : std::nullopt;
  if (!seconds) return std::nullopt;
  const TimePoint time = from_millis(*seconds * 1000);
  if (time + kTooOld < now) return std::nullopt;
  return time;
}

bool ExpiryTimers::needs(const std::string& table_id, TimePoint time) const {
  std::lock_guard lock(mutex_);
  const auto found = earliest_.find(table_id);
  return found == earliest_.end() || time < found->second;
}

void ExpiryTimers::set(const std::string& table_id, TimePoint time) {
  std::lock_guard lock(mutex_);
  const auto [entry, added] = earliest_.emplace(table_id, time);
  if (!added) entry->second = std::min(entry->second, time);
}

void ExpiryTimers::fired(const std::string& table_id, TimePoint now) {
  std::lock_guard lock(mutex_);
  const auto found = earliest_.find(table_id);
  if (found != earliest_.end() && found->second <= now) earliest_.erase(found);
}

std::string expiry_payload(const Table& table) {
  return kv::make_key(table.account, table.region, table.name(), table.id());
}

std::string expiry_row(const Table& table, TimePoint time, std::string_view place) {
  std::string row = table.expiry_prefix;
  kv::append_u64(row, static_cast<std::uint64_t>(to_millis(time)));
  row += place;
  return row;
}

void keep_time_to_live(DynamoDb& db) {
  db.schedule().handle(kExpiryKind, [&db](const std::string& payload) { run(db, payload); });
}

}  // namespace leat::dynamodb
