#include "service/lambda/mapping.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "engine/kv/key.h"

namespace leat::lambda {
namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(100);
constexpr auto kLongestPause = std::chrono::milliseconds(60000);
// What fits into an invocation's 6 MB once it is JSON.
constexpr std::size_t kMaxBatchBytes = 1U << 20;
// The checkpoint of a shard that was read to its end.
constexpr std::uint64_t kFinished = ~0ULL;

}  // namespace

// Lives on the loop's thread, but for wake() and stop().
class Mappings::ShardReader : public std::enable_shared_from_this<ShardReader> {
 public:
  ShardReader(MappingParts parts, MappingSettings settings, RecordSource& source, std::string shard,
              std::shared_ptr<std::string> last_result, std::mutex& mutex, std::function<void()> finished)
      : parts_(std::move(parts)),
        settings_(std::move(settings)),
        source_(source),
        shard_(std::move(shard)),
        checkpoint_row_(checkpoint_row(settings_.id.account, settings_.id.region, settings_.id.uuid, shard_)),
        last_result_(std::move(last_result)),
        mutex_(mutex),
        finished_(std::move(finished)) {}

  void start() {
    const auto saved = parts_.store.get(checkpoint_row_);
    position_ = saved.value ? kv::read_u64(*saved.value) : 1;
    subscription_ = source_.subscribe(settings_.source_arn, shard_, [self = weak_from_this()] {
      if (auto reader = self.lock()) reader->wake();
    });
    wake();
  }

  void stop() {
    stopped_ = true;
    subscription_.reset();
  }

 private:
  // One wake-up in the queue is enough, however many appends there were.
  void wake() {
    if (waking_.exchange(true)) return;
    parts_.loop.post([self = shared_from_this()] {
      self->waking_ = false;
      self->pump();
    });
  }

  void pump() {
    if (stopped_ || busy_) return;
    SourceBatch batch = ahead_ ? std::move(*ahead_) : read(position_);
    ahead_.reset();
    if (batch.records == 0) {
      // Records that the source held back, trimmed ones say, are passed over.
      position_ = std::max(position_, batch.next);
      if (batch.ended) finish();
      return;
    }
    busy_ = true;
    const bool full = batch.records == settings_.batch_size;
    const std::uint64_t next = batch.next;
    auto event = std::make_shared<const std::string>(std::move(batch.event));
    invoke(std::move(event), next);
    // While the function works, the next batch is made ready.
    if (!full || !busy_) return;
    ahead_ = read(next);
    if (ahead_->records == 0) ahead_.reset();  // nothing yet is no news later
  }

  // The shard is closed and every record of it was processed: its children's turn has come.
  void finish() {
    stopped_ = true;
    save_checkpoint(kFinished);
    finished_();
  }

  SourceBatch read(std::uint64_t from) {
    return source_.read(settings_.source_arn, shard_, from, {settings_.batch_size, kMaxBatchBytes});
  }

  void invoke(std::shared_ptr<const std::string> event, std::uint64_t next) {
    FunctionPtr function = parts_.find_function(settings_.id, settings_.function_name);
    if (!function) return again(std::move(event), next);
    Invocation invocation;
    invocation.function = std::move(function);
    invocation.payload = *event;
    invocation.request_id = parts_.random.uuid();
    invocation.done = [self = shared_from_this(), event, next](const InvocationResult& result) mutable {
      if (result.outcome == InvocationResult::Outcome::kSucceeded)
        self->succeeded(next);
      else
        self->again(std::move(event), next);
    };
    parts_.invoker.invoke(std::move(invocation));
  }

  void succeeded(std::uint64_t next) {
    busy_ = false;
    pause_ = kFirstPause;
    if (stopped_) return;
    position_ = next;
    save_checkpoint(next);
    set_result("OK");
    wake();
  }

  void save_checkpoint(std::uint64_t next) {
    std::string value;
    kv::append_u64(value, next);
    kv::Batch batch;
    batch.put(checkpoint_row_, value);
    try {
      (void)parts_.store.commit(batch);
    } catch (const kv::StoreFailure& failure) {  // lint: catch (the next checkpoint covers this one)
      spdlog::error("mapping {}: {}", settings_.id.uuid, failure.what());
    }
  }

