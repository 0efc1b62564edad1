#include "engine/sandbox/pending_process.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace leat::sandbox {
namespace {

constexpr int kNotStarted = 127 << 8;  // as waitpid() has it

template <class Work>
bool try_to(const char* what, Work&& work) {
  try {
    work();
    return true;
  } catch (const std::exception& failure) {  // lint: catch — this worker's failure alone
    spdlog::error("cannot {} a worker: {}", what, failure.what());
    return false;
  }
}

}  // namespace

void PendingProcess::begin(Start start) {
  ++under_way_;
  starts_.post([self = shared_from_this(), start = std::move(start)]() mutable {
    Started started;
    try_to("start", [&] { started = start(); });
    self->loop_.post([self, started = std::move(started)]() mutable { self->on_started(std::move(started)); });
  });
}

void PendingProcess::on_started(Started started) {
  if (!started.process) {
    if (auto exit = std::exchange(events_.exit, nullptr)) exit(kNotStarted);
    return;
  }
  process_ = std::move(started.process);
  door_ = std::move(started.door);
  pid_ = process_->pid();
  process_->events = std::exchange(events_, {});
  process_->start();
  if (abandoned_) return leave();
  if (door_) door_->await_sockets();
  if (memory_ != 0) limit_memory(memory_);
  if (killed_) process_->kill();
  on_done();
}

void PendingProcess::prepare(std::move_only_function<void()> work) {
  ++under_way_;
  starts_.post([self = shared_from_this(), work = std::move(work)]() mutable {
    const bool done = try_to("equip", work);
    self->loop_.post([self, done] {
      if (!done) self->kill();
      self->on_done();
    });
  });
}

void PendingProcess::on_done() {
  if (--under_way_ > 0 || !process_) return;
  for (auto& each : std::exchange(held_, {})) process_->send(each.kind, each.head, std::move(each.rest));
}

void PendingProcess::send(char kind, std::string head, std::string rest) {
  if (under_way_ > 0)
    held_.push_back({kind, std::move(head), std::move(rest)});
  else if (process_)
    process_->send(kind, head, std::move(rest));
}

void PendingProcess::listen(WorkerEvents events) {
  (process_ ? process_->events : events_) = std::move(events);
}

void PendingProcess::limit_memory(std::uint64_t bytes) {
  memory_ = bytes;
  if (process_) process_->limit_memory(bytes);
}

void PendingProcess::kill() {
  killed_ = true;
  if (process_) process_->kill();
}

void PendingProcess::abandon(std::move_only_function<void()> last) {
  abandoned_ = true;
  events_ = {};
  held_.clear();
  leave();
  starts_.post(std::move(last));
}

void PendingProcess::leave() {
  if (process_) process_->abandon();
  if (door_) door_->close();
}

}  // namespace leat::sandbox
