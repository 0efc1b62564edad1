#include "service/logs/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/arn.h"
#include "aws/logs/operations.h"
#include "aws/rights.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/logs/arrivals.h"
#include "service/logs/retention.h"

namespace leat::logs {
namespace {

std::string home(std::string_view account, std::string_view region, char room) {
  return kv::home_key(account, region, 'w', room);
}

template <class T>
std::optional<T> load(const kv::Store& store, std::string_view row) {
  return kv::read_row(store, row, &aws::from_json<T>);
}

}  // namespace

std::string groups_prefix(std::string_view account, std::string_view region) { return home(account, region, 'g'); }
std::string group_row(std::string_view account, std::string_view region, std::string_view group) {
  return groups_prefix(account, region) + kv::make_key(group);
}
std::string streams_prefix(std::string_view account, std::string_view region, std::string_view group) {
  return home(account, region, 's') + kv::make_key(group);
}
std::string stream_row(std::string_view account, std::string_view region, std::string_view group,
                       std::string_view stream) {
  return streams_prefix(account, region, group) + kv::make_key(stream);
}
std::string events_prefix(std::string_view account, std::string_view region, std::string_view group) {
  return home(account, region, 'e') + kv::make_key(group);
}
std::string events_prefix(std::string_view account, std::string_view region, std::string_view group,
                          std::string_view stream) {
  return events_prefix(account, region, group) + kv::make_key(stream);
}

std::string event_row(const std::string& prefix, const EventPosition& position) {
  std::string key = prefix;
  kv::append_u64(key, static_cast<std::uint64_t>(position.time));
  kv::append_u64(key, position.number);
  return key;
}

std::string EventPosition::text() const { return fmt::format("{:020}{:020}", time, number); }

std::optional<EventPosition> EventPosition::parse(std::string_view text) {
  EventPosition out;
  if (text.size() != 40) return std::nullopt;
  const auto first = std::from_chars(text.data(), text.data() + 20, out.time);
  const auto second = std::from_chars(text.data() + 20, text.data() + 40, out.number);
  if (first.ptr != text.data() + 20 || second.ptr != text.data() + 40) return std::nullopt;
  return out;
}

Logs::Logs(kv::Store& store, const Clock& clock, schedule::Schedule& schedule)
    : Service(kModel),
      store_(store),
      clock_(clock),
      schedule_(schedule),
      number_(static_cast<std::uint64_t>(to_millis(clock.now())) << 20) {}

void Logs::start() { keep_retention(*this); }

// A log group's ARN ends with what may stand below it.
std::vector<std::string> Logs::resources(const aws::Authorization& asked, std::string_view pattern) const {
  const std::string stream = aws::first_value(asked, "logStreamName");
  std::vector<std::string> out = aws::filled(asked, pattern);
  for (std::string& each : out) {
    if (!aws::is_whole(each))
      each = aws::make_arn("logs", asked.caller.region, asked.caller.account,
                           each + (stream.empty() ? ":*" : ":log-stream:" + stream));
  }
  return out;
}

std::optional<LogGroup> Logs::group(const aws::Caller& caller, std::string_view name) const {
  return load<LogGroup>(store_, group_row(caller.account, caller.region, name));
}

std::optional<LogStream> Logs::stream(const aws::Caller& caller, std::string_view group, std::string_view name) const {
  return load<LogStream>(store_, stream_row(caller.account, caller.region, group, name));
}

aws::Result<void> Logs::check_group(const aws::Caller& caller, std::string_view name) const {
  if (group(caller, name)) return {};
  return aws::fail(errors::kResourceNotFound, "The specified log group does not exist.");
}

LogGroup new_group(const aws::Caller& caller, std::string_view name, TimePoint now) {
  LogGroup group;
  group.log_group_name = name;
  group.creation_time = to_millis(now);
  group.metric_filter_count = 0;
  group.stored_bytes = 0;
  group.log_group_class = "STANDARD";
  group.log_group_arn = fmt::format("arn:aws:logs:{}:{}:log-group:{}", caller.region, caller.account, name);
  group.arn = *group.log_group_arn + ":*";
  return group;
}

LogStream new_stream(const LogGroup& group, std::string_view name, TimePoint now) {
  LogStream stream;
  stream.log_stream_name = name;
  stream.creation_time = to_millis(now);
  stream.stored_bytes = 0;
  stream.arn = fmt::format("{}:log-stream:{}", *group.log_group_arn, name);
  return stream;
}

void Logs::append(const StreamId& id, const std::vector<InputLogEvent>& events) {
  constexpr std::size_t kMaxEvents = 500;
  constexpr std::size_t kMaxBytes = 256U << 10;
  for (std::size_t from = 0; from < events.size();) {
    std::size_t to = from;
    for (std::size_t bytes = 0; to < events.size() && to - from < kMaxEvents && bytes < kMaxBytes; ++to)
      bytes += events[to].message.size();
    append_piece(id, Events(events).subspan(from, to - from));
    from = to;
  }
  if (!events.empty()) tell_observers(id);
}

void Logs::append_piece(const StreamId& id, Events events) {
  const std::uint64_t first_number = number_.fetch_add(events.size());
  while (!try_append(id, events, first_number)) {
  }
}

// False where the stream changed meanwhile: another writer, or it was deleted.
bool Logs::try_append(const StreamId& id, Events events, std::uint64_t first_number) {
  const TimePoint now = clock_.now();
  const std::string row = stream_row(id.account, id.region, id.group, id.stream);
  const auto found = store_.get(row);
  kv::Batch batch;
  batch.expect(row, found.version);
  LogStream stream = found.value ? aws::from_json<LogStream>(*found.value)
                                 : new_stream(group_of(batch, id, now), id.stream, now);
  const std::int64_t first = events.front().timestamp;
  stream.first_event_timestamp = std::min(stream.first_event_timestamp.value_or(first), first);
  stream.last_event_timestamp = std::max(stream.last_event_timestamp.value_or(0), events.back().timestamp);
  stream.last_ingestion_time = to_millis(now);
  stream.upload_sequence_token = std::to_string(first_number);
  batch.put(row, aws::to_json(stream));
  const std::string prefix = events_prefix(id.account, id.region, id.group, id.stream);
  std::uint64_t number = first_number;
  for (const auto& event : events) {
    std::string value;
    kv::append_u64(value, static_cast<std::uint64_t>(to_millis(now)));
    batch.put(event_row(prefix, {event.timestamp, number++}), value + event.message);
  }
  return commit_arrival(batch, id, new_arrival(id.stream, first_number, events));
}

LogGroup Logs::group_of(kv::Batch& batch, const StreamId& id, TimePoint now) {
  const std::string row = group_row(id.account, id.region, id.group);
  const auto found = store_.get(row);
  if (found.value) return aws::from_json<LogGroup>(*found.value);
  aws::Caller caller;
  caller.account = id.account;
  caller.region = id.region;
  LogGroup group = new_group(caller, id.group, now);
  batch.expect(row, found.version);
  batch.put(row, aws::to_json(group));
  return group;
}

bool Logs::commit_arrival(kv::Batch& batch, const StreamId& id, std::string_view arrival) {
  std::lock_guard lock(arrivals_mutex_);
  arrival_ = std::max(arrival_ + 1, arrival_at(clock_.now()));
  batch.put(arrival_row(id, arrival_), arrival);
  return store_.commit(batch).has_value();
}

void Logs::tell_observers(const StreamId& id) {
  std::lock_guard lock(observers_mutex_);
  const auto [first, last] = observers_.equal_range(group_row(id.account, id.region, id.group));
  for (auto each = first; each != last; ++each) {
    if (auto observer = each->second.lock()) (*observer)();
  }
}

kv::Subscription Logs::subscribe(std::string_view account, std::string_view region, std::string_view group,
                                 std::function<void()> changed) {
  auto observer = std::make_shared<std::function<void()>>(std::move(changed));
  std::lock_guard lock(observers_mutex_);
  std::erase_if(observers_, [](const auto& each) { return each.second.expired(); });
  observers_.emplace(group_row(account, region, group), observer);
  return observer;
}

EventPosition position_in(std::string_view event_key) {
  const std::string_view position = event_key.substr(event_key.size() - 16);
  return {static_cast<std::int64_t>(kv::read_u64(position)), kv::read_u64(position.substr(8))};
}

StoredEvent decode_event(std::string_view stream, std::string_view key, std::string_view value) {
  StoredEvent event;
  event.stream = stream;
  event.position = position_in(key);
  event.ingestion_time = static_cast<std::int64_t>(kv::read_u64(value));
  event.message = value.substr(8);
  return event;
}

}  // namespace leat::logs
