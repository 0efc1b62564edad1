#pragma once
// Where a worker's own network comes to the server: its sockets are awaited, not waited for, since the kernel takes its
// time to make a namespace. Until they come, who connects inside stands in a queue.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "engine/sandbox/network.h"

namespace leat::sandbox {

// Of the loop's thread.
class Door : public std::enable_shared_from_this<Door> {
 public:
  struct Settings {
    const Network& network;
    std::uint32_t number;
    pid_t pid;   // of the worker
    int answer;  // where its sockets come from; owned from now on
  };
  Door(boost::asio::io_context& context, const Settings& settings);

  void await_sockets();
  void assign(const std::string& whose) { network_.assigned(number_, whose); }
  void close();
  std::uint32_t number() const { return number_; }

 private:
  void take_sockets();

  boost::asio::io_context& context_;
  const Network& network_;
  const std::uint32_t number_;
  const pid_t pid_;
  boost::asio::posix::stream_descriptor answer_;
  std::shared_ptr<void> way_out_;
  bool closed_ = false;
};

}  // namespace leat::sandbox
