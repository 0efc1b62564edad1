#include "engine/kv/rocksdb_store.h"

#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/guard.h"
#include "engine/kv/log_ends.h"
#include "engine/kv/patient_files.h"
#include "engine/kv/sums.h"

namespace leat::kv {
namespace {

void check(const rocksdb::Status& status, std::string_view doing) {
  if (!status.ok()) throw StoreFailure(fmt::format("{}: {}", doing, status.ToString()));
}

// RocksDB counts every comparison of keys in a thread's counters, which nobody here reads.
void count_nothing() {
  [[maybe_unused]] thread_local const bool once = (rocksdb::SetPerfLevel(rocksdb::kDisable), true);
}

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

class RocksDbCursor final : public Cursor {
 public:
  RocksDbCursor(rocksdb::DB& db, const Range& range, Direction direction) : range_(range), direction_(direction) {
    lower_ = range_.begin;
    upper_ = range_.end;
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_;
    if (!range_.end.empty()) options.iterate_upper_bound = &upper_;
    iterator_.reset(db.NewIterator(options));
    if (direction_ == Direction::kForward)
      iterator_->Seek(lower_);
    else
      iterator_->SeekToLast();
  }

  bool valid() const override {
    if (iterator_->Valid()) return true;
    check(iterator_->status(), "scan");
    return false;
  }
  std::string_view key() const override { return {iterator_->key().data(), iterator_->key().size()}; }
  std::string_view value() const override { return {iterator_->value().data(), iterator_->value().size()}; }
  void next() override {
    if (direction_ == Direction::kForward)
      iterator_->Next();
    else
      iterator_->Prev();
  }

 private:
  Range range_;
  Direction direction_;
  rocksdb::Slice lower_, upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// RocksDB's own log is a file too, and one that it could not write to ends it. What it reports as an error is leat's to say.
class Reports final : public rocksdb::Logger {
 public:
  Reports() : Logger(rocksdb::InfoLogLevel::ERROR_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list values) override {
    std::array<char, 512> text{};
    vsnprintf(text.data(), text.size(), format, values);
    const std::string_view said = text.data();
    note_failure("store", said.substr(0, said.find_last_not_of(" \n") + 1));
  }
};

// Where the files are, and the room that the write-ahead log has there.
struct Place {
  std::unique_ptr<rocksdb::Env> memory;
  std::shared_ptr<LogRoom> room = std::make_shared<LogRoom>();
  std::unique_ptr<rocksdb::Env> env;
};

Place find_place(const RocksDbOptions& options) {
  Place place;
  if (options.in_memory) place.memory.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  rocksdb::Env* below = place.memory ? place.memory.get() : options.env ? options.env : rocksdb::Env::Default();
  place.env = rocksdb::NewCompositeEnv(make_patient_files(below->GetFileSystem(), place.room));
  return place;
}

// What a commit has taken of logs and sums. It is given back unless the commit keeps it.
class Claims {
 public:
  Claims(LogEnds& logs, Sums& sums) : logs_(logs), sums_(sums) {}
  ~Claims() {
    for (const auto* log : taken_) logs_.give_back(*log);
    for (const auto* addition : added_) sums_.take_back(*addition);
  }
  LogPosition take(const std::string& log) {
    taken_.reserve(taken_.size() + 1);
    const LogPosition position = logs_.take(log);
    taken_.push_back(&log);
    return position;
  }
  std::string after(const Batch::Addition& addition) {
    added_.reserve(added_.size() + 1);
    std::string value = sums_.after(addition);
    added_.push_back(&addition);
    return value;
  }
  void keep() {
    taken_.clear();
    added_.clear();
  }

 private:
  LogEnds& logs_;
  Sums& sums_;
  std::vector<const std::string*> taken_;
  std::vector<const Batch::Addition*> added_;
};

// Commits run one after another under one lock: an append's position, its expectations and the write belong together,
// and one RocksDB writer is as fast as several. Versions are kept for stripes of keys: a write moves its stripe's
// version after it is visible, so a reader that takes the version first can only be wrong in the safe direction.
class RocksDbStore final : public Store {
 public:
  RocksDbStore(Place place, std::unique_ptr<rocksdb::DB> db, Durability durability,
               std::function<void(const StoreFailure&)> lost)
      : place_(std::move(place)),
        db_(std::move(db)),
        durability_(durability),
        lost_(std::move(lost)),
        logs_([this](std::string_view log) { return load_end(log); }),
        sums_([this](std::string_view key) { return get(key).value; }) {
    syncer_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "syncer");
      sync_loop();
    });
  }

