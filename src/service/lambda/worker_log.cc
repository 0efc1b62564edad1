#include "service/lambda/worker_log.h"

#include <algorithm>

#include "base/encoding.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kTailSize = 4096;
constexpr std::size_t kMaxLine = 256U << 10;
constexpr std::size_t kPiece = 256U << 10;  // is enough to be written
constexpr std::size_t kMaxOnItsWay = 1U << 20;

}  // namespace

void WorkerLog::say(std::optional<std::string> text) {
  if (text) say(std::move(*text));
}

void WorkerLog::say(std::string text) {
  text = made_utf8(std::move(text));
  tail_ += text;
  tail_ += '\n';
  if (tail_.size() > kTailSize) tail_.erase(0, tail_.size() - kTailSize);
  lines_bytes_ += text.size() + sizeof(LogLine);
  lines_.push_back({clock_.now(), std::move(text)});
}

void WorkerLog::print(std::string_view output, bool at_once) {
  partial_line_ += output;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = partial_line_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string line = partial_line_.substr(begin, end - begin);
    std::replace(line.begin(), line.end(), '\r', '\n');
    say(std::move(line));
  }
  partial_line_.erase(0, begin);
  if (partial_line_.size() > kMaxLine) end_line();
  if (at_once || lines_bytes_ >= kPiece)
    flush();
  else
    flush_later();
}

void WorkerLog::end_line() {
  if (!partial_line_.empty()) say(std::exchange(partial_line_, {}));
}

// Who follows the log of a long invocation sees what it has printed.
void WorkerLog::flush_later() {
  constexpr auto kPatience = std::chrono::milliseconds(500);
  if (flushing_ || lines_.empty()) return;
  flushing_ = loop_.after(kPatience, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flushing_ = nullptr;
    self->flush();
  });
}

void WorkerLog::flush() {
  if (lines_.empty()) return;
  const std::size_t bytes = std::exchange(lines_bytes_, 0);
  on_its_way_ += bytes;
  queue_.write(stream_, std::exchange(lines_, {}), bytes, [weak = weak_from_this(), &loop = loop_, bytes] {
    loop.post([weak, bytes] {
      if (const auto self = weak.lock()) self->written(bytes);
    });
  });
}

// One that has nothing on its way never waits: nothing would tell it of the end of it.
bool WorkerLog::full() {
  const bool now = on_its_way_ >= kMaxOnItsWay || (on_its_way_ > 0 && queue_.full());
  was_full_ |= now;  // until written() has told it: others' logs can go between two questions
  return now;
}

void WorkerLog::written(std::size_t bytes) {
  on_its_way_ -= bytes;
  if (!was_full_ || full()) return;
  was_full_ = false;
  room_();
}

}  // namespace leat::lambda
