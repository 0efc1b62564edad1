#include "runtime/loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <thread>

#include "base/guard.h"

namespace leat::runtime {

namespace asio = boost::asio;

void run_guarded(asio::io_context& context, std::string_view thread_name) {
  while (!guarded(thread_name, [&] { context.run(); })) {
  }
}

struct Loop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

class Loop::Delayed {
 public:
  explicit Delayed(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  Task task;
};

Loop::Loop(std::string_view thread_name) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([this, name = std::string(thread_name)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run_guarded(state_->context, name);
  });
}

Loop::~Loop() { stop(); }

void Loop::post(Task task) { asio::post(state_->context, std::move(task)); }

Loop::DelayedHandle Loop::after(std::chrono::milliseconds delay, Task task) {
  auto delayed = std::make_shared<Delayed>(state_->context);
  delayed->task = std::move(task);
  delayed->timer.expires_after(delay);
  delayed->timer.async_wait([delayed](const boost::system::error_code& error) {
    Task task = std::move(delayed->task);
    if (!error && task) task();
  });
  return delayed;
}

void Loop::cancel(const DelayedHandle& handle) {
  if (handle) handle->timer.cancel();
}

void Loop::stop() {
  if (!state_->thread.joinable()) return;
  state_->context.stop();
  state_->thread.join();
}

asio::io_context& Loop::context() { return state_->context; }

}  // namespace leat::runtime
