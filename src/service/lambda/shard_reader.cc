#include "service/lambda/shard_reader.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/guard.h"
#include "engine/kv/key.h"
#include "service/lambda/batch_item_failures.h"

namespace leat::lambda {
namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(100);
constexpr auto kLongestPause = std::chrono::milliseconds(60000);
// What fits into an invocation's 6 MB once it is JSON.
constexpr std::size_t kMaxReadBytes = 1U << 20;
constexpr std::size_t kMaxEventBytes = 5U << 20;

}  // namespace

ShardReader::ShardReader(MappingParts parts, MappingSettings settings, RecordSource& source, SourceShard shard,
                         Callbacks callbacks)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      source_(source),
      shard_(std::move(shard)),
      callbacks_(std::move(callbacks)),
      checkpoint_row_(checkpoint_row(settings_.id.account, settings_.id.region, settings_.id.uuid, shard_.name())),
      lanes_(has_windows() ? 1 : settings_.parallelization_factor),
      pause_(kFirstPause) {}

void ShardReader::start() {
  load_checkpoint();
  subscription_ = source_.subscribe(settings_.source_arn, shard_, [self = weak_from_this()] {
    if (auto reader = self.lock()) reader->wake();
  });
  wake();
}

void ShardReader::stop() {
  stopped_ = true;
  subscription_.reset();
}

// One wake-up in the queue is enough, however many appends there were.
void ShardReader::wake() {
  if (waking_.exchange(true)) return;
  parts_.loop.post([self = shared_from_this()] {
    self->waking_ = false;
    self->pump();
  });
}

void ShardReader::wake_at(TimePoint time) {
  if (timer_) parts_.timers.cancel(*timer_);
  timer_ = parts_.timers.at(time, [self = weak_from_this()] {
    if (auto reader = self.lock()) reader->wake();
  });
}

void ShardReader::pump() {
  if (stopped_ || lanes_at_work_ > 0) return;
  if (reading_) {
    woken_ = true;
    return;
  }
  if (!ahead_) return read(position_);
  SourceBatch read = std::move(*ahead_);
  ahead_.reset();
  proceed(std::move(read));
}

// On the thread of the reads. The mapping acts with its function's role, as it is now; nothing is invoked where there is
// no function.
ShardReader::Reading ShardReader::read_now(std::uint64_t from) const {
  std::string role;
  if (const FunctionPtr function = parts_.find_function(settings_.function_arn)) {
    role = *function->configuration.role;
    std::string missing = missing_right(parts_.roles, source_, role, settings_.source_arn);
    if (!missing.empty()) return {std::move(missing)};
  }
  const RecordSource::Limits limits{settings_.batch_size * lanes_.size(), kMaxReadBytes * lanes_.size(), role};
  return {"", source_.read(settings_.source_arn, shard_, from, limits)};
}

void ShardReader::read(std::uint64_t from) {
  reading_ = true;
  woken_ = false;
  parts_.reading.post([self = shared_from_this(), from] {
    Reading reading;
    const bool done = guarded("the read of a shard", [&] { reading = self->read_now(from); });
    self->parts_.loop.post([self, done, reading = std::move(reading)]() mutable {
      self->reading_ = false;
      if (done) return self->has_read(std::move(reading));
      if (self->woken_) self->pump();
    });
  });
}

void ShardReader::has_read(Reading reading) {
  if (stopped_) return;
  if (!reading.missing.empty()) return retry_reading(reading.missing);
  const bool woken = woken_;
  proceed(std::move(reading.batch));
  if (woken) pump();
}

