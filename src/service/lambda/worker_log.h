#pragma once
// The log of one worker: what it prints and what is said of it, line by line, on the way to its stream.
//
// Lives on the functions' loop.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "runtime/loop.h"
#include "service/lambda/log_queue.h"

namespace leat::lambda {

class WorkerLog : public std::enable_shared_from_this<WorkerLog> {
 public:
  // `room` is called whenever full() has ended.
  WorkerLog(runtime::Loop& loop, const Clock& clock, LogQueue& queue, LogStreamName stream, std::function<void()> room)
      : loop_(loop), clock_(clock), queue_(queue), stream_(std::move(stream)), room_(std::move(room)) {}

  const std::string& stream() const { return stream_.stream; }

  // An event. Nothing where there is no text.
  void say(std::string text);
  void say(std::optional<std::string> text);
  // What the worker has written, whose lines are events. Written at once, or when there is enough of it.
  void print(std::string_view output, bool at_once);
  // What was printed without an end is an event too.
  void end_line();
  void flush();

  // The last 4 KB since clear_tail().
  const std::string& tail() const { return tail_; }
  void clear_tail() { tail_.clear(); }

  // Whether so much is on its way that the worker should wait with what it prints, and with its next event.
  bool full();

 private:
  void flush_later();
  void written(std::size_t bytes);

  runtime::Loop& loop_;
  const Clock& clock_;
  LogQueue& queue_;
  const LogStreamName stream_;
  const std::function<void()> room_;
  std::string partial_line_, tail_;
  std::vector<LogLine> lines_;
  std::size_t lines_bytes_ = 0;
  std::size_t on_its_way_ = 0;  // bytes
  bool was_full_ = false;
  runtime::Loop::DelayedHandle flushing_;
};

}  // namespace leat::lambda
