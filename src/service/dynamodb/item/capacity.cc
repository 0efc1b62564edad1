#include "service/dynamodb/item/capacity.h"

#include <algorithm>

#include "service/dynamodb/item/item_commit.h"

namespace leat::dynamodb {
namespace {

double units(std::size_t bytes, std::size_t unit) {
  return static_cast<double>(std::max<std::size_t>(1, (bytes + unit - 1) / unit));
}

double entry_units(const Index& index, std::string_view place, const ItemWritten& written) {
  const auto old_row = written.before.exists() ? entry_row(index, written.before, place) : std::nullopt;
  const auto new_row = written.after.exists() ? entry_row(index, written.after, place) : std::nullopt;
  const std::string old_value = old_row ? entry_value(index, written.before) : std::string();
  const std::string new_value = new_row ? entry_value(index, written.after) : std::string();
  if (old_row == new_row)
    return old_value == new_value ? 0 : write_units(std::max(stored_size(old_value), stored_size(new_value)));
  return (old_row ? write_units(stored_size(old_value)) : 0) + (new_row ? write_units(stored_size(new_value)) : 0);
}

Capacity capacity(double units, Metered metered) {
  Capacity out;
  out.capacity_units = units;
  if (metered == Metered::kReads) out.read_capacity_units = units;
  if (metered == Metered::kWrites) out.write_capacity_units = units;
  return out;
}

}  // namespace

double read_units(std::size_t bytes, bool consistent) {
  return consistent ? units(bytes, 4096) : units(bytes, 4096) / 2;
}

double write_units(std::size_t bytes) { return units(bytes, 1024); }

double CapacityUse::total() const {
  double sum = table;
  for (const auto& [name, units] : indexes) sum += units;
  return sum;
}

void CapacityUse::add(const CapacityUse& other) {
  table += other.table;
  for (const auto& [name, units] : other.indexes) indexes[name] += units;
}

CapacityUse write_use(const Table& table, std::string_view row, const ItemWritten& written) {
  CapacityUse use{write_units(std::max(written.before.size(), written.after.size()))};
  for (const Index& index : table.indexes) {
    const double units = entry_units(index, place_in(table.key, row), written);
    if (units > 0) use.indexes[index.name] = units;
  }
  return use;
}

std::optional<ConsumedCapacity> consumed(const std::optional<std::string>& mode, const Table& table,
                                         const CapacityUse& use, Metered metered) {
  if (!wants_capacity(mode)) return std::nullopt;
  ConsumedCapacity out;
  out.table_name = table.name();
  const Capacity total = capacity(use.total(), metered);
  out.capacity_units = total.capacity_units;
  out.read_capacity_units = total.read_capacity_units;
  out.write_capacity_units = total.write_capacity_units;
  if (*mode != "INDEXES") return out;
  out.table = capacity(use.table, metered);
  for (const auto& [name, units] : use.indexes) {
    const Index* index = table.index(name);
    auto& indexes = index && index->global ? out.global_secondary_indexes : out.local_secondary_indexes;
    if (!indexes) indexes.emplace();
    (*indexes)[name] = capacity(units, metered);
  }
  return out;
}

void CapacityReport::add(const TablePtr& table, const CapacityUse& use) {
  auto& entry = tables_[table->name()];
  entry.first = table;
  entry.second.add(use);
}

std::optional<std::vector<ConsumedCapacity>> CapacityReport::report(const std::optional<std::string>& mode,
                                                                    Metered metered) const {
  if (!wants_capacity(mode)) return std::nullopt;
  std::vector<ConsumedCapacity> out;
  for (const auto& [name, entry] : tables_) out.push_back(*consumed(mode, *entry.first, entry.second, metered));
  return out;
}

std::optional<ItemCollectionMetrics> collection_metrics(const std::optional<std::string>& mode, DynamoDb& db,
                                                        const Table& table, const Item& key) {
  if (mode != "SIZE" || !table.limits_collections) return std::nullopt;
  constexpr double kGigabyte = 1 << 30;
  const AttributeValue& partition = *key.find(table.key.partition.name);
  const auto bytes = kv::numbers_in(db.store().get(collection_row(table, partition)).value, 1)[0];
  ItemCollectionMetrics out;
  out.item_collection_key.emplace().set(table.key.partition.name, partition);
  // AWS gives whole gigabytes below and above.
  const double below = static_cast<double>(static_cast<std::int64_t>(static_cast<double>(bytes) / kGigabyte));
  out.size_estimate_range_gb = std::vector<double>{below, below + 1};
  return out;
}

}  // namespace leat::dynamodb
