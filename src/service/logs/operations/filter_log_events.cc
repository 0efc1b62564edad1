#include <algorithm>

#include "aws/logs/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/logs/filter_pattern.h"
#include "service/logs/merged_events.h"
#include "service/logs/shown.h"

namespace leat::logs {
namespace {

// What one request looks at. A pattern that few events match brings pages that are not full, and a token, as on AWS.
constexpr std::size_t kMaxLookedAt = 50000;
constexpr std::size_t kMaxBytesLookedAt = 8U << 20;

struct Span {
  std::int64_t start;
  std::optional<std::int64_t> end;  // exclusive
  std::optional<EventPosition> after;
};

void add_stream(MergedEvents& merged, const LogStream& stream, const std::string& prefix, const Span& span) {
  const std::int64_t first = stream.first_event_timestamp.value_or(0);
  if (!stream.last_event_timestamp || *stream.last_event_timestamp < span.start || (span.end && first >= *span.end))
    return;
  kv::Range range = time_range(prefix, span.start, span.end);
  if (span.after) range.begin = std::max(range.begin, event_row(prefix, *span.after) + '\0');
  if (range.begin < range.end) merged.add(*stream.log_stream_name, std::move(range), std::max(first, span.start));
}

MergedEvents wanted_events(Logs& logs, const aws::Caller& caller, const std::string& group,
                           const FilterLogEventsRequest& input, const Span& span) {
  MergedEvents merged(logs.store());
  const auto add = [&](const LogStream& stream) {
    add_stream(merged, stream, events_prefix(caller.account, caller.region, group, *stream.log_stream_name), span);
  };
  if (input.log_stream_names) {
    for (const auto& name : *input.log_stream_names) {
      if (const auto stream = logs.stream(caller, group, name)) add(*stream);
    }
    return merged;
  }
  const std::string prefix = streams_prefix(caller.account, caller.region, group);
  const auto cursor =
      logs.store().scan(kv::prefix_range(prefix + input.log_stream_name_prefix.value_or("")), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { add(aws::from_json<LogStream>(cursor->value())); });
  return merged;
}

FilteredLogEvent shown(StoredEvent event) {
  FilteredLogEvent out;
  out.log_stream_name = std::move(event.stream);
  out.timestamp = event.position.time;
  out.ingestion_time = event.ingestion_time;
  out.event_id = event.position.text();
  out.message = std::move(event.message);
  return out;
}

FilterLogEventsResponse page_of(MergedEvents& merged, const FilterPattern& pattern, std::size_t limit) {
  FilterLogEventsResponse output;
  output.searched_log_streams.emplace();
  auto& events = output.events.emplace();
  std::size_t bytes = 0;
  std::size_t looked_at = 0;
  std::size_t bytes_looked_at = 0;
  EventPosition last;
  while (auto event = merged.next()) {
    const bool found = pattern.matches(event->message);
    const std::size_t size = size_of(*event);
    const bool full = found && (events.size() == limit || (!events.empty() && bytes + size > kMaxPageBytes));
    if (full || looked_at == kMaxLookedAt || bytes_looked_at > kMaxBytesLookedAt) {
      output.next_token = last.text();
      break;
    }
    last = event->position;
    ++looked_at;
    bytes_looked_at += size;
    if (!found) continue;
    bytes += size;
    events.push_back(shown(std::move(*event)));
  }
  return output;
}

}  // namespace

aws::Result<FilterLogEventsResponse> filter_log_events(Logs& logs, const aws::Caller& caller,
                                                       const FilterLogEventsRequest& input) {
  const std::string group = input.log_group_name.value_or("");
  TRY_VOID(logs.check_group(caller, group));
  if (input.log_stream_names && input.log_stream_name_prefix) {
    return aws::fail(errors::kInvalidParameter, "LogStreamNames and LogStreamNamePrefix cannot be used together.");
  }
  auto pattern = FilterPattern::parse(input.filter_pattern.value_or(""));
  if (!pattern) return aws::fail(errors::kInvalidParameter, pattern.error());
  Span span{shown_since(logs, caller, group, input.start_time), std::nullopt, std::nullopt};
  if (input.end_time) span.end = *input.end_time + 1;
  if (input.next_token && !(span.after = EventPosition::parse(*input.next_token)))
    return aws::fail(errors::kInvalidParameter, "The specified nextToken is invalid.");
  if (span.after) span.start = std::max(span.start, span.after->time);
  MergedEvents merged = wanted_events(logs, caller, group, input, span);
  return page_of(merged, *pattern, static_cast<std::size_t>(input.limit.value_or(kMaxPageEvents)));
}

}  // namespace leat::logs
