#pragma once
// A thread that runs tasks in order and waits for sockets. Asio stays behind this header.

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace leat::runtime {

using Task = std::move_only_function<void()>;

class Loop {
 public:
  explicit Loop(std::string_view thread_name);
  ~Loop();  // as stop()

  // Runs `task` on the loop's thread, after what was posted before it. Callable from any thread.
  void post(Task task);

  // Runs `task` once `delay` of real time has passed. For supervising processes; AWS's time belongs to Timers.
  class Delayed;
  using DelayedHandle = std::shared_ptr<Delayed>;
  DelayedHandle after(std::chrono::milliseconds delay, Task task);
  static void cancel(const DelayedHandle& handle);

  // Finishes the running task, drops the waiting ones and joins the thread.
  void stop();

  boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace leat::runtime