  ~RocksDbStore() override {
    {
      std::lock_guard lock(sync_mutex_);
      stopping_ = true;
    }
    sync_wanted_.notify_all();
    syncer_.join();
  }

  Versioned get(std::string_view key) const override {
    count_nothing();
    Versioned out;
    out.version = stripe(key).load(std::memory_order_acquire);
    rocksdb::PinnableSlice value;
    const auto status = db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), slice(key), &value);
    if (status.ok())
      out.value.emplace(value.data(), value.size());
    else if (!status.IsNotFound())
      check(status, "get");
    return out;
  }

  std::unique_ptr<Cursor> scan(const Range& range, Direction direction) const override {
    return std::make_unique<RocksDbCursor>(*db_, range, direction);
  }

  Result<Committed, Conflict> commit(const Batch& batch) override {
    Committed committed{};
    LogEnds::Taken taken;
    {
      std::lock_guard lock(commit_mutex_);
      for (const auto& expected : batch.expectations()) {
        if (stripe(expected.key).load(std::memory_order_relaxed) != expected.version)
          return std::unexpected(Conflict{});
      }
      if (batch.changes_nothing()) return Committed{last_.load(std::memory_order_relaxed), {}};
      committed.appended = write(batch);
      for (const auto& put : batch.puts()) stripe(put.key).fetch_add(1, std::memory_order_release);
      for (const auto& addition : batch.additions()) stripe(addition.key).fetch_add(1, std::memory_order_release);
      if (!batch.erased_ranges().empty()) {
        for (auto& version : stripes_) version.fetch_add(1, std::memory_order_release);
      }
      committed.position = last_.fetch_add(1, std::memory_order_release) + 1;
      if (durability_ == Durability::kOs && !batch.appends().empty()) taken = logs_.collect();
    }
    // Subscribers hear of an append even where nobody waits for its durability.
    if (!taken.empty())
      logs_.settle(taken);
    else if (!batch.appends().empty())
      want_sync();
    return committed;
  }

  Position last_commit() const override { return last_.load(std::memory_order_acquire); }

  void durable(Position position, std::move_only_function<void()> done) override {
    if (durability_ == Durability::kOs || position <= durable_.load(std::memory_order_acquire)) return done();
    {
      std::lock_guard lock(sync_mutex_);
      if (position > durable_.load(std::memory_order_acquire)) {
        waiting_.push_back({position, std::move(done)});
        done = nullptr;
        sync_asked_ = true;
      }
    }
    if (done) return done();
    sync_wanted_.notify_one();
  }

  LogPosition durable_end(std::string_view log) const override { return logs_.durable_end(std::string(log)); }

  Subscription subscribe(std::string_view log, std::function<void()> changed) override {
    return logs_.subscribe(std::string(log), std::move(changed));
  }

 private:
  struct Waiting {
    Position position;
    std::move_only_function<void()> done;
  };

  std::atomic<Version>& stripe(std::string_view key) const {
    return stripes_[std::hash<std::string_view>()(key) % stripes_.size()];
  }

  // Where the appends were put.
  std::vector<LogPosition> write(const Batch& batch) {
    sums_.limit();
    Claims claims(logs_, sums_);
    rocksdb::WriteBatch out;
    for (const auto& range : batch.erased_ranges()) out.DeleteRange(slice(range.begin), slice(range.end));
    for (const auto& put : batch.puts()) {
      if (put.value)
        out.Put(slice(put.key), slice(*put.value));
      else
        out.Delete(slice(put.key));
    }
    std::vector<LogPosition> appended;
    appended.reserve(batch.appends().size());
    for (const auto& append : batch.appends()) {
      appended.push_back(claims.take(append.log));
      out.Put(slice(log_key(append.log, appended.back())), slice(append.record));
    }
    for (const auto& addition : batch.additions()) out.Put(slice(addition.key), slice(claims.after(addition)));
    check(place_.room->make(out.GetDataSize()), "commit");
    check(db_->Write(rocksdb::WriteOptions(), &out), "commit");
    claims.keep();
    forget_sums(batch);
    return appended;
  }

  void forget_sums(const Batch& batch) {
    for (const auto& range : batch.erased_ranges()) sums_.forget(range);
    for (const auto& put : batch.puts()) {
      if (!put.value) sums_.forget(put.key);
    }
  }

  LogPosition load_end(std::string_view log) const {
    const RocksDbCursor last(*db_, prefix_range(log), Direction::kBackward);
    return last.valid() ? log_position(last.key()) + 1 : 1;
  }

  void want_sync() {
    {
      std::lock_guard lock(sync_mutex_);
      sync_asked_ = true;
    }
    sync_wanted_.notify_one();
  }

  // One disk write serves every reply that waits: group commit.
  void sync_loop() {
    std::unique_lock lock(sync_mutex_);
    while (true) {
      sync_wanted_.wait(lock, [this] { return sync_asked_ || stopping_; });
      if (!sync_asked_) return;
      sync_asked_ = false;
      lock.unlock();
      const auto [position, taken] = committed();
      if (const auto status = db_->SyncWAL(); !status.ok()) return lost_(StoreFailure("sync: " + status.ToString()));
      durable_.store(position, std::memory_order_release);
      logs_.settle(taken);
      lock.lock();
      release(lock, position);
    }
  }

  std::pair<Position, LogEnds::Taken> committed() {
    std::lock_guard lock(commit_mutex_);
    return {last_.load(std::memory_order_relaxed), logs_.collect()};
  }

  void release(std::unique_lock<std::mutex>& lock, Position position) {
    std::vector<Waiting> ready;
    std::vector<Waiting> later;
    for (Waiting& each : waiting_) (each.position <= position ? ready : later).push_back(std::move(each));
    waiting_ = std::move(later);
    if (!waiting_.empty()) sync_asked_ = true;
    lock.unlock();
    for (Waiting& each : ready) guarded("reply", each.done);
    lock.lock();
  }

  Place place_;
  std::unique_ptr<rocksdb::DB> db_;
  Durability durability_;

  std::function<void(const StoreFailure&)> lost_;

  std::mutex commit_mutex_;
  mutable LogEnds logs_;
  Sums sums_;
  std::atomic<Position> last_{0};
  mutable std::array<std::atomic<Version>, 1 << 14> stripes_{};

  std::mutex sync_mutex_;
  std::condition_variable sync_wanted_;
  std::vector<Waiting> waiting_;
  std::atomic<Position> durable_{0};
  bool sync_asked_ = false;
  bool stopping_ = false;
  std::thread syncer_;
};

