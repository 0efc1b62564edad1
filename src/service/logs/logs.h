#pragma once
// The CloudWatch Logs service.
//
//   home   := text(account) text(region) 'w'
//   group  := home 'g' text(group)                                    LogGroup, JSON
//   stream := home 's' text(group) text(stream)                       LogStream, JSON
//   event  := home 'e' text(group) text(stream) u64(time) u64(number) u64(ingestion time) message
//   arrival := home 'a' text(group) u64(arrival)                      see arrivals.h

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.h"
#include "aws/logs/types.h"
#include "aws/service.h"
#include "base/clock.h"
#include "engine/kv/store.h"
#include "engine/schedule/schedule.h"

namespace leat::logs {

// Where an event stands in its stream; ordered by time, then by arrival.
struct EventPosition {
  std::int64_t time = 0;
  std::uint64_t number = 0;
  auto operator<=>(const EventPosition&) const = default;

  std::string text() const;  // for tokens and event ids
  static std::optional<EventPosition> parse(std::string_view text);
};

struct StoredEvent {
  std::string stream;
  EventPosition position;
  std::int64_t ingestion_time;
  std::string message;
};

struct StreamId {
  std::string account, region, group, stream;
};

class Logs final : public aws::Service {
 public:
  Logs(kv::Store& store, const Clock& clock, schedule::Schedule& schedule);

  kv::Store& store() const { return store_; }
  const Clock& clock() const { return clock_; }
  schedule::Schedule& schedule() { return schedule_; }
  // Serializes what makes, changes and deletes groups and streams. Adding events takes it not.
  std::mutex& mutex() { return mutex_; }

  std::optional<LogGroup> group(const aws::Caller& caller, std::string_view name) const;
  std::optional<LogStream> stream(const aws::Caller& caller, std::string_view group, std::string_view name) const;
  aws::Result<void> check_group(const aws::Caller& caller, std::string_view name) const;

  // Adds events, oldest first, to a stream, which is made where it does not exist, and its group too. In commits of a
  // bounded size, since other writers wait for each.
  void append(const StreamId& id, const std::vector<InputLogEvent>& events);

  // Calls `changed` after events were added to that group, until the subscription ends. It is who adds them that calls,
  // so `changed` does no more than wake somebody.
  kv::Subscription subscribe(std::string_view account, std::string_view region, std::string_view group,
                             std::function<void()> changed);

  void start() override;
  std::vector<std::string> resources(const aws::Authorization& asked, std::string_view pattern) const override;

 private:
  using Events = std::span<const InputLogEvent>;
  void append_piece(const StreamId& id, Events events);
  bool try_append(const StreamId& id, Events events, std::uint64_t first_number);
  bool commit_arrival(kv::Batch& batch, const StreamId& id, std::string_view arrival);
  LogGroup group_of(kv::Batch& batch, const StreamId& id, TimePoint now);
  void tell_observers(const StreamId& id);

  kv::Store& store_;
  const Clock& clock_;
  schedule::Schedule& schedule_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> number_;
  std::mutex arrivals_mutex_;  // arrivals are visible in the order of their numbers
  std::uint64_t arrival_ = 0;
  std::mutex observers_mutex_;
  std::multimap<std::string, std::weak_ptr<std::function<void()>>> observers_;
};

std::string group_row(std::string_view account, std::string_view region, std::string_view group);
std::string stream_row(std::string_view account, std::string_view region, std::string_view group,
                       std::string_view stream);
std::string groups_prefix(std::string_view account, std::string_view region);
std::string streams_prefix(std::string_view account, std::string_view region, std::string_view group);
std::string events_prefix(std::string_view account, std::string_view region, std::string_view group);
std::string events_prefix(std::string_view account, std::string_view region, std::string_view group,
                          std::string_view stream);
// Of the stream with that prefix of its events.
std::string event_row(const std::string& prefix, const EventPosition& position);

LogGroup new_group(const aws::Caller& caller, std::string_view name, TimePoint now);
LogStream new_stream(const LogGroup& group, std::string_view name, TimePoint now);

EventPosition position_in(std::string_view event_key);

// The event that a row of the store holds. `stream` is its stream's name.
StoredEvent decode_event(std::string_view stream, std::string_view key, std::string_view value);

}  // namespace leat::logs
