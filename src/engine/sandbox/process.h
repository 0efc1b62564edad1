#pragma once
// A worker's process and the descriptors to it, as asynchronous operations see them. Only worker.cc includes this.

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/sandbox/cgroup.h"
#include "engine/sandbox/worker.h"

namespace leat::sandbox {

// The half that asynchronous operations keep alive: the Worker may go while they are under way.
class Process : public std::enable_shared_from_this<Process> {
 public:
  struct Descriptors {
    int process, channel, output;
  };
  Process(boost::asio::io_context& context, pid_t pid, Descriptors descriptors, std::unique_ptr<Cgroup> cgroup);

  void start();
  void send(char kind, const std::string& head, std::string rest);
  void drain_output();
  bool quiet();
  void kill();
  void limit_memory(std::uint64_t bytes);
  void settle();
  void pause();
  void resume();
  // Reads no more frames until go_on().
  void hold_back() { held_back_ = true; }
  void go_on();
  // Reads no more output until release_output(), but for drain_output().
  void hold_output() { output_held_ = true; }
  void release_output();
  // Nobody wants to know any more.
  void abandon();

  pid_t pid() const { return pid_; }
  bool out_of_memory() const { return cgroup_ && cgroup_->out_of_memory(); }

  WorkerEvents events;

 private:
  void await_exit();
  void write_next();
  void read_next();
  void read_head();
  void read_payload();
  void end_channel();
  void finish();
  void read_output();
  bool read_now();
  void stop_each();

  pid_t pid_;
  std::unique_ptr<Cgroup> cgroup_;
  boost::asio::posix::stream_descriptor exited_;
  boost::asio::local::stream_protocol::socket channel_;
  boost::asio::posix::stream_descriptor output_;
  std::array<unsigned char, 5> head_{};
  std::string payload_;
  struct Frame {
    std::string head, rest;
  };
  std::deque<Frame> outgoing_;
  std::vector<pid_t> stopped_;
  std::uint64_t memory_ = 0;
  int status_ = 0;
  bool held_back_ = false;
  bool output_held_ = false;
  bool output_awaited_ = true;
  bool frame_awaited_ = true;  // it is being read, or the channel has ended
  bool gone_ = false;
  bool channel_ended_ = false;
  bool output_ended_ = false;
};

}  // namespace leat::sandbox
