// What every engine must do. Engines are added to the list at the end.

#include "engine/kv/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "engine/kv/key.h"
#include "engine/kv/rocksdb_store.h"
#include "engine/schedule/schedule.h"
#include "engine/shardlog/shardlog.h"
#include "testing/manual_clock.h"

namespace leat::kv {
namespace {

using testing::ManualClock;

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("leat-unit-" + std::to_string(getpid()) + "-" + std::to_string(next_++))) {}
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  static inline std::atomic<int> next_{0};
  std::filesystem::path path_;
};

struct Engine {
  const char* name;
  Durability durability;
  bool in_memory;
};

class StoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  void open() { store_ = open_rocksdb({folder_.path(), GetParam().durability, GetParam().in_memory}); }
  void SetUp() override { open(); }

  void put(std::string_view key, std::string_view value) {
    Batch batch;
    batch.put(key, value);
    ASSERT_TRUE(store_->commit(batch));
  }
  std::string keys(const Range& range, Direction direction) {
    std::string out;
    for (auto cursor = store_->scan(range, direction); cursor->valid(); cursor->next())
      out += std::string(cursor->key()) + " ";
    return out;
  }
  void wait_durable() {
    std::promise<void> done;
    store_->durable(store_->last_commit(), [&] { done.set_value(); });
    done.get_future().get();
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, ReadsWhatWasWritten) {
  put("a", "1");
  put("b", std::string("\0binary\xFF", 8));
  EXPECT_EQ(store_->get("a").value, "1");
  EXPECT_EQ(store_->get("b").value, std::string("\0binary\xFF", 8));
  EXPECT_FALSE(store_->get("c").value);
  Batch batch;
  batch.erase("a");
  ASSERT_TRUE(store_->commit(batch));
  EXPECT_FALSE(store_->get("a").value);
}

TEST_P(StoreTest, SumsUp) {
  const auto add = [&](std::vector<std::int64_t> deltas) {
    Batch batch;
    batch.add("sum", std::move(deltas));
    ASSERT_TRUE(store_->commit(batch));
  };
  add({1, 100});
  add({1, -30, 7});
  EXPECT_EQ(numbers_in(store_->get("sum").value, 4), (std::vector<std::int64_t>{2, 70, 7, 0}));
  if (!GetParam().in_memory) {
    store_.reset();
    open();
  }
  add({-1});
  EXPECT_EQ(numbers_in(store_->get("sum").value, 3), (std::vector<std::int64_t>{1, 70, 7}));
  Batch erase;
  erase.erase(prefix_range("su"));
  ASSERT_TRUE(store_->commit(erase));
  EXPECT_EQ(numbers_in(store_->get("sum").value, 1), (std::vector<std::int64_t>{0}));
  add({5});
  EXPECT_EQ(numbers_in(store_->get("sum").value, 1), (std::vector<std::int64_t>{5}));
}

TEST_P(StoreTest, ScansBothWaysWithinBounds) {
  for (const char* key : {"a", "b1", "b2", "b3", "c"}) put(key, "");
  EXPECT_EQ(keys(prefix_range("b"), Direction::kForward), "b1 b2 b3 ");
  EXPECT_EQ(keys(prefix_range("b"), Direction::kBackward), "b3 b2 b1 ");
  EXPECT_EQ(keys({"b2", ""}, Direction::kForward), "b2 b3 c ");
  EXPECT_EQ(keys({"d", "e"}, Direction::kBackward), "");
}

TEST_P(StoreTest, ACursorDoesNotSeeWhatComesLater) {
  put("a", "1");
  const auto cursor = store_->scan({"", ""}, Direction::kForward);
  put("b", "2");
  cursor->next();
  EXPECT_FALSE(cursor->valid());
}

TEST_P(StoreTest, ErasesRanges) {
  for (const char* key : {"a", "b1", "b2", "c"}) put(key, "");
  Batch batch;
  batch.erase(prefix_range("b"));
  ASSERT_TRUE(store_->commit(batch));
  EXPECT_EQ(keys({"", ""}, Direction::kForward), "a c ");
}

TEST_P(StoreTest, AnExpectationFailsAfterAChange) {
  put("a", "1");
  const Version version = store_->get("a").version;
  Batch first, second;
  for (Batch* each : {&first, &second}) {
    each->expect("a", version);
    each->put("a", "2");
    each->put("other", "x");
    each->append("log/", "record");
  }
  EXPECT_TRUE(store_->commit(first));
  EXPECT_FALSE(store_->commit(second));
  wait_durable();
  EXPECT_EQ(shardlog::Log(*store_, "log/").end(), 2U) << "a refused commit takes no position";
}

TEST_P(StoreTest, ConcurrentIncrementsLoseNothing) {
  constexpr int kThreads = 4, kTurns = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTurns; ++i) {
        while (true) {
          const Versioned found = store_->get("counter");
          Batch batch;
          batch.expect("counter", found.version);
          batch.put("counter", std::to_string(found.value ? std::stoi(*found.value) + 1 : 1));
          batch.append("counts/", "x");
          if (store_->commit(batch)) break;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store_->get("counter").value, std::to_string(kThreads * kTurns));
  wait_durable();
  EXPECT_EQ(store_->durable_end("counts/"), kThreads * kTurns + 1U);
}

