#pragma once
// An event source mapping of a queue: messages are received in batches, and several batches are at work at once.
//
// It begins with a few at once and takes more as long as messages are left waiting, as Lambda does. What a function has
// failed stays hidden until its visibility timeout ends.
//
// Lives on the loop's thread, but for wake() and stop().

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/lambda/mapping.h"

namespace leat::lambda {

class QueueReader : public std::enable_shared_from_this<QueueReader> {
 public:
  QueueReader(MappingParts parts, MappingSettings settings, QueueSource& source);

  void start();
  void stop();

 private:
  using Batch = std::vector<QueuedMessage>;

  void wake();
  void wake_at(TimePoint time);
  void pump();
  bool may_receive();
  void receive();
  bool waits_for_more();
  Batch next_batch();
  void invoke(Batch batch);
  void returned(const Batch& batch, const InvocationResult& result);
  void grow_later();

  MappingParts parts_;
  MappingSettings settings_;
  QueueSource& source_;
  std::shared_ptr<void> subscription_;
  std::optional<runtime::Timers::Key> timer_;

  Batch received_;  // and not handed out yet
  std::optional<TimePoint> window_end_;
  std::size_t running_ = 0;
  std::size_t limit_;
  bool growing_ = false;

  std::atomic<bool> waking_{false};
  std::atomic<bool> stopped_{false};
};

}  // namespace leat::lambda