void ShardReader::retry_reading(const std::string& missing) {
  callbacks_.processed("PROBLEM: " + missing);
  parts_.loop.after(pause_, [self = shared_from_this()] { self->wake(); });
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void ShardReader::proceed(SourceBatch read) {
  if (read.gone) {
    stopped_ = true;
    return callbacks_.finished();
  }
  if (waits_for_more(read)) return;
  if (has_windows()) begin_or_end_window(read);
  if (stopped_ || lanes_at_work_ > 0) return;
  if (read.records.empty()) {
    // Records that the source held back, trimmed ones say, are passed over.
    position_ = std::max(position_, read.next);
    if (read.ended && !window_start_) finish();
    return;
  }
  take(std::move(read));
}

// MaximumBatchingWindowInSeconds: a batch that is not full waits for more, but not longer than that.
bool ShardReader::waits_for_more(const SourceBatch& read) {
  const bool full = read.records.size() >= settings_.batch_size || read.ended;
  if (settings_.batching_window == Duration(0) || read.records.empty() || full) {
    batch_window_end_.reset();
    return false;
  }
  const TimePoint now = parts_.clock.now();
  if (!batch_window_end_) batch_window_end_ = now + settings_.batching_window;
  if (now >= *batch_window_end_) {
    batch_window_end_.reset();
    return false;
  }
  wake_at(*batch_window_end_);
  return true;
}

void ShardReader::take(SourceBatch read) {
  read_ = std::move(read);
  fill_lanes();
  lanes_at_work_ = static_cast<std::size_t>(
      std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return !lane.empty(); }));
  if (lanes_at_work_ == 0) return read_done();
  const bool full = read_.records.size() == settings_.batch_size;
  const std::uint64_t next = read_.next;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (!lanes_[lane].empty()) run(lane);
  }
  // While the function works, the next batch is made ready.
  if (!full || lanes_.size() > 1 || has_windows() || lanes_at_work_ == 0) return;
  read_ahead(next);
}

void ShardReader::read_ahead(std::uint64_t from) {
  reading_ = true;
  parts_.reading.post([self = shared_from_this(), from] {
    Reading reading;
    guarded("the read of a shard", [&] { reading = self->read_now(from); });
    self->parts_.loop.post([self, batch = std::move(reading.batch)]() mutable {
      self->reading_ = false;
      if (!batch.records.empty()) self->ahead_ = std::move(batch);  // nothing yet is no news later
      self->pump();
    });
  });
}

bool ShardReader::is_wanted(const SourceRecord& record) const {
  return settings_.filters.empty() || settings_.filters.passes(read_.json_of(record));
}

void ShardReader::fill_lanes() {
  std::vector<std::size_t> bytes(lanes_.size());
  for (std::size_t i = 0; i < read_.records.size(); ++i) {
    const SourceRecord& record = read_.records[i];
    if (!is_wanted(record)) continue;
    const std::size_t number = record.key_hash % lanes_.size();
    Lane& lane = lanes_[number];
    const bool full = lane.empty() || lane.back().records.size() == settings_.batch_size ||
                      bytes[number] + record.size > kMaxEventBytes;
    if (full) {
      lane.emplace_back();
      bytes[number] = 0;
    }
    lane.back().records.push_back(i);
    bytes[number] += record.size;
  }
}

void ShardReader::run(std::size_t lane) {
  drop_old(lanes_[lane]);
  if (stopped_) return;
  if (!lanes_[lane].empty()) return invoke(lane);
  if (--lanes_at_work_ == 0) read_done();
}

// MaximumRecordAgeInSeconds.
void ShardReader::drop_old(Lane& lane) {
  if (settings_.maximum_record_age < Duration(0)) return;
  const TimePoint oldest = parts_.clock.now() - settings_.maximum_record_age;
  while (!lane.empty() && !lane.front().records.empty()) {
    Batch& batch = lane.front();
    // A shard's records are in the order of their time.
    const auto young = std::find_if(batch.records.begin(), batch.records.end(),
                                    [&](std::size_t i) { return read_.records[i].time >= oldest; });
    if (young == batch.records.begin()) return;
    give_up({{batch.records.begin(), young}, batch.attempts, batch.request_id}, FailureRecord::Condition::kTooOld);
    batch.records.erase(batch.records.begin(), young);
    if (!batch.records.empty()) return;
    lane.pop_front();
  }
}

// What is known of records that the function never took goes to the mapping's destination, before the checkpoint moves.
void ShardReader::give_up(const Batch& batch, FailureRecord::Condition condition) {
  spdlog::warn("mapping {}: {} records are given up after {} attempts", settings_.id.uuid, batch.records.size(),
               batch.attempts + 1);
  const FunctionPtr function = parts_.find_function(settings_.function_arn);
  if (settings_.on_failure.empty() || !function) return;
  const SourceRecord& first = read_.records[batch.records.front()];
  const SourceRecord& last = read_.records[batch.records.back()];
  FailureRecord record{condition, batch.request_id, function->arn(), batch.attempts + 1};
  record.now = parts_.clock.now();
  const std::string body = record.with_batch({source_.batch_info_name(), shard_.id, first.id, last.id, first.time,
                                              last.time, batch.records.size(), settings_.source_arn});
  if (const auto sent = parts_.destinations.send(settings_.on_failure, {*function->configuration.role, body}); !sent)
    spdlog::error("mapping {}: {}: {}", settings_.id.uuid, settings_.on_failure, sent.error().message);
}

