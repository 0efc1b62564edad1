#pragma once
// The process of a worker from when it is wanted: it is started, and its files are laid out, on another thread than the
// loop's. What it is told meanwhile waits. Only worker.cc includes this.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/sandbox/door.h"
#include "engine/sandbox/process.h"
#include "engine/sandbox/worker.h"
#include "runtime/loop.h"

namespace leat::sandbox {

// On the loop's thread, but for pid().
class PendingProcess : public std::enable_shared_from_this<PendingProcess> {
 public:
  struct Started {
    std::shared_ptr<Process> process;
    std::shared_ptr<Door> door;  // null where it has no network of its own
  };
  // On the starting thread. May throw: then the worker exits with 127.
  using Start = std::move_only_function<Started()>;

  PendingProcess(runtime::Loop& loop, runtime::Loop& starts) : loop_(loop), starts_(starts) {}

  void begin(Start start);
  // Runs on the starting thread, before anything that is sent later arrives.
  void prepare(std::move_only_function<void()> work);
  void send(char kind, std::string head, std::string rest);

  void listen(WorkerEvents events);
  void limit_memory(std::uint64_t bytes);
  void kill();
  // Nobody wants to know any more; `last` runs on the starting thread after all else.
  void abandon(std::move_only_function<void()> last);

  Process* process() const { return process_.get(); }  // null until it is there
  pid_t pid() const { return pid_; }                   // 0 until then; from any thread

 private:
  void on_started(Started started);
  void on_done();
  void leave();

  struct Frame {
    char kind;
    std::string head, rest;
  };

  runtime::Loop& loop_;
  runtime::Loop& starts_;
  std::shared_ptr<Process> process_;
  std::shared_ptr<Door> door_;
  std::atomic<pid_t> pid_{0};
  WorkerEvents events_;
  std::vector<Frame> held_;
  std::size_t under_way_ = 0;  // on the starting thread
  std::uint64_t memory_ = 0;
  bool killed_ = false, abandoned_ = false;
};

}  // namespace leat::sandbox
