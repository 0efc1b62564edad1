#include <algorithm>

#include "aws/logs/operations.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/logs/logs.h"
#include "service/logs/shown.h"

namespace leat::logs {
namespace {

std::unexpected<aws::Error> no_stream() {
  return aws::fail(errors::kResourceNotFound, "The specified log stream does not exist.");
}
std::unexpected<aws::Error> bad_token() {
  return aws::fail(errors::kInvalidParameter, "The specified nextToken is invalid.");
}

}  // namespace

aws::Result<PutLogEventsResponse> put_log_events(Logs& logs, const aws::Caller& caller,
                                                 const PutLogEventsRequest& input) {
  TRY_VOID(logs.check_group(caller, input.log_group_name));
  if (!logs.stream(caller, input.log_group_name, input.log_stream_name)) return no_stream();
  for (std::size_t i = 1; i < input.log_events.size(); ++i) {
    if (input.log_events[i].timestamp < input.log_events[i - 1].timestamp) {
      return aws::fail(errors::kInvalidParameter,
                       "Log events in a single PutLogEvents request must be in chronological order.");
    }
  }
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
  const std::int64_t now = to_millis(logs.clock().now());
  const std::int64_t oldest = now - std::chrono::milliseconds(std::chrono::days(14)).count();
  const std::int64_t newest = now + std::chrono::milliseconds(std::chrono::hours(2)).count();
  PutLogEventsResponse output;
  std::vector<InputLogEvent> accepted;
  for (std::size_t i = 0; i < input.log_events.size(); ++i) {
    const auto& event = input.log_events[i];
    const auto index = static_cast<std::int32_t>(i);
    if (event.timestamp < oldest) {
      if (!output.rejected_log_events_info) output.rejected_log_events_info.emplace();
      output.rejected_log_events_info->too_old_log_event_end_index = index + 1;
    } else if (event.timestamp > newest) {
      if (!output.rejected_log_events_info) output.rejected_log_events_info.emplace();
      if (!output.rejected_log_events_info->too_new_log_event_start_index)
        output.rejected_log_events_info->too_new_log_event_start_index = index;
    } else {
      accepted.push_back(event);
    }
  }
  logs.append({caller.account, caller.region, input.log_group_name, input.log_stream_name}, accepted);
  output.next_sequence_token = std::to_string(now);
  return output;
}

aws::Result<GetLogEventsResponse> get_log_events(Logs& logs, const aws::Caller& caller,
                                                 const GetLogEventsRequest& input) {
  const std::string group = input.log_group_name.value_or("");
  TRY_VOID(logs.check_group(caller, group));
  if (!logs.stream(caller, group, input.log_stream_name)) return no_stream();
  const std::string prefix = events_prefix(caller.account, caller.region, group, input.log_stream_name);
  kv::Range range = time_range(prefix, shown_since(logs, caller, group, input.start_time), input.end_time);
  bool forward = input.start_from_head.value_or(false);
  EventPosition from, to;
  if (input.next_token) {
    const std::string_view token = *input.next_token;
    const auto position = EventPosition::parse(token.substr(std::min<std::size_t>(2, token.size())));
    if (!position || !(token.starts_with("f/") || token.starts_with("b/"))) return bad_token();
    forward = token.starts_with("f/");
    from = to = *position;
    if (forward)
      range.begin = std::max(range.begin, event_row(prefix, *position) + '\0');
    else
      range.end = std::min(range.end, event_row(prefix, *position));
  }
  GetLogEventsResponse output;
  auto& events = output.events.emplace();
  std::vector<EventPosition> positions;
  std::size_t bytes = 0;
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kMaxPageEvents));
  if (range.begin < range.end) {
    const auto cursor = logs.store().scan(range, forward ? kv::Direction::kForward : kv::Direction::kBackward);
    for (; cursor->valid() && events.size() < limit; cursor->next()) {
      StoredEvent event;
      if (!kv::sound(cursor->key(),
                     [&] { event = decode_event(input.log_stream_name, cursor->key(), cursor->value()); }))
        continue;
      bytes += size_of(event);
      if (bytes > kMaxPageBytes && !events.empty()) break;
      positions.push_back(event.position);
      events.push_back({event.position.time, std::move(event.message), event.ingestion_time});
    }
  }
  if (!forward) {
    std::reverse(events.begin(), events.end());
    std::reverse(positions.begin(), positions.end());
  }
  if (!positions.empty()) {
    from = positions.front();
    to = positions.back();
  }
  output.next_forward_token = "f/" + to.text();
  output.next_backward_token = "b/" + from.text();
  return output;
}

}  // namespace leat::logs