void ShardReader::invoke(std::size_t lane) {
  FunctionPtr function = parts_.find_function(settings_.function_arn);
  if (!function) return retry_later(lane);
  Invocation invocation;
  invocation.function = std::move(function);
  invocation.arn = settings_.function_arn;
  invocation.payload = event_of(lanes_[lane].front());
  invocation.request_id = parts_.random.uuid();
  lanes_[lane].front().request_id = invocation.request_id;
  measure_age(*invocation.function, lanes_[lane].front());
  invocation.done = [self = shared_from_this(), lane](const InvocationResult& result) { self->returned(lane, result); };
  parts_.invoker.invoke(std::move(invocation));
}

// IteratorAge: how old the last record of a batch is when the function gets it.
void ShardReader::measure_age(const Function& function, const Batch& batch) {
  if (batch.records.empty()) return;
  const Duration age = parts_.clock.now() - read_.records[batch.records.back()].time;
  parts_.metrics.add({function.account, function.region, function.name(), function.name()},
                     {{"IteratorAge", static_cast<double>(age.count()), "Milliseconds"}});
}

std::string ShardReader::event_of(const Batch& batch) const {
  std::size_t size = 1024;
  for (const std::size_t i : batch.records) size += read_.records[i].size + 1;
  std::string event;
  event.reserve(size);
  event += "{\"Records\":[";
  for (const std::size_t i : batch.records) {
    if (event.back() != '[') event += ',';
    event += read_.json_of(read_.records[i]);
  }
  event += ']';
  if (has_windows()) {
    event += fmt::format(",\"window\":{{\"start\":\"{}\",\"end\":\"{}\"}},\"state\":{},\"shardId\":\"{}\",",
                         format_iso8601(*window_start_), format_iso8601(*window_start_ + settings_.tumbling_window),
                         window_state_, shard_.id);
    event += "\"eventSourceARN\":";
    append_json_string(event, settings_.source_arn);
    event += fmt::format(",\"isFinalInvokeForWindow\":{},\"isWindowTerminatedEarly\":false", ends_window_);
  }
  return event + '}';
}

void ShardReader::returned(std::size_t lane, const InvocationResult& result) {
  if (stopped_) return;
  switch (result.outcome) {
    case InvocationResult::Outcome::kSucceeded: return succeeded(lane, result.payload);
    case InvocationResult::Outcome::kThrottled: return retry_later(lane);
    case InvocationResult::Outcome::kRecursive:  // never: a record is the end of its chain
    case InvocationResult::Outcome::kFailed:
      return failed(lane, 0, settings_.bisect_batch && lanes_[lane].front().records.size() > 1);
  }
}

void ShardReader::succeeded(std::size_t lane, const std::string& payload) {
  const auto first_failed = first_failure(lanes_[lane].front(), payload);
  if (first_failed) return failed(lane, *first_failed, false);
  if (has_windows()) keep_state(payload);
  pause_ = kFirstPause;
  callbacks_.processed("OK");
  batch_done(lane);
}

// The records before `first_failed` are done; the others are tried again, in two halves where they are to be split.
void ShardReader::failed(std::size_t lane, std::size_t first_failed, bool split) {
  callbacks_.processed("PROBLEM: Function call failed");
  Batch& batch = lanes_[lane].front();
  batch.records.erase(batch.records.begin(), batch.records.begin() + static_cast<std::ptrdiff_t>(first_failed));
  const bool gives_up = settings_.maximum_retry_attempts >= 0 && batch.attempts >= settings_.maximum_retry_attempts;
  if (split) {
    // Splitting does not count as a retry.
    const auto middle = batch.records.begin() + static_cast<std::ptrdiff_t>(batch.records.size() / 2);
    Batch second{{middle, batch.records.end()}, batch.attempts, batch.request_id};
    batch.records.erase(middle, batch.records.end());
    lanes_[lane].insert(lanes_[lane].begin() + 1, std::move(second));
  } else if (gives_up) {
    if (!batch.records.empty()) give_up(batch, FailureRecord::Condition::kRetriesExhausted);
    return batch_done(lane);
  } else {
    ++batch.attempts;
  }
  retry_later(lane);
}

