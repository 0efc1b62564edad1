#include "runtime/http_stream.h"

#include <utility>

namespace leat::runtime {
namespace {

constexpr std::size_t kFull = 1U << 20;  // bytes

void call(const std::function<void()>& task) {
  if (task) task();
}

}  // namespace

void HttpStream::write(std::string_view piece) {
  std::function<void()> ready;
  {
    std::lock_guard lock(mutex_);
    if (closed_ || ended_) return;
    waiting_ += piece;
    ready = ready_;
  }
  call(ready);
}

void HttpStream::end() {
  std::function<void()> ready;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    ready = ready_;
  }
  call(ready);
}

void HttpStream::on_wanted(std::function<void()> wanted) {
  std::lock_guard lock(mutex_);
  if (!closed_) wanted_ = std::move(wanted);
}

void HttpStream::wake() {
  std::function<void()> ready;
  {
    std::lock_guard lock(mutex_);
    ready = ready_;
  }
  call(ready);
}

bool HttpStream::full(std::function<void()> room) {
  std::lock_guard lock(mutex_);
  if (closed_ || left() <= kFull) return false;
  room_ = std::move(room);
  return true;
}

bool HttpStream::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void HttpStream::attach(std::function<void()> ready) {
  std::lock_guard lock(mutex_);
  if (!closed_) ready_ = std::move(ready);
}

HttpStream::Piece HttpStream::take(std::size_t limit) {
  std::function<void()> wanted, room;
  {
    std::lock_guard lock(mutex_);
    if (left() == 0 && !ended_) wanted = wanted_;
  }
  call(wanted);
  Piece out;
  {
    std::lock_guard lock(mutex_);
    if (taken_ == 0 && waiting_.size() <= limit) {
      out.bytes = std::exchange(waiting_, {});
    } else {
      out.bytes = waiting_.substr(taken_, limit);
      taken_ += out.bytes.size();
    }
    // Not at every piece: what is left would be moved each time.
    if (taken_ > waiting_.size() / 2) waiting_.erase(0, std::exchange(taken_, 0));
    out.last = ended_ && waiting_.empty();
    if (left() < kFull / 2) room.swap(room_);
  }
  call(room);
  if (out.last) close();
  return out;
}

void HttpStream::close() {
  std::function<void()> wanted, ready, room;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_ = {};
    taken_ = 0;
    wanted.swap(wanted_);  // what they hold goes with them
    ready.swap(ready_);
    room.swap(room_);
  }
  call(room);
}

}  // namespace leat::runtime