rocksdb::Options tuned(rocksdb::Env* env, int open_files) {
  constexpr std::size_t kWriteBuffer = 32U << 20;
  constexpr std::size_t kBlockCache = 64U << 20;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = kWriteBuffer;
  // Few levels, each ten times the one above: a scan must look into every one of them.
  options.level_compaction_dynamic_level_bytes = true;
  options.max_background_jobs = 2;
  options.max_open_files = open_files;
  options.info_log = std::make_shared<Reports>();
  options.max_total_wal_size = 4 * kWriteBuffer;
  options.recycle_log_file_num = 0;
  options.manifest_preallocation_size = 64U << 10;  // not 4 MiB: a small disk is the data's
  options.compression = rocksdb::kLZ4Compression;
  options.bytes_per_sync = 1 << 20;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.allow_concurrent_memtable_write = false;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCache);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Indexes and filters stay with their tables: in a small cache they would push each other out on every read.
  table.cache_index_and_filter_blocks = false;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.env = env;
  return options;
}

}  // namespace

std::unique_ptr<Store> open_rocksdb(const RocksDbOptions& options) {
  Place place = find_place(options);
  place.env->CreateDirIfMissing(options.folder).PermitUncheckedError();  // DB::Open says what is wrong with it
  rocksdb::DB* db = nullptr;
  // RocksDB's own LOCK file keeps a second server out of the folder.
  check(rocksdb::DB::Open(tuned(place.env.get(), options.open_files), options.folder, &db), "open " + options.folder);
  return std::make_unique<RocksDbStore>(std::move(place), std::unique_ptr<rocksdb::DB>(db),
                                        options.in_memory ? Durability::kOs : options.durability, options.lost);
}

}  // namespace leat::kv
