// CloudWatch Contributor Insights of tables and indexes: switched, described and listed. Rules and their graphs are
// CloudWatch's.

#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {
namespace {

std::string insights_prefix(const aws::Caller& caller, std::string_view table) {
  return home_key(caller.account, caller.region, 'I') + kv::make_key(table);
}

std::string insights_row(const aws::Caller& caller, std::string_view table, const std::optional<std::string>& index) {
  return insights_prefix(caller, table) + kv::make_key(index.value_or(""));
}

aws::Result<TablePtr> find(DynamoDb& db, const aws::Caller& caller, std::string_view name,
                           const std::optional<std::string>& index) {
  TablePtr table = TRY(db.tables().find_any(caller, name));
  if (index && !table->index(*index))
    return aws::fail(errors::kResourceNotFound,
                     fmt::format("Requested resource not found: Index: {} not found", *index));
  return table;
}

}  // namespace

aws::Result<UpdateContributorInsightsOutput> update_contributor_insights(DynamoDb& db, const aws::Caller& caller,
                                                                         const UpdateContributorInsightsInput& input) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(find(db, caller, input.table_name, input.index_name));
  const bool enable = input.contributor_insights_action == "ENABLE";
  DescribeContributorInsightsOutput record;
  record.table_name = table->name();
  record.index_name = input.index_name;
  record.contributor_insights_status = "ENABLED";
  record.contributor_insights_mode = input.contributor_insights_mode;
  record.last_update_date_time = db.clock().now();
  auto& rules = record.contributor_insights_rule_list.emplace();
  for (const char* rule : {"PKC", "PKT"}) {
    rules.push_back(fmt::format("DynamoDBContributorInsights-{}-{}{}{}", rule, table->name(),
                                input.index_name ? "-" : "", input.index_name.value_or("")));
  }
  const std::string row = insights_row(caller, table->name(), input.index_name);
  kv::Batch batch;
  if (enable)
    batch.put(row, aws::to_json(record));
  else
    batch.erase(row);
  (void)db.store().commit(batch);
  UpdateContributorInsightsOutput output;
  output.table_name = table->name();
  output.index_name = input.index_name;
  output.contributor_insights_status = enable ? "ENABLING" : "DISABLING";
  output.contributor_insights_mode = input.contributor_insights_mode;
  return output;
}

aws::Result<DescribeContributorInsightsOutput> describe_contributor_insights(
    DynamoDb& db, const aws::Caller& caller, const DescribeContributorInsightsInput& input) {
  const TablePtr table = TRY(find(db, caller, input.table_name, input.index_name));
  const auto found = db.store().get(insights_row(caller, table->name(), input.index_name));
  if (found.value) return aws::from_json<DescribeContributorInsightsOutput>(*found.value);
  DescribeContributorInsightsOutput output;
  output.table_name = table->name();
  output.index_name = input.index_name;
  output.contributor_insights_status = "DISABLED";
  return output;
}

aws::Result<ListContributorInsightsOutput> list_contributor_insights(DynamoDb& db, const aws::Caller& caller,
                                                                     const ListContributorInsightsInput& input) {
  constexpr std::int32_t kPage = 100;
  std::string prefix = home_key(caller.account, caller.region, 'I');
  if (input.table_name) prefix += kv::make_key(table_name_in(caller, *input.table_name));
  kv::Range range = kv::prefix_range(prefix);
  ListContributorInsightsOutput output;
  auto& found = output.contributor_insights_summaries.emplace();
  const std::size_t skipped = input.next_token ? std::strtoul(input.next_token->c_str(), nullptr, 10) : 0;
  std::size_t seen = 0;
  const auto cursor = db.store().scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    if (seen++ < skipped) continue;
    if (found.size() == static_cast<std::size_t>(input.max_results.value_or(kPage))) {
      output.next_token = std::to_string(seen - 1);
      break;
    }
    if (const auto record = kv::read_sound(*cursor, &aws::from_json<DescribeContributorInsightsOutput>)) {
      found.push_back({record->table_name, record->index_name, record->contributor_insights_status,
                       record->contributor_insights_mode});
    }
  }
  return output;
}

}  // namespace leat::dynamodb
