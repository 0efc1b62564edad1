#include "engine/sandbox/process.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "engine/sandbox/proc.h"

namespace leat::sandbox {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kRead = 16384;

// What a frame of a worker may hold at most, its kind apart (runtimes/PROTOCOL.md). Nothing is allocated for more.
std::size_t largest(char kind) {
  constexpr std::size_t kToken = 16, kNumber = 4, kAnswer = 6291556;
  switch (kind) {
    case 'S':
    case 'F': return kToken + kNumber + kAnswer;
    case 'X': return kAnswer;
    case 'C': return kToken + (1U << 20);
    case 'T': return kToken + (8U << 10);
    case 'O': return kToken + kNumber;
    default: return 0;
  }
}

}  // namespace

Process::Process(asio::io_context& context, pid_t pid, Descriptors descriptors, std::unique_ptr<Cgroup> cgroup)
    : pid_(pid),
      cgroup_(std::move(cgroup)),
      exited_(context, descriptors.process),
      channel_(context, asio::local::stream_protocol(), descriptors.channel),
      output_(context, descriptors.output) {}

void Process::start() {
  read_head();
  read_output();
  await_exit();
}

// The wake-up is a hint: it was seen to come while the process was still there.
void Process::await_exit() {
  exited_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
    if (error) return;
    if (waitpid(self->pid_, &self->status_, WNOHANG) == 0) return self->await_exit();
    ::kill(-self->pid_, SIGKILL);  // what it left behind, where no namespace ended it
    if (self->cgroup_) self->cgroup_->kill();
    self->gone_ = true;
    self->go_on();
    self->finish();
  });
}

void Process::send(char kind, const std::string& head, std::string rest) {
  std::string frame;
  const auto size = static_cast<std::uint32_t>(head.size() + rest.size() + 1);
  for (int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(size >> shift & 255));
  frame.push_back(kind);
  frame += head;
  outgoing_.push_back({std::move(frame), std::move(rest)});
  if (outgoing_.size() == 1) write_next();
}

// What goes on writing meanwhile does not keep the loop: no pipe holds more than this.
void Process::drain_output() {
  constexpr int kReads = (1 << 20) / kRead;
  for (int i = 0; i < kReads && read_now(); ++i) {
  }
}

bool Process::quiet() {
  int unread = 0;
  return ioctl(channel_.native_handle(), FIONREAD, &unread) != 0 || unread == 0;
}

void Process::kill() {
  if (gone_) return;
  if (cgroup_) cgroup_->kill();
  ::kill(pid_, SIGKILL);
}

void Process::pause() {
  if (gone_) return;
  if (!cgroup_ || !cgroup_->freeze()) stop_each();
}

// Where no group holds them. A process that comes into being meanwhile is found in the next round.
void Process::stop_each() {
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    auto all = tree_of(pid_);
    if (all == stopped_) return;
    for (const pid_t each : all) ::kill(each, SIGSTOP);
    stopped_ = std::move(all);
  }
}

void Process::resume() {
  if (gone_) return;
  if (cgroup_) cgroup_->thaw();
  for (const pid_t each : std::exchange(stopped_, {})) ::kill(each, SIGCONT);
}

void Process::limit_memory(std::uint64_t bytes) {
  memory_ = bytes;
  if (!cgroup_ || !cgroup_->limit_memory(bytes)) limit_data(pid_, bytes);
}

void Process::settle() {
  if (!gone_ && (!cgroup_ || !cgroup_->share_by_memory(memory_))) lower_priority(pid_);
}

void Process::abandon() {
  events = {};
  kill();
}

void Process::write_next() {
  const Frame& frame = outgoing_.front();
  asio::async_write(channel_, std::array{asio::buffer(frame.head), asio::buffer(frame.rest)},
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return;
                      self->outgoing_.pop_front();
                      if (!self->outgoing_.empty()) self->write_next();
                    });
}

void Process::read_next() {
  frame_awaited_ = !held_back_ || gone_;
  if (frame_awaited_) read_head();
}

void Process::go_on() {
  held_back_ = false;
  if (!frame_awaited_) read_next();
}

void Process::read_head() {
  asio::async_read(channel_, asio::buffer(head_), [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->end_channel();
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) size = size << 8 | self->head_[static_cast<std::size_t>(i)];
    if (size == 0 || size - 1 > largest(static_cast<char>(self->head_[4]))) {
      self->kill();
      return self->end_channel();
    }
    self->payload_.resize(size - 1);
    self->read_payload();
  });
}

void Process::read_payload() {
  asio::async_read(channel_, asio::buffer(payload_), [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->end_channel();
    const char kind = static_cast<char>(self->head_[4]);
    if (self->events.message) self->events.message(kind, std::move(self->payload_));
    self->payload_.clear();
    self->read_next();
  });
}

void Process::end_channel() {
  channel_ended_ = true;
  finish();
}

// An answer may arrive together with the exit: the exit is told when nothing can follow it.
void Process::finish() {
  if (!gone_ || !channel_ended_) return;
  drain_output();
  if (auto exit = std::exchange(events.exit, nullptr)) exit(status_);
  cgroup_.reset();
}

void Process::release_output() {
  output_held_ = false;
  if (!output_awaited_) read_output();
}

void Process::read_output() {
  output_awaited_ = !output_held_;
  if (!output_awaited_) return;
  output_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
    if (error) return;
    if (self->output_held_ || self->read_now() || !self->output_ended_) self->read_output();
  });
}

bool Process::read_now() {
  std::array<char, kRead> buffer;
  const ssize_t got = ::read(output_.native_handle(), buffer.data(), buffer.size());
  if (got == 0) output_ended_ = true;
  if (got <= 0) return false;
  if (events.output) events.output({buffer.data(), static_cast<std::size_t>(got)});
  return true;
}

}  // namespace leat::sandbox
