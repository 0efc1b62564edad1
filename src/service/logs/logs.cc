#include "service/logs/logs.h"

#include <fmt/format.h>

#include <charconv>

#include "aws/shape_json.h"
#include "engine/kv/key.h"

namespace leat::logs {
namespace {

std::string home(std::string_view account, std::string_view region, char room) {
  return kv::home_key(account, region, 'w', room);
}

template <class T>
std::optional<T> load(const kv::Store& store, std::string_view row) {
  const auto found = store.get(row);
  if (!found.value) return std::nullopt;
  return aws::from_json<T>(*found.value);
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
    : store_(store),
      clock_(clock),
      schedule_(schedule),
      number_(static_cast<std::uint64_t>(to_millis(clock.now())) << 20) {}

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
  if (events.empty()) return;
  const TimePoint now = clock_.now();
  aws::Caller caller;
  caller.account = id.account;
  caller.region = id.region;
  kv::Batch batch;
  {
    std::lock_guard lock(mutex_);
    auto stream = this->stream(caller, id.group, id.stream);
    if (!stream) {
      auto group = this->group(caller, id.group);
      if (!group) {
        group = new_group(caller, id.group, now);
        batch.put(group_row(id.account, id.region, id.group), aws::to_json(*group));
      }
      stream = new_stream(*group, id.stream, now);
    }
    if (!stream->first_event_timestamp) stream->first_event_timestamp = events.front().timestamp;
    stream->last_event_timestamp = std::max(stream->last_event_timestamp.value_or(0), events.back().timestamp);
    stream->last_ingestion_time = to_millis(now);
    stream->upload_sequence_token = std::to_string(number_.load());
    const std::string prefix = events_prefix(id.account, id.region, id.group, id.stream);
    for (const auto& event : events) {
      std::string key = prefix;
      kv::append_u64(key, static_cast<std::uint64_t>(event.timestamp));
      kv::append_u64(key, number_.fetch_add(1));
      std::string value;
      kv::append_u64(value, static_cast<std::uint64_t>(to_millis(now)));
      batch.put(key, value + event.message);
    }
    batch.put(stream_row(id.account, id.region, id.group, id.stream), aws::to_json(*stream));
    (void)store_.commit(batch);
  }
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

StoredEvent decode_event(std::string_view stream, std::string_view key, std::string_view value) {
  StoredEvent event;
  event.stream = stream;
  event.position.time = static_cast<std::int64_t>(kv::read_u64(key.substr(key.size() - 16)));
  event.position.number = kv::read_u64(key.substr(key.size() - 8));
  event.ingestion_time = static_cast<std::int64_t>(kv::read_u64(value));
  event.message = value.substr(8);
  return event;
}

}  // namespace leat::logs
