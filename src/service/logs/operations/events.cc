#include <algorithm>
#include <queue>

#include "aws/logs/operations.h"
#include "engine/kv/key.h"
#include "service/logs/filter_pattern.h"
#include "service/logs/logs.h"
#include "service/logs/retention.h"

namespace leat::logs {
namespace {

constexpr std::int32_t kMaxEvents = 10000;
constexpr std::size_t kMaxBytes = 1U << 20;

// Rows of a stream between two times, in milliseconds, both inclusive-exclusive.
kv::Range time_range(const std::string& prefix, const std::optional<std::int64_t>& start,
                     const std::optional<std::int64_t>& end) {
  kv::Range range = kv::prefix_range(prefix);
  const auto bound = [&](std::int64_t time) {
    std::string key = prefix;
    kv::append_u64(key, static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0)));
    return key;
  };
  if (start) range.begin = bound(*start);
  if (end) range.end = bound(*end);
  return range;
}

std::string position_row(const std::string& prefix, const EventPosition& position) {
  std::string key = prefix;
  kv::append_u64(key, static_cast<std::uint64_t>(position.time));
  kv::append_u64(key, position.number);
  return key;
}

std::optional<std::int64_t> shown_since(Logs& logs, const aws::Caller& caller, const std::string& group,
                                        const std::optional<std::int64_t>& wanted) {
  return std::max(wanted.value_or(0), oldest_shown(logs, *logs.group(caller, group)));
}

std::unexpected<aws::Error> no_stream() {
  return aws::fail(errors::kResourceNotFound, "The specified log stream does not exist.");
}
std::unexpected<aws::Error> bad_token() {
  return aws::fail(errors::kInvalidParameter, "The specified nextToken is invalid.");
}

std::vector<std::string> wanted_streams(Logs& logs, const aws::Caller& caller, const std::string& group,
                                        const FilterLogEventsRequest& input) {
  if (input.log_stream_names) return *input.log_stream_names;
  const std::string prefix = streams_prefix(caller.account, caller.region, group);
  std::vector<std::string> out;
  const auto cursor =
      logs.store().scan(kv::prefix_range(prefix + input.log_stream_name_prefix.value_or("")), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view rest = cursor->key().substr(prefix.size());
    out.push_back(kv::take_text(rest));
  }
  return out;
}

// The events of several streams as one, oldest first.
class Merge {
 public:
  void add(std::string stream, std::unique_ptr<kv::Cursor> cursor) {
    if (!cursor->valid()) return;
    EventPosition position = decode_event(stream, cursor->key(), cursor->value()).position;
    heads_.push({position, std::make_shared<Source>(Source{std::move(stream), std::move(cursor)})});
  }

  std::optional<StoredEvent> next() {
    if (heads_.empty()) return std::nullopt;
    auto source = heads_.top().source;
    heads_.pop();
    StoredEvent event = decode_event(source->stream, source->cursor->key(), source->cursor->value());
    source->cursor->next();
    if (source->cursor->valid()) {
      const EventPosition position =
          decode_event(source->stream, source->cursor->key(), source->cursor->value()).position;
      heads_.push({position, std::move(source)});
    }
    return event;
  }

 private:
  struct Source {
    std::string stream;
    std::unique_ptr<kv::Cursor> cursor;
  };
  struct Head {
    EventPosition position;
    std::shared_ptr<Source> source;
    bool operator<(const Head& other) const { return position > other.position; }
  };
  std::priority_queue<Head> heads_;
};

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
      range.begin = std::max(range.begin, position_row(prefix, *position) + '\0');
    else
      range.end = std::min(range.end, position_row(prefix, *position));
  }
  GetLogEventsResponse output;
  auto& events = output.events.emplace();
  std::vector<EventPosition> positions;
  std::size_t bytes = 0;
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kMaxEvents));
  if (range.begin < range.end) {
    const auto cursor = logs.store().scan(range, forward ? kv::Direction::kForward : kv::Direction::kBackward);
    for (; cursor->valid() && events.size() < limit && bytes < kMaxBytes; cursor->next()) {
      StoredEvent event = decode_event(input.log_stream_name, cursor->key(), cursor->value());
      bytes += event.message.size() + 26;
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

aws::Result<FilterLogEventsResponse> filter_log_events(Logs& logs, const aws::Caller& caller,
                                                       const FilterLogEventsRequest& input) {
  const std::string group = input.log_group_name.value_or("");
  TRY_VOID(logs.check_group(caller, group));
  if (input.log_stream_names && input.log_stream_name_prefix) {
    return aws::fail(errors::kInvalidParameter, "LogStreamNames and LogStreamNamePrefix cannot be used together.");
  }
  auto pattern = FilterPattern::parse(input.filter_pattern.value_or(""));
  if (!pattern) return aws::fail(errors::kInvalidParameter, pattern.error());
  std::optional<EventPosition> after;
  if (input.next_token && !(after = EventPosition::parse(*input.next_token))) return bad_token();
  auto start = shown_since(logs, caller, group, input.start_time);
  if (after) start = std::max(start.value_or(0), after->time);
  const auto end = input.end_time ? std::optional(*input.end_time + 1) : std::nullopt;

  Merge merge;
  FilterLogEventsResponse output;
  output.searched_log_streams.emplace();
  for (const std::string& stream : wanted_streams(logs, caller, group, input)) {
    const std::string prefix = events_prefix(caller.account, caller.region, group, stream);
    merge.add(stream, logs.store().scan(time_range(prefix, start, end), kv::Direction::kForward));
  }
  auto& events = output.events.emplace();
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kMaxEvents));
  std::size_t bytes = 0;
  while (auto event = merge.next()) {
    if ((after && event->position <= *after) || !pattern->matches(event->message)) continue;
    if (events.size() == limit || bytes >= kMaxBytes) {
      output.next_token = events.back().event_id;
      break;
    }
    bytes += event->message.size() + 26;
    FilteredLogEvent found;
    found.log_stream_name = event->stream;
    found.timestamp = event->position.time;
    found.ingestion_time = event->ingestion_time;
    found.event_id = event->position.text();
    found.message = std::move(event->message);
    events.push_back(std::move(found));
  }
  return output;
}

}  // namespace leat::logs
