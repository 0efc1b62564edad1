#pragma once
// A thread that runs tasks in order and waits for sockets. Asio stays behind this header. A task that fails is said and
// counted, and the next one runs.

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace leat::runtime {

using Task = std::move_only_function<void()>;

// Runs the context on this thread until it is stopped, whatever its handlers throw.
void run_guarded(boost::asio::io_context& context, std::string_view thread_name);

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