TEST_P(StoreTest, ALogIsNumberedWithoutHolesAcrossARestart) {
  ManualClock clock;
  const auto append = [&](std::string_view payload) {
    Batch batch;
    shardlog::Log::append(batch, "log/", clock.now(), payload);
    ASSERT_TRUE(store_->commit(batch));
  };
  append("a");
  append("b");
  wait_durable();
  if (!GetParam().in_memory) {
    store_.reset();
    open();
  }
  append("c");
  wait_durable();
  const auto records = shardlog::Log(*store_, "log/").read(1, {}).records;
  ASSERT_EQ(records.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(records[i].position, i + 1);
    EXPECT_EQ(records[i].payload, std::string(1, static_cast<char>('a' + i)));
  }
}

TEST_P(StoreTest, ALogIsTrimmedByTimeAndKeepsItsEnd) {
  ManualClock clock;
  shardlog::Log log(*store_, "log/");
  for (int i = 0; i < 10; ++i) {
    Batch batch;
    shardlog::Log::append(batch, "log/", clock.now(), std::to_string(i));
    ASSERT_TRUE(store_->commit(batch));
    clock.advance(std::chrono::hours(1));
  }
  wait_durable();
  const TimePoint horizon = clock.now() - std::chrono::hours(4);
  EXPECT_EQ(log.first(horizon), 7U);
  log.trim(horizon);
  EXPECT_EQ(log.read(1, {}).records.front().position, 7U);
  log.trim(clock.now() + std::chrono::hours(1));
  EXPECT_EQ(log.end(), 11U);
  EXPECT_EQ(log.first(clock.now()), 11U);
  EXPECT_EQ(log.read(7, {3, 1U << 20}).records.size(), 1U) << "the newest record stays";
}

TEST_P(StoreTest, AnAppendWakesItsSubscribers) {
  std::promise<void> woken;
  std::atomic<int> calls{0};
  auto subscription = store_->subscribe("log/", [&] {
    if (calls++ == 0) woken.set_value();
  });
  Batch other;
  other.append("other/", "x");
  ASSERT_TRUE(store_->commit(other));
  wait_durable();
  EXPECT_EQ(calls, 0);
  Batch batch;
  batch.append("log/", "x");
  ASSERT_TRUE(store_->commit(batch));
  woken.get_future().get();
  EXPECT_EQ(store_->durable_end("log/"), 2U) << "what it was woken for can be read";
  subscription.reset();
  ASSERT_TRUE(store_->commit(batch));
  wait_durable();
  EXPECT_EQ(calls, 1);
}

// A reader that is dropped while it is being woken is destroyed by its own callback.
TEST_P(StoreTest, ASubscriptionMayEndInItsOwnCallback) {
  Subscription subscription;
  std::promise<void> woken;
  subscription = store_->subscribe("log/", [&] {
    subscription.reset();
    woken.set_value();
  });
  Batch batch;
  batch.append("log/", "x");
  ASSERT_TRUE(store_->commit(batch));
  ASSERT_EQ(woken.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  ASSERT_TRUE(store_->commit(batch));
  wait_durable();
}

TEST_P(StoreTest, ATimerRunsWhenItsTimeHasComeAlsoAfterARestart) {
  ManualClock clock;
  std::promise<std::string> ran;
  {
    runtime::Timers timers(clock);
    schedule::Schedule schedule(*store_, clock, timers);
    Batch batch;
    schedule.add(batch, "kind", clock.now() + std::chrono::hours(1), "early");
    schedule.add(batch, "kind", clock.now() + std::chrono::hours(2), "late");
    ASSERT_TRUE(store_->commit(batch));
  }
  runtime::Timers timers(clock);
  schedule::Schedule schedule(*store_, clock, timers);
  std::vector<std::string> seen;
  schedule.handle("kind", [&](const std::string& payload) {
    seen.push_back(payload);
    ran.set_value(payload);
  });
  timers.start();
  clock.advance(std::chrono::minutes(59));
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(ran.get_future().get(), "early");
  ran = {};
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(ran.get_future().get(), "late");
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreTest,
                         ::testing::Values(Engine{"fsync", Durability::kFsync, false},
                                           Engine{"os", Durability::kOs, false},
                                           Engine{"memory", Durability::kOs, true}),
                         [](const auto& engine) { return std::string(engine.param.name); });

TEST(RocksDbStore, ASecondServerIsKeptOut) {
  Folder folder;
  const auto first = open_rocksdb({folder.path()});
  EXPECT_THROW(open_rocksdb({folder.path()}), StoreFailure);
}

TEST(Key, TextsKeepTheirOrderInTuples) {
  const std::vector<std::pair<std::string, std::string>> ascending = {{"", ""},
                                                                      {"", "b"},
                                                                      {std::string("\0", 1), "a"},
                                                                      {"a", "z"},
                                                                      {std::string("a\0", 2), ""},
                                                                      {"a!", ""},
                                                                      {"ab", ""},
                                                                      {"b", ""},
                                                                      {"\xFF", ""}};
  std::string previous;
  for (const auto& [first, second] : ascending) {
    const std::string key = make_key(first, second);
    EXPECT_LT(previous, key);
    std::string_view rest = key;
    EXPECT_EQ(take_text(rest), first);
    EXPECT_EQ(take_text(rest), second);
    previous = key;
  }
}

}  // namespace
}  // namespace leat::kv