  void again(std::shared_ptr<const std::string> event, std::uint64_t next) {
    set_result("PROBLEM: Function call failed");
    if (stopped_) return;
    parts_.loop.after(pause_, [self = shared_from_this(), event = std::move(event), next]() mutable {
      if (!self->stopped_) self->invoke(std::move(event), next);
    });
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

  void set_result(const char* result) {
    std::lock_guard lock(mutex_);
    *last_result_ = result;
  }

  MappingParts parts_;
  MappingSettings settings_;
  RecordSource& source_;
  std::string shard_;
  std::string checkpoint_row_;
  std::shared_ptr<std::string> last_result_;
  std::mutex& mutex_;
  std::function<void()> finished_;
  std::shared_ptr<void> subscription_;
  std::uint64_t position_ = 1;
  std::optional<SourceBatch> ahead_;
  std::chrono::milliseconds pause_ = kFirstPause;
  bool busy_ = false;
  std::atomic<bool> waking_{false};
  std::atomic<bool> stopped_{false};
};

void Mappings::stop_all() {
  decltype(running_) running;
  {
    std::lock_guard lock(mutex_);
    running.swap(running_);
  }
  for (auto& [uuid, each] : running) {
    for (auto& [shard, reader] : each.readers) reader->stop();
  }
}

void Mappings::start(MappingSettings settings, RecordSource& source) {
  stop(settings.id.uuid);
  {
    std::lock_guard lock(mutex_);
    Running& running = running_[settings.id.uuid];
    running.last_result = std::make_shared<std::string>("No records processed");
    running.run = ++runs_;
  }
  read_ready_shards(settings, source);
}

// A shard's turn comes when its parent is finished, or gone. What runs already, and what is finished, is left alone.
void Mappings::read_ready_shards(const MappingSettings& settings, RecordSource& source) {
  const auto shards = source.shards(settings.source_arn);
  if (!shards) {
    spdlog::warn("mapping {}: {}", settings.id.uuid, shards.error().message);
    return;
  }
  std::set<std::string> unfinished;
  for (const auto& shard : *shards) {
    if (!is_finished(settings.id, shard.id)) unfinished.insert(shard.id);
  }
  std::vector<std::shared_ptr<ShardReader>> started;
  {
    std::lock_guard lock(mutex_);
    const auto running = running_.find(settings.id.uuid);
    if (running == running_.end()) return;
    for (const auto& shard : *shards) {
      if (!unfinished.contains(shard.id) || unfinished.contains(shard.parent)) continue;
      auto& reader = running->second.readers[shard.id];
      if (reader) continue;
      reader = std::make_shared<ShardReader>(parts_, settings, source, shard.id, running->second.last_result, mutex_,
                                             [this, settings, &source, shard = shard.id, run = running->second.run] {
                                               if (drop_reader(settings.id.uuid, shard, run))
                                                 read_ready_shards(settings, source);
                                             });
      started.push_back(reader);
    }
  }
  for (auto& reader : started) reader->start();
}

bool Mappings::is_finished(const MappingId& id, const std::string& shard) const {
  const auto saved = parts_.store.get(checkpoint_row(id.account, id.region, id.uuid, shard));
  return saved.value && kv::read_u64(*saved.value) == kFinished;
}

bool Mappings::drop_reader(const std::string& uuid, const std::string& shard, std::uint64_t run) {
  std::shared_ptr<ShardReader> dropped;  // ends outside the lock
  std::lock_guard lock(mutex_);
  const auto running = running_.find(uuid);
  if (running == running_.end() || running->second.run != run) return false;
  const auto reader = running->second.readers.find(shard);
  if (reader == running->second.readers.end()) return false;
  dropped = std::move(reader->second);
  running->second.readers.erase(reader);
  return true;
}

void Mappings::stop(const std::string& uuid) {
  decltype(running_)::node_type found;
  {
    std::lock_guard lock(mutex_);
    found = running_.extract(uuid);
  }
  if (!found) return;
  for (auto& [shard, reader] : found.mapped().readers) reader->stop();
}

std::string Mappings::last_result(const std::string& uuid) const {
  std::lock_guard lock(mutex_);
  const auto found = running_.find(uuid);
  return found == running_.end() ? "No records processed" : *found->second.last_result;
}

}  // namespace leat::lambda
