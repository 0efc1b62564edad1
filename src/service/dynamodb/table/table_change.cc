#include "service/dynamodb/table/table_change.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "base/encoding.h"

namespace leat::dynamodb {
namespace {

constexpr std::int64_t kMaxUnits = 1000000000000;
constexpr std::int64_t kWarmReads = 12000;  // of a new on-demand table
constexpr std::int64_t kWarmWrites = 4000;

// The key that AWS keeps for an account's tables in a region, which has one name for all of them.
std::string default_key(const aws::Arn& table) {
  const std::size_t hash = std::hash<std::string>()(fmt::format("aws/dynamodb {} {}", table.account, table.region));
  return aws::make_arn("kms", table.region, table.account,
                       fmt::format("key/{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", hash >> 32, hash >> 16 & 0xFFFF,
                                   hash & 0xFFF, hash >> 48 & 0xFFF, hash & 0xFFFFFFFFFFFF));
}

}  // namespace

aws::Result<void> check_billing(const std::string& mode, const std::optional<ProvisionedThroughput>& throughput) {
  const auto refuse = [](std::string message) { return aws::fail(errors::kValidation, std::move(message)); };
  if (mode == "PAY_PER_REQUEST") {
    if (!throughput) return {};
    return refuse(
        "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when "
        "BillingMode is PAY_PER_REQUEST");
  }
  if (!throughput) {
    return refuse(
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified "
        "when "
        "BillingMode is PROVISIONED");
  }
  if (throughput->read_capacity_units > kMaxUnits) {
    return refuse(
        fmt::format("Given value {} for ReadCapacityUnits is out of bounds", throughput->read_capacity_units));
  }
  if (throughput->write_capacity_units > kMaxUnits) {
    return refuse(
        fmt::format("Given value {} for WriteCapacityUnits is out of bounds", throughput->write_capacity_units));
  }
  return {};
}

aws::Result<void> check_stream_specification(const StreamSpecification& specification, std::string_view being) {
  const bool enabled = specification.stream_enabled;
  if (enabled == specification.stream_view_type.has_value()) return {};
  const bool creates = being.ends_with("created with a stream ");
  const std::string_view rest = enabled ? (creates ? "enabled, UpdateViewType is required" : "enabled then UpdateViewType is required")
                                : creates ? "disabled, UpdateViewType should not be specified"
                                          : "disabled, then UpdateViewType must not be specified";
  return aws::fail(errors::kValidation, fmt::format("One or more parameter values were invalid: {}{}", being, rest));
}

aws::Result<void> check_encryption(const std::optional<SSESpecification>& specification) {
  if (!specification) return {};
  const auto invalid = [](std::string_view problem) {
    return aws::fail(errors::kValidation, fmt::format("One or more parameter values were invalid: {}", problem));
  };
  if (!specification->enabled.value_or(false)) {
    if (specification->sse_type) return invalid("SSEType can not be specified if Enabled is false");
    if (specification->kms_master_key_id) return invalid("KMSMasterKeyId can not be specified if Enabled is false");
  }
  if (specification->sse_type == "AES256") return invalid("SSEType AES256 is not supported");
  if (specification->kms_master_key_id && !specification->sse_type)
    return invalid("SSEType KMS is required if KMSMasterKeyId is specified");
  return {};
}

const std::string& billing_mode(const TableDescription& description) {
  static const std::string kProvisioned = "PROVISIONED";
  return description.billing_mode_summary ? *description.billing_mode_summary->billing_mode : kProvisioned;
}

void set_encryption(TableDescription& description, const std::optional<SSESpecification>& specification) {
  if (!specification) return;
  description.sse_description.reset();
  if (!specification->enabled.value_or(false)) return;
  auto& encryption = description.sse_description.emplace();
  encryption.status = "ENABLED";
  encryption.sse_type = "KMS";
  encryption.kms_master_key_arn =
      specification->kms_master_key_id.value_or(default_key(aws::parse_arn(*description.table_arn).value()));
}

aws::Result<void> warm_up(TableDescription& description, const std::optional<WarmThroughput>& wanted,
                          std::string_view what) {
  if (!wanted) return {};
  auto& warm = description.warm_throughput ? *description.warm_throughput : description.warm_throughput.emplace();
  const auto raise = [&](std::optional<std::int64_t>& units, const std::optional<std::int64_t>& given,
                         std::string_view name) -> aws::Result<void> {
    if (!given) return {};
    if (*given < units.value_or(0)) {
      return aws::fail(errors::kValidation,
                       fmt::format("One or more parameter values were invalid: Requested {} for WarmThroughput for table is "
                                   "lower than {}",
                                   name, what));
    }
    units = given;
    return {};
  };
  TRY_VOID(raise(warm.read_units_per_second, wanted->read_units_per_second, "ReadUnitsPerSecond"));
  TRY_VOID(raise(warm.write_units_per_second, wanted->write_units_per_second, "WriteUnitsPerSecond"));
  return {};
}

void hide_warm_throughput(TableDescription& description) {
  description.warm_throughput.reset();
  if (!description.global_secondary_indexes) return;
  for (auto& each : *description.global_secondary_indexes) each.warm_throughput.reset();
}

void set_billing(TableDescription& description, const std::string& mode,
                 const std::optional<ProvisionedThroughput>& throughput, TimePoint now) {
  const bool on_demand = mode == "PAY_PER_REQUEST";
  auto& out = description.provisioned_throughput ? *description.provisioned_throughput
                                                 : description.provisioned_throughput.emplace();
  out.number_of_decreases_today = out.number_of_decreases_today.value_or(0);
  out.read_capacity_units = on_demand ? 0 : throughput->read_capacity_units;
  out.write_capacity_units = on_demand ? 0 : throughput->write_capacity_units;
  auto& warm = description.warm_throughput.emplace();
  warm.read_units_per_second = on_demand ? kWarmReads : *out.read_capacity_units;
  warm.write_units_per_second = on_demand ? kWarmWrites : *out.write_capacity_units;
  warm.status = "ACTIVE";
  if (!on_demand && !description.billing_mode_summary) return;
  auto& summary =
      description.billing_mode_summary ? *description.billing_mode_summary : description.billing_mode_summary.emplace();
  summary.billing_mode = mode;
  if (on_demand) summary.last_update_to_pay_per_request_date_time = now;
}

NewStream new_stream(const kv::Store& store, const aws::Caller& caller, const TableDescription& description,
                     const StreamSpecification& specification, TimePoint now) {
  for (;; now += Duration(1)) {
    std::string label = format_iso8601(now);
    label.pop_back();  // labels have no zone
    if (store.get(stream_row(caller.account, caller.region, *description.table_name, label)).value) continue;
    return {label, *specification.stream_view_type, now};
  }
}

TableDescription present(const DynamoDb& db, const Table& table) {
  TableDescription out = table.description;
  const auto sums = [&](const std::string& row) { return kv::numbers_in(db.store().get(row).value, 2); };
  const auto of_table = sums(table.sums_row);
  out.item_count = of_table[0];
  out.table_size_bytes = of_table[1];
  const auto fill = [&](auto& indexes) {
    if (!indexes) return;
    for (auto& each : *indexes) {
      const auto of_index = sums(table.index(*each.index_name)->sums_row);
      each.item_count = of_index[0];
      each.index_size_bytes = of_index[1];
    }
  };
  fill(out.global_secondary_indexes);
  fill(out.local_secondary_indexes);
  for (const Index& index : table.indexes) {
    if (index.backfilling) out.table_status = "UPDATING";
  }
  return out;
}

}  // namespace leat::dynamodb
