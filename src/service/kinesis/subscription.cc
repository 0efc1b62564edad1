#include "service/kinesis/subscription.h"

#include <fmt/format.h>

#include "service/kinesis/consumer.h"

namespace leat::kinesis {
namespace {

constexpr Duration kLife = std::chrono::minutes(5);
constexpr Duration kTakeOverPause = std::chrono::seconds(5);
constexpr Duration kHeartbeat = std::chrono::seconds(5);  // a client that hears nothing takes us for gone
constexpr std::size_t kEventBytes = 1U << 20;
constexpr std::int64_t kBytesPerMillisecond = 2 << 10;

}  // namespace

Subscription::Subscription(Kinesis& kinesis, std::string consumer_arn, StreamShard shard, kv::LogPosition from)
    : kinesis_(kinesis),
      consumer_arn_(std::move(consumer_arn)),
      shard_(std::move(shard)),
      started_(kinesis.now()),
      next_(from),
      silent_until_(started_),
      paused_until_(started_) {}

Subscription::~Subscription() {
  std::lock_guard lock(mutex_);
  if (timer_) kinesis_.parts().timers.cancel(*timer_);
}

void Subscription::begin(aws::EventSinkPtr sink) {
  {
    std::lock_guard lock(mutex_);
    sink_ = sink;
  }
  const auto wake = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->wake();
  };
  changed_ = kinesis_.log(shard_).subscribe(wake);
  sink->on_wanted([self = shared_from_this(), sink] { self->push(*sink); });
}

void Subscription::end(End reason) {
  end_ = reason;
  wake();
}

void Subscription::wake() {
  std::shared_ptr<aws::EventSink> sink;
  {
    std::lock_guard lock(mutex_);
    sink = sink_.lock();
  }
  if (sink) sink->wake();
}

void Subscription::wake_at(TimePoint time) {
  auto& timers = kinesis_.parts().timers;
  std::lock_guard lock(mutex_);
  if (timer_) timers.cancel(*timer_);
  timer_ = timers.at(time, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->wake();
  });
}

void Subscription::push(aws::EventSink& sink) {
  if (end_ == End::kStopped || kinesis_.now() >= started_ + kLife) return sink.end();
  try {
    if (const auto sent = send_next(sink); !sent) return sink.fail(sent.error());
  } catch (const kv::StoreFailure& failure) {  // lint: catch (this subscription's failure alone)
    return sink.fail({&aws::errors::kInternalFailure, failure.what()});
  }
  wake_at(std::min(started_ + kLife, paused_until_ > kinesis_.now() ? paused_until_ : silent_until_));
}

aws::Result<void> Subscription::send_next(aws::EventSink& sink) {
  if (end_ == End::kTakenOver)
    return aws::fail(errors::kResourceInUse, "Another active subscription exists for this consumer and shard.");
  const StreamPtr stream = TRY(find_stream());
  if (kinesis_.now() < paused_until_) return {};
  shardlog::Log log = kinesis_.log(shard_);
  next_ = std::max(next_, log.first(kinesis_.horizon(*stream)));
  const auto slice = log.read(next_, {static_cast<std::size_t>(kMaxRecords), kEventBytes});
  if (!slice.records.empty() || slice.ended || kinesis_.now() >= silent_until_) send_event(sink, *stream, slice);
  return {};
}

aws::Result<StreamPtr> Subscription::find_stream() const {
  if (StreamPtr stream = kinesis_.find_or_null(consumer_arn_)) return stream;
  return aws::fail(errors::kResourceNotFound, fmt::format("Consumer {} not found.", consumer_arn_));
}

void Subscription::send_event(aws::EventSink& sink, const Stream& stream, const shardlog::Log::Slice& slice) {
  SubscribeToShardEvent event;
  event.records = shown(stream, shard_, slice);
  event.millis_behind_latest = millis_behind(kinesis_, kinesis_.log(shard_), slice);
  next_ = slice.next;
  // Only one of the two: the KCL takes anything else for a broken answer.
  if (slice.ended)
    event.child_shards = children_of(kinesis_, stream, shard_.shard.shard_id);
  else
    event.continuation_sequence_number = sequence_number(shard_.shard, next_ - 1);
  std::int64_t bytes = 0;
  for (const Record& record : event.records) bytes += static_cast<std::int64_t>(record.data.size());
  silent_until_ = kinesis_.now() + kHeartbeat;
  if (kinesis_.parts().throttle) paused_until_ = kinesis_.now() + Duration(bytes / kBytesPerMillisecond);
  sink.send("SubscribeToShardEvent", event);
  if (slice.ended) sink.end();
}

aws::Result<void> Subscriptions::add(const std::string& consumer_arn, const std::string& shard_id,
                                     const std::shared_ptr<Subscription>& added) {
  std::shared_ptr<Subscription> before;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(going_on_, [](const auto& each) { return each.second.expired(); });
    auto& place = going_on_[{consumer_arn, shard_id}];
    before = place.lock();
    if (before && added->started() < before->started() + kTakeOverPause) {
      return aws::fail(errors::kResourceInUse,
                       fmt::format("Another active subscription exists for this consumer: {} and shard: {}.",
                                   consumer_arn, shard_id));
    }
    place = added;
  }
  if (before) before->end(Subscription::End::kTakenOver);
  return {};
}

void Subscriptions::end_all() {
  std::vector<std::shared_ptr<Subscription>> ended;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, weak] : going_on_) ended.push_back(weak.lock());
    going_on_.clear();
  }
  for (const auto& each : ended) {
    if (each) each->end(Subscription::End::kStopped);
  }
}

}  // namespace leat::kinesis
