#pragma once
// Enhanced fan-out: a shard's records pushed to a consumer for five minutes.
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "aws/event_stream.h"
#include "service/kinesis/reading.h"

namespace leat::kinesis {

// Lives as long as its client listens. Its records are read on the connection's thread, when that can send.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  Subscription(Kinesis& kinesis, std::string consumer_arn, StreamShard shard, kv::LogPosition from);
  ~Subscription();

  void begin(aws::EventSinkPtr sink);

  // Ends it: another one has taken its place, or the server stops.
  enum class End : std::uint8_t { kNone, kTakenOver, kStopped };
  void end(End reason);

  TimePoint started() const { return started_; }

 private:
  void push(aws::EventSink& sink);
  aws::Result<void> send_next(aws::EventSink& sink);
  aws::Result<StreamPtr> find_stream() const;
  void send_event(aws::EventSink& sink, const Stream& stream, const shardlog::Log::Slice& slice);
  void wake_at(TimePoint time);
  void wake();

  Kinesis& kinesis_;
  const std::string consumer_arn_;
  const StreamShard shard_;
  const TimePoint started_;
  std::mutex mutex_;  // of the next two
  std::weak_ptr<aws::EventSink> sink_;
  std::optional<runtime::Timers::Key> timer_;
  kv::Subscription changed_;
  std::atomic<End> end_ = End::kNone;

  // Of the connection's thread.
  kv::LogPosition next_;
  TimePoint silent_until_;  // an event is sent then, with or without records
  TimePoint paused_until_;  // the limit of 2 MB a second
};

// Those that are going on: one for each consumer and shard.
class Subscriptions {
 public:
  // ResourceInUseException where there is one that began less than five seconds ago; an older one ends.
  aws::Result<void> add(const std::string& consumer_arn, const std::string& shard_id,
                        const std::shared_ptr<Subscription>& added);
  void end_all();

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Subscription>> going_on_;
};

}  // namespace leat::kinesis