void ShardReader::retry_later(std::size_t lane) {
  parts_.loop.after(pause_, [self = shared_from_this(), lane] {
    if (!self->stopped_) self->run(lane);
  });
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void ShardReader::batch_done(std::size_t lane) {
  const Batch done = std::move(lanes_[lane].front());
  lanes_[lane].pop_front();
  if (std::exchange(ends_window_, false)) {
    window_start_.reset();
    window_state_ = "{}";
  }
  if (lanes_.size() == 1 && !done.records.empty() && !lanes_[lane].empty())
    save_checkpoint(read_.records[done.records.back()].position + 1);
  run(lane);
}

void ShardReader::read_done() {
  position_ = std::max(position_, read_.next);
  save_checkpoint(position_);
  wake();
}

// ReportBatchItemFailures: the place of the first record that failed. An answer that names none of the batch's records
// fails the whole batch.
std::optional<std::size_t> ShardReader::first_failure(const Batch& batch, const std::string& payload) const {
  if (!settings_.reports_failures) return std::nullopt;
  const auto failures = batch_item_failures(payload);
  if (!failures) return 0;
  std::optional<std::size_t> first;
  for (const std::string& id : *failures) {
    const auto found = std::find_if(batch.records.begin(), batch.records.end(),
                                    [&](std::size_t i) { return read_.records[i].id == id; });
    if (found == batch.records.end()) return 0;
    const auto place = static_cast<std::size_t>(found - batch.records.begin());
    first = std::min(first.value_or(place), place);
  }
  return first;
}

TimePoint ShardReader::window_of(TimePoint time) const {
  const auto width = settings_.tumbling_window.count();
  return from_millis(to_millis(time) / width * width);
}

// Keeps only the records of the window under way, or begins one with the first record; ends it when its time is over.
void ShardReader::begin_or_end_window(SourceBatch& read) {
  const TimePoint now = parts_.clock.now();
  if (!window_start_ && !read.records.empty()) window_start_ = window_of(read.records.front().time);
  if (!window_start_) return;
  const TimePoint end = *window_start_ + settings_.tumbling_window;
  const auto later = std::find_if(read.records.begin(), read.records.end(),
                                  [&](const SourceRecord& record) { return record.time >= end; });
  if (later != read.records.begin()) {
    if (later != read.records.end()) read.next = later->position;
    read.ended = read.ended && later == read.records.end();
    read.records.erase(later, read.records.end());
    return;
  }
  if (now < end && read.records.empty() && !read.ended) return wake_at(end);
  // Its last invocation has the state and no records; what was read is read again for the next window.
  ends_window_ = true;
  read_ = SourceBatch{};
  read_.next = position_;
  lanes_[0].emplace_back();
  lanes_at_work_ = 1;
  run(0);
}

void ShardReader::keep_state(const std::string& payload) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer, state;
  if (parser.parse(payload).get(answer) || !answer.is_object() || answer["state"].get(state)) return;
  window_state_ = simdjson::minify(state);
}

//   checkpoint := u64(next) [ u64(window start) state ]
void ShardReader::load_checkpoint() {
  const auto saved = parts_.store.get(checkpoint_row_);
  if (!saved.value) return;
  position_ = kv::read_u64(*saved.value);
  if (saved.value->size() <= 8) return;
  window_start_ = from_millis(static_cast<std::int64_t>(kv::read_u64(saved.value->substr(8))));
  window_state_ = saved.value->substr(16);
}

void ShardReader::save_checkpoint(std::uint64_t next) {
  std::string value;
  kv::append_u64(value, next);
  if (window_start_) {
    kv::append_u64(value, static_cast<std::uint64_t>(to_millis(*window_start_)));
    value += window_state_;
  }
  kv::Batch batch;
  batch.put(checkpoint_row_, value);
  try {
    (void)parts_.store.commit(batch);
  } catch (const kv::StoreFailure& failure) {  // lint: catch (the next checkpoint covers this one)
    spdlog::error("mapping {}: {}", settings_.id.uuid, failure.what());
  }
}

void ShardReader::finish() {
  stopped_ = true;
  save_checkpoint(kFinished);
  callbacks_.finished();
}

}  // namespace leat::lambda
