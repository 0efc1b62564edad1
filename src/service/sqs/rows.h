#pragma once
// Where queues and messages lie in the key space.
//
//   home    := text(account) text(region) 'q'
//   queue   := home 'q' text(queue)                          CreateQueueRequest, JSON: attributes and tags
//   task    := home 't' text(queue) u64(started)             ListMessageMoveTasksResultEntry, JSON
//   room    := home 'r' text(queue)                          of the queue's messages:
//     count   := room 'n'                                    [messages], a sum
//     message := room 'm' u64(number)                        u64(first visible) Message, JSON; never changed
//     state   := room 's' u64(number)                        of a message that was received: see State
//     visible := room 'v' u64(time) u64(number)              when it can be received; FIFO: the group's name, which
//                                                            stands here once, under its first message's number
//     member  := room 'g' text(group) u64(number)            FIFO: a group's messages in order
//     group   := room 'h' text(group)                        FIFO: u64(time) u64(number), the group's row in visible
//     sent    := room 'd' u64(time / 5 min) text(scope) text(id)  FIFO: u64(time) u64(number) message id
//     attempt := room 'a' u64(time / 5 min) text(id)         FIFO: what a ReceiveRequestAttemptId was given, see
//                                                            queue_attempts.cc
//
// Times are milliseconds. Numbers grow with each message of a queue, also across restarts.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/kv/key.h"
#include "engine/kv/store.h"

namespace leat::sqs {

// How long a FIFO queue remembers: what was sent, and what was received.
inline constexpr std::int64_t kDeduplicationPeriod = 5LL * 60 * 1000;  // milliseconds

struct QueueId {
  std::string account, region, name;
  std::string arn() const;
};

// What receiving has made of a message.
struct State {
  std::int64_t visible_at = 0;
  std::uint32_t receives = 0;
  std::int64_t first_received = 0;
  std::int64_t received = 0;  // the last time
  std::string group;          // FIFO

  std::string encode() const;
  static State decode(std::string_view bytes);
};

std::string queue_row(std::string_view account, std::string_view region, std::string_view name);
std::string task_row(const QueueId& id, std::int64_t started);
std::string tasks_prefix(const QueueId& id);

// The rows of one queue's messages.
class Rows {
 public:
  explicit Rows(const QueueId& id);

  std::string all() const { return room_; }
  std::string count() const { return room_ + 'n'; }
  std::string message(std::uint64_t number) const { return numbered('m', number); }
  std::string state(std::uint64_t number) const { return numbered('s', number); }
  std::string visible(std::int64_t time, std::uint64_t number) const;
  std::string member(std::string_view group, std::uint64_t number) const;
  std::string members(std::string_view group) const { return room_ + 'g' + kv::make_key(group); }
  std::string group(std::string_view name) const { return room_ + 'h' + kv::make_key(name); }
  std::string sent(std::int64_t period, std::string_view scope, std::string_view id) const;
  std::string sent_before(std::int64_t period) const;
  std::string attempt(std::int64_t period, std::string_view id) const;
  std::string attempts_before(std::int64_t period) const;
  std::string kind(char kind) const { return room_ + kind; }

 private:
  std::string numbered(char kind, std::uint64_t number) const;
  std::string room_;
};

// The last eight bytes of a row's key.
inline std::uint64_t number_in(std::string_view key) { return kv::read_u64(key.substr(key.size() - 8)); }
// The time in a row of `visible`.
inline std::int64_t time_in(std::string_view key) {
  return static_cast<std::int64_t>(kv::read_u64(key.substr(key.size() - 16)));
}

}  // namespace leat::sqs
