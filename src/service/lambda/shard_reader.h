#pragma once
// One shard of an event source mapping: reads it in order, and hands it to the function in batches.
//
// A read is split into lanes by partition key (ParallelizationFactor), each lane into batches; a lane works through its
// batches one after another. The next read comes when every lane is done, and the checkpoint moves then, or after each
// batch where there is one lane: so every record is seen at least once, and those of one key in their order.
//
// Lives on the loop's thread, but for wake() and stop(). What reads the shard runs on the thread of the reads.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/lambda/failure_record.h"
#include "service/lambda/mapping.h"

namespace leat::lambda {

class ShardReader : public std::enable_shared_from_this<ShardReader> {
 public:
  struct Callbacks {
    std::function<void(const std::string& result)> processed;  // LastProcessingResult
    std::function<void()> finished;  // the shard is closed and was read to its end, or is gone
  };
  ShardReader(MappingParts parts, MappingSettings settings, RecordSource& source, SourceShard shard,
              Callbacks callbacks);

  void start();
  void stop();

  // The checkpoint of a shard that was read to its end.
  static constexpr std::uint64_t kFinished = ~0ULL;

 private:
  // Some of the records of the read, by their index. None: the final invocation of a tumbling window.
  struct Batch {
    std::vector<std::size_t> records;
    int attempts = 0;
    std::string request_id = {};  // of its last invocation
  };
  using Lane = std::deque<Batch>;

  void wake();
  void wake_at(TimePoint time);
  void pump();
  struct Reading {
    std::string missing;  // what the function's role may not do
    SourceBatch batch = {};
  };
  Reading read_now(std::uint64_t from) const;
  void read(std::uint64_t from);
  void has_read(Reading reading);
  void read_ahead(std::uint64_t from);
  void retry_reading(const std::string& missing);
  void proceed(SourceBatch read);
  bool waits_for_more(const SourceBatch& read);
  void take(SourceBatch read);
  void fill_lanes();
  bool is_wanted(const SourceRecord& record) const;

  void run(std::size_t lane);
  void drop_old(Lane& lane);
  void give_up(const Batch& batch, FailureRecord::Condition condition);
  void invoke(std::size_t lane);
  void measure_age(const Function& function, const Batch& batch);
  std::string event_of(const Batch& batch) const;
  void returned(std::size_t lane, const InvocationResult& result);
  void succeeded(std::size_t lane, const std::string& payload);
  void failed(std::size_t lane, std::size_t first_failed, bool split);
  void retry_later(std::size_t lane);
  void batch_done(std::size_t lane);
  void read_done();
  std::optional<std::size_t> first_failure(const Batch& batch, const std::string& payload) const;

  // Tumbling windows.
  bool has_windows() const { return settings_.tumbling_window > Duration(0); }
  TimePoint window_of(TimePoint time) const;
  void begin_or_end_window(SourceBatch& read);
  void keep_state(const std::string& payload);

  void load_checkpoint();
  void save_checkpoint(std::uint64_t next);
  void finish();

  MappingParts parts_;
  MappingSettings settings_;
  RecordSource& source_;
  const SourceShard shard_;
  Callbacks callbacks_;
  std::string checkpoint_row_;
  std::shared_ptr<void> subscription_;
  std::optional<runtime::Timers::Key> timer_;

  std::uint64_t position_ = 1;
  SourceBatch read_;                  // what the lanes work on
  std::optional<SourceBatch> ahead_;  // what comes after it
  bool reading_ = false;
  bool woken_ = false;  // since the read under way began: the shard may have grown behind it
  std::vector<Lane> lanes_;
  std::size_t lanes_at_work_ = 0;
  std::optional<TimePoint> batch_window_end_;
  std::chrono::milliseconds pause_;

  std::optional<TimePoint> window_start_;  // of the tumbling window under way
  std::string window_state_ = "{}";
  bool ends_window_ = false;  // the invocation under way is its last

  std::atomic<bool> waking_{false};
  std::atomic<bool> stopped_{false};
};

}  // namespace leat::lambda
