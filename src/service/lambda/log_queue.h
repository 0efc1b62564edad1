#pragma once
// Functions' logs on their way to where they go. A thread of its own writes them, in the order in which they came: the
// thread that runs functions waits for no commit.

#include <atomic>
#include <functional>
#include <vector>

#include "runtime/loop.h"
#include "service/lambda/ports.h"

namespace leat::lambda {

class LogQueue {
 public:
  explicit LogQueue(LogSink& sink) : sink_(sink) {}
  ~LogQueue() { stop(); }

  // `bytes` is what the lines hold. Calls `written`, on the queue's thread, once they are where they go. From any thread.
  void write(LogStreamName stream, std::vector<LogLine> lines, std::size_t bytes, std::function<void()> written);
  // Whether all functions together should wait with what they print.
  bool full() const { return bytes_ >= kMaxBytes; }

  // Once what came before has been written.
  void drain();
  // The same, and nothing is written any more.
  void stop();

 private:
  static constexpr std::size_t kMaxBytes = 32U << 20;

  LogSink& sink_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> stopped_{false};
  runtime::Loop loop_{"function logs"};
};

}  // namespace leat::lambda
