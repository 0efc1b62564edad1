#include <algorithm>

#include "aws/logs/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/logs/arrivals.h"
#include "service/logs/logs.h"
#include "service/logs/retention.h"

namespace leat::logs {
namespace {

void save(Logs& logs, std::string_view row, const std::string& json) {
  kv::Batch batch;
  batch.put(row, json);
  (void)logs.store().commit(batch);
}

aws::Result<void> set_retention(Logs& logs, const aws::Caller& caller, const std::string& name,
                                std::optional<std::int32_t> days) {
  std::lock_guard lock(logs.mutex());
  TRY_VOID(logs.check_group(caller, name));
  LogGroup group = *logs.group(caller, name);
  const bool begins = days && !group.retention_in_days;
  group.retention_in_days = days;
  kv::Batch batch;
  batch.put(group_row(caller.account, caller.region, name), aws::to_json(group));
  if (begins) stage_retention(batch, logs, caller, name);
  (void)logs.store().commit(batch);
  logs.schedule().armed(kRetentionKind);
  return {};
}

}  // namespace

aws::Result<void> create_log_group(Logs& logs, const aws::Caller& caller, const CreateLogGroupRequest& input) {
  std::lock_guard lock(logs.mutex());
  if (logs.group(caller, input.log_group_name))
    return aws::fail(errors::kResourceAlreadyExists, "The specified log group already exists");
  save(logs, group_row(caller.account, caller.region, input.log_group_name),
       aws::to_json(new_group(caller, input.log_group_name, logs.clock().now())));
  return {};
}

aws::Result<void> create_log_stream(Logs& logs, const aws::Caller& caller, const CreateLogStreamRequest& input) {
  std::lock_guard lock(logs.mutex());
  TRY_VOID(logs.check_group(caller, input.log_group_name));
  if (logs.stream(caller, input.log_group_name, input.log_stream_name)) {
    return aws::fail(errors::kResourceAlreadyExists, "The specified log stream already exists");
  }
  const LogStream stream =
      new_stream(*logs.group(caller, input.log_group_name), input.log_stream_name, logs.clock().now());
  save(logs, stream_row(caller.account, caller.region, input.log_group_name, input.log_stream_name),
       aws::to_json(stream));
  return {};
}

aws::Result<void> delete_log_group(Logs& logs, const aws::Caller& caller, const DeleteLogGroupRequest& input) {
  std::lock_guard lock(logs.mutex());
  TRY_VOID(logs.check_group(caller, input.log_group_name));
  kv::Batch batch;
  batch.erase(group_row(caller.account, caller.region, input.log_group_name));
  batch.erase(kv::prefix_range(streams_prefix(caller.account, caller.region, input.log_group_name)));
  batch.erase(kv::prefix_range(events_prefix(caller.account, caller.region, input.log_group_name)));
  batch.erase(kv::prefix_range(arrivals_prefix(caller.account, caller.region, input.log_group_name)));
  (void)logs.store().commit(batch);
  return {};
}

aws::Result<void> delete_log_stream(Logs& logs, const aws::Caller& caller, const DeleteLogStreamRequest& input) {
  std::lock_guard lock(logs.mutex());
  TRY_VOID(logs.check_group(caller, input.log_group_name));
  if (!logs.stream(caller, input.log_group_name, input.log_stream_name)) {
    return aws::fail(errors::kResourceNotFound, "The specified log stream does not exist.");
  }
  kv::Batch batch;
  batch.erase(stream_row(caller.account, caller.region, input.log_group_name, input.log_stream_name));
  batch.erase(
      kv::prefix_range(events_prefix(caller.account, caller.region, input.log_group_name, input.log_stream_name)));
  (void)logs.store().commit(batch);
  return {};
}

aws::Result<void> put_retention_policy(Logs& logs, const aws::Caller& caller, const PutRetentionPolicyRequest& input) {
  return set_retention(logs, caller, input.log_group_name, input.retention_in_days);
}

aws::Result<void> delete_retention_policy(Logs& logs, const aws::Caller& caller,
                                          const DeleteRetentionPolicyRequest& input) {
  return set_retention(logs, caller, input.log_group_name, std::nullopt);
}

aws::Result<DescribeLogGroupsResponse> describe_log_groups(Logs& logs, const aws::Caller& caller,
                                                           const DescribeLogGroupsRequest& input) {
  constexpr std::int32_t kPage = 50;
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  kv::Range range =
      kv::prefix_range(groups_prefix(caller.account, caller.region) + input.log_group_name_prefix.value_or(""));
  if (input.next_token)
    range.begin = std::max(range.begin, group_row(caller.account, caller.region, *input.next_token) + '\0');
  DescribeLogGroupsResponse output;
  auto& groups = output.log_groups.emplace();
  const auto cursor = logs.store().scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    auto group = kv::read_sound(*cursor, &aws::from_json<LogGroup>);
    if (!group) continue;
    if (input.log_group_name_pattern && group->log_group_name->find(*input.log_group_name_pattern) == std::string::npos)
      continue;
    if (groups.size() == limit) {
      output.next_token = groups.back().log_group_name;
      break;
    }
    groups.push_back(std::move(*group));
  }
  return output;
}

aws::Result<DescribeLogStreamsResponse> describe_log_streams(Logs& logs, const aws::Caller& caller,
                                                             const DescribeLogStreamsRequest& input) {
  constexpr std::int32_t kPage = 50;
  const std::string group = input.log_group_name.value_or("");
  TRY_VOID(logs.check_group(caller, group));
  const bool by_time = input.order_by == "LastEventTime";
  if (by_time && input.log_stream_name_prefix) {
    return aws::fail(errors::kInvalidParameter, "Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const std::string prefix = streams_prefix(caller.account, caller.region, group);
  std::vector<LogStream> streams;
  const auto cursor =
      logs.store().scan(kv::prefix_range(prefix + input.log_stream_name_prefix.value_or("")), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { streams.push_back(aws::from_json<LogStream>(cursor->value())); });
  if (by_time) {
    std::stable_sort(streams.begin(), streams.end(), [](const LogStream& left, const LogStream& right) {
      return left.last_event_timestamp.value_or(0) < right.last_event_timestamp.value_or(0);
    });
  }
  if (input.descending.value_or(false)) std::reverse(streams.begin(), streams.end());
  if (input.next_token) {
    const auto last = std::find_if(streams.begin(), streams.end(),
                                   [&](const LogStream& each) { return each.log_stream_name == input.next_token; });
    if (last != streams.end()) streams.erase(streams.begin(), last + 1);
  }
  DescribeLogStreamsResponse output;
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  if (streams.size() > limit) {
    streams.resize(limit);
    output.next_token = streams.back().log_stream_name;
  }
  output.log_streams = std::move(streams);
  return output;
}

}  // namespace leat::logs
