// What a disk without room does to the store, and a damaged row to a timer.

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "base/guard.h"
#include "engine/kv/rocksdb_store.h"
#include "engine/schedule/schedule.h"
#include "runtime/loop.h"
#include "testing/manual_clock.h"

namespace leat::kv {
namespace {

// A disk that has no more room for the write-ahead log, as long as a test says so.
class FullDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FullDisk(std::atomic<bool>& full) : FileSystemWrapper(rocksdb::FileSystem::Default()), full_(full) {}
  const char* Name() const override { return "FullDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, context);
    if (status.ok()) *out = std::make_unique<File>(std::move(file), full_);
    return status;
  }

 private:
  struct File final : rocksdb::FSWritableFileOwnerWrapper {
    File(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::atomic<bool>& full)
        : FSWritableFileOwnerWrapper(std::move(file)), full(full) {}
    rocksdb::IOStatus Allocate(std::uint64_t offset, std::uint64_t size, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
      return full ? rocksdb::IOStatus::NoSpace() : FSWritableFileOwnerWrapper::Allocate(offset, size, options, context);
    }
    std::atomic<bool>& full;
  };
  std::atomic<bool>& full_;
};

class FaultsTest : public ::testing::Test {
 protected:
  FaultsTest() { std::filesystem::remove_all(folder_); }
  ~FaultsTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::atomic<bool> full_{false};
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(std::make_shared<FullDisk>(full_));
  std::string folder_ = std::filesystem::temp_directory_path() / ("leat-faults-" + std::to_string(getpid()));
  std::unique_ptr<Store> store_ = open_rocksdb({.folder = folder_, .durability = Durability::kOs, .env = env_.get()});
};

TEST_F(FaultsTest, ACommitWithoutRoomLeavesNothing) {
  const auto commit = [&](std::string_view key) {
    Batch batch;
    batch.put(key, std::string(8U << 20, 'x'));
    batch.append("log/", key);
    batch.add("sum", {1});
    return store_->commit(batch)->appended.front();
  };
  EXPECT_EQ(commit("first"), 1U);
  full_ = true;
  for (int i = 0; i < 3; ++i) EXPECT_THROW(commit("refused"), StoreFailure);
  EXPECT_TRUE(store_->get("first").value) << "reads go on";
  EXPECT_FALSE(store_->get("refused").value);
  EXPECT_EQ(numbers_in(store_->get("sum").value, 1), std::vector<std::int64_t>{1});
  full_ = false;
  EXPECT_EQ(commit("second"), 2U) << "what was refused has taken no position";
  EXPECT_EQ(numbers_in(store_->get("sum").value, 1), std::vector<std::int64_t>{2});
}

TEST_F(FaultsTest, ATimerThatFailsIsPutOffAndHoldsUpNoOther) {
  testing::ManualClock clock;
  std::promise<void> ran, again;
  int failures = 0;
  runtime::Timers timers(clock);
  schedule::Schedule schedule(*store_, clock, timers);
  Batch batch;
  schedule.add(batch, "kind", clock.now(), "damaged");
  schedule.add(batch, "kind", clock.now(), "sound");
  ASSERT_TRUE(store_->commit(batch));
  const auto noted = failures_noted();
  schedule.handle("kind", [&](const std::string& payload) {
    if (payload == "sound") return ran.set_value();
    if (++failures == 2) again.set_value();
    throw std::runtime_error("damaged row");
  });
  timers.start();
  ASSERT_EQ(ran.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(failures_noted(), noted + 1);
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(again.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready) << "it is not forgotten";
}

TEST(Guard, ATaskThatFailsEndsNeitherLoopNorTimers) {
  testing::ManualClock clock;
  runtime::Timers timers(clock);
  timers.start();
  runtime::Loop loop("test");
  std::promise<void> by_loop, by_timers;
  loop.post([] { throw std::runtime_error("a fault that a test asked for"); });
  loop.post([&] { by_loop.set_value(); });
  timers.at(clock.now(), [] { throw 1; });
  timers.at(clock.now(), [&] { by_timers.set_value(); });
  EXPECT_EQ(by_loop.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(by_timers.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Timers, NothingRunsBeforeTheStart) {
  testing::ManualClock clock;
  std::optional<runtime::Timers> timers(clock);
  bool ran = false;
  timers->at(clock.now(), [&] { ran = true; });
  timers.reset();
  EXPECT_FALSE(ran);
  std::promise<void> due;
  timers.emplace(clock);
  timers->at(clock.now(), [&] { due.set_value(); });
  timers->start();
  EXPECT_EQ(due.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Guard, KeysAreReadable) {
  EXPECT_EQ(readable_key(std::string("000000000000\0\1us-east-1\0\1d\xFFt", 28)), "000000000000/us-east-1/d\\xfft");
}

}  // namespace
}  // namespace leat::kv
