#include "service/dynamodb/care/throttle.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/dynamodb/item/capacity.h"

namespace leat::dynamodb {
namespace {

constexpr double kBurstSeconds = 300;

// Units a second; 0 where there is no limit.
template <class Description>
double rate_of(const Description& described, Access access, bool on_demand) {
  if (on_demand) {
    const auto& most = described.on_demand_throughput;
    if (!most) return 0;
    const auto units = access == Access::kRead ? most->max_read_request_units : most->max_write_request_units;
    return static_cast<double>(std::max<std::int64_t>(0, units.value_or(0)));
  }
  const auto& provisioned = described.provisioned_throughput;
  if (!provisioned) return 0;
  return static_cast<double>(
      (access == Access::kRead ? provisioned->read_capacity_units : provisioned->write_capacity_units).value_or(0));
}

double rate_of(const Table& table, std::string_view index, Access access) {
  const auto& description = table.description;
  const bool on_demand =
      description.billing_mode_summary && description.billing_mode_summary->billing_mode == "PAY_PER_REQUEST";
  if (index.empty()) return rate_of(description, access, on_demand);
  for (const auto& each :
       description.global_secondary_indexes.value_or(std::vector<GlobalSecondaryIndexDescription>())) {
    if (each.index_name == index) return rate_of(each, access, on_demand);
  }
  return rate_of(description, access, on_demand);  // a local index lives on its table's units
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Throttle::Bucket* Throttle::bucket(const Table& table, std::string_view index, Access access) {
  const double rate = rate_of(table, index, access);
  if (rate <= 0) return nullptr;
  const Index* described = index.empty() ? nullptr : table.index(index);
  const std::string_view owner = described && described->global ? index : std::string_view();
  const TimePoint now = clock_.now();
  const auto [found, added] = buckets_.try_emplace(
      fmt::format("{}/{}/{}", table.id(), owner, static_cast<int>(access)),
      Bucket{0, std::min(now - std::chrono::seconds(1), TimePoint(*table.description.creation_date_time))});
  Bucket& bucket = found->second;
  bucket.units = std::min(rate * kBurstSeconds, bucket.units + rate * seconds(now - bucket.at));
  bucket.at = now;
  return &bucket;
}

aws::Result<void> Throttle::admit(const Table& table, std::string_view index, Access access) {
  if (!enabled_) return {};
  std::lock_guard lock(mutex_);
  const Bucket* left = bucket(table, index, access);
  if (!left || left->units > 0) return {};
  return aws::fail(errors::kProvisionedThroughputExceeded,
                   index.empty()
                       ? "The level of configured provisioned throughput for the table was exceeded. Consider "
                         "increasing your provisioning level with the UpdateTable API."
                       : "The level of configured provisioned throughput for one or more global secondary "
                         "indexes of the table was exceeded. Consider increasing your provisioning level for "
                         "the under-provisioned global secondary indexes with the UpdateTable API");
}

aws::Result<void> Throttle::admit_write(const Table& table) {
  if (!enabled_) return {};
  TRY_VOID(admit(table, "", Access::kWrite));
  for (const Index& index : table.indexes) {
    if (index.global) TRY_VOID(admit(table, index.name, Access::kWrite));
  }
  return {};
}

void Throttle::charge(const Table& table, const CapacityUse& use, Access access) {
  if (!enabled_) return;
  std::lock_guard lock(mutex_);
  const auto take = [&](std::string_view index, double units) {
    if (Bucket* left = bucket(table, index, access)) left->units -= units;
  };
  if (use.table > 0) take("", use.table);
  for (const auto& [name, units] : use.indexes) take(name, units);
}

}  // namespace leat::dynamodb
