#include "service/lambda/log_queue.h"

#include <future>

#include "base/guard.h"

namespace leat::lambda {

void LogQueue::write(LogStreamName stream, std::vector<LogLine> lines, std::size_t bytes,
                     std::function<void()> written) {
  bytes_ += bytes;
  loop_.post([this, stream = std::move(stream), lines = std::move(lines), bytes, written = std::move(written)] {
    guarded("a function's log", [&] { sink_.write(stream, lines); });
    bytes_ -= bytes;
    written();
  });
}

void LogQueue::drain() {
  if (stopped_) return;
  std::promise<void> reached;
  loop_.post([&] { reached.set_value(); });
  reached.get_future().wait();
}

void LogQueue::stop() {
  drain();
  stopped_ = true;
  loop_.stop();
}

}  // namespace leat::lambda
