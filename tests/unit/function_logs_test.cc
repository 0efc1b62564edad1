// What functions print, on its way: nobody who prints waits for who writes it, and no more of it is held than is allowed.

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <semaphore>
#include <thread>

#include "runtime/loop.h"
#include "service/lambda/worker_log.h"
#include "testing/manual_clock.h"

namespace leat::lambda {
namespace {

// Writes when it may.
class SlowSink final : public LogSink {
 public:
  void write(const LogStreamName& stream, const std::vector<LogLine>& lines) override {
    std::lock_guard wait(may_write);
    for (const auto& line : lines) written.push_back(stream.stream + ": " + line.text);
  }
  std::mutex may_write;
  std::vector<std::string> written;
};

class FunctionLogsTest : public ::testing::Test {
 protected:
  std::shared_ptr<WorkerLog> log(const std::string& stream) {
    return std::make_shared<WorkerLog>(loop_, clock_, queue_, LogStreamName{"", "", "", stream, ""},
                                       [this] { room_.set_value(); });
  }
  // On the loop's thread, to its end.
  void on_loop(std::function<void()> task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  testing::ManualClock clock_;
  SlowSink sink_;
  std::promise<void> room_;
  runtime::Loop loop_{"test"};
  LogQueue queue_{sink_};
};

TEST_F(FunctionLogsTest, WhoPrintsWaitsForNoWriter) {
  const auto first = log("first"), second = log("second");
  std::unique_lock held(sink_.may_write);
  on_loop([&] {
    first->print("one\ntwo\nth", true);
    second->print("other\n", true);
    first->print("ree\n", true);
    EXPECT_FALSE(first->full());
  });
  held.unlock();
  queue_.stop();
  EXPECT_EQ(sink_.written, (std::vector<std::string>{"first: one", "first: two", "second: other", "first: three"}));
}

TEST_F(FunctionLogsTest, WhatIsFullSaysWhenThereIsRoom) {
  const auto flood = log("flood"), calm = log("calm");
  std::unique_lock held(sink_.may_write);
  on_loop([&] {
    std::size_t printed = 0;
    for (; !flood->full(); printed += 1000) flood->print(std::string(999, 'x') + '\n', false);
    EXPECT_LT(printed, 2U << 20);
    calm->print("one\n", true);
    EXPECT_FALSE(calm->full());
  });
  held.unlock();
  room_.get_future().wait();
  on_loop([&] { EXPECT_FALSE(flood->full()); });
}

TEST_F(FunctionLogsTest, AllTogetherHoldNoMoreThanIsAllowed) {
  const auto last = log("last");
  std::vector<std::shared_ptr<WorkerLog>> logs;
  std::unique_lock held(sink_.may_write);
  on_loop([&] {
    while (!queue_.full() && logs.size() < 200) {
      logs.push_back(log("one"));
      logs.back()->print(std::string(400'000, 'x') + '\n', true);
    }
    EXPECT_LT(logs.size(), 200);
    EXPECT_FALSE(last->full());  // it has nothing to wait for
    last->print("one\n", true);
    EXPECT_TRUE(last->full());
  });
  held.unlock();
  room_.get_future().wait();
}

// Writes as often as it may.
class CountedSink final : public LogSink {
 public:
  void write(const LogStreamName&, const std::vector<LogLine>&) override { may_write.acquire(); }
  std::counting_semaphore<> may_write{0};
};

TEST_F(FunctionLogsTest, WhoAsksAgainIsStillTold) {
  CountedSink sink;
  LogQueue queue(sink);
  const auto last = std::make_shared<WorkerLog>(loop_, clock_, queue, LogStreamName{}, [this] { room_.set_value(); });
  std::vector<std::shared_ptr<WorkerLog>> others;
  on_loop([&] {
    while (!queue.full()) {
      others.push_back(std::make_shared<WorkerLog>(loop_, clock_, queue, LogStreamName{}, [] {}));
      others.back()->print(std::string(400'000, 'x') + '\n', true);
    }
    last->print("one\n", true);
    EXPECT_TRUE(last->full());
  });
  sink.may_write.release(static_cast<std::ptrdiff_t>(others.size()));
  while (queue.full()) std::this_thread::yield();  // until the others' are gone
  on_loop([&] { EXPECT_FALSE(last->full()); });
  sink.may_write.release();
  EXPECT_EQ(room_.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace leat::lambda
