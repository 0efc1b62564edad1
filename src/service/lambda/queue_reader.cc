#include "service/lambda/queue_reader.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "service/lambda/batch_item_failures.h"
#include "service/lambda/trace.h"

namespace leat::lambda {
namespace {

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: 5 batches at first, 300 more a minute.
constexpr std::size_t kFirstLimit = 5;
constexpr std::size_t kGrowth = 5;
constexpr auto kGrowthPause = std::chrono::seconds(1);
constexpr std::size_t kLastLimit = 100;  // where the mapping has no MaximumConcurrency: one machine is not a region
constexpr auto kRefusedPause = std::chrono::seconds(10);
constexpr std::size_t kMaxEventBytes = 5U << 20;

}  // namespace

QueueReader::QueueReader(MappingParts parts, MappingSettings settings, QueueSource& source)
    : parts_(std::move(parts)), settings_(std::move(settings)), source_(source) {
  if (settings_.maximum_concurrency == 0) settings_.maximum_concurrency = kLastLimit;
  limit_ = std::min(kFirstLimit, settings_.maximum_concurrency);
}

void QueueReader::start() {
  subscription_ = source_.subscribe(settings_.source_arn, [self = weak_from_this()] {
    if (auto reader = self.lock()) reader->wake();
  });
  wake();
}

void QueueReader::stop() {
  stopped_ = true;
  subscription_.reset();
}

void QueueReader::wake() {
  if (waking_.exchange(true)) return;
  parts_.loop.post([self = shared_from_this()] {
    self->waking_ = false;
    self->pump();
  });
}

void QueueReader::wake_at(TimePoint time) {
  if (timer_) parts_.timers.cancel(*timer_);
  timer_ = parts_.timers.at(time, [self = weak_from_this()] {
    if (auto reader = self.lock()) reader->wake();
  });
}

void QueueReader::pump() {
  while (!stopped_ && running_ < limit_ && may_receive()) {
    receive();
    if (received_.empty() || waits_for_more()) break;
    invoke(next_batch());
  }
  if (running_ == limit_) return grow_later();
  if (running_ == 0) limit_ = std::min(kFirstLimit, settings_.maximum_concurrency);
}

// The mapping acts with its function's role, as it is now.
bool QueueReader::may_receive() {
  const FunctionPtr function = parts_.find_function(settings_.function_arn);
  if (!function) return false;
  const std::string missing = missing_right(parts_.roles, source_, *function->configuration.role, settings_.source_arn);
  if (missing.empty()) return true;
  spdlog::warn("mapping {}: {}", settings_.id.uuid, missing);
  parts_.loop.after(kRefusedPause, [self = shared_from_this()] { self->wake(); });
  return false;
}

// Fills up the batch to come. What the filters do not want is deleted from the queue.
void QueueReader::receive() {
  while (received_.size() < settings_.batch_size) {
    auto found = source_.receive(settings_.source_arn, settings_.batch_size - received_.size());
    if (found.empty()) return;
    std::vector<std::string> unwanted;
    for (QueuedMessage& message : found) {
      if (settings_.filters.empty() || settings_.filters.passes(message.json))
        received_.push_back(std::move(message));
      else
        unwanted.push_back(std::move(message.receipt_handle));
    }
    if (!unwanted.empty()) source_.remove(settings_.source_arn, unwanted);
  }
}

// MaximumBatchingWindowInSeconds.
bool QueueReader::waits_for_more() {
  const TimePoint now = parts_.clock.now();
  if (!window_end_) window_end_ = now + settings_.batching_window;
  if (received_.size() >= settings_.batch_size || now >= *window_end_) {
    window_end_.reset();
    return false;
  }
  wake_at(*window_end_);
  return true;
}

// As much of what was received as an event holds.
QueueReader::Batch QueueReader::next_batch() {
  std::size_t bytes = 0;
  auto end = received_.begin();
  while (end != received_.end() && (end == received_.begin() || bytes + end->json.size() <= kMaxEventBytes))
    bytes += (end++)->json.size();
  Batch batch(std::make_move_iterator(received_.begin()), std::make_move_iterator(end));
  received_.erase(received_.begin(), end);
  return batch;
}

void QueueReader::invoke(Batch batch) {
  FunctionPtr function = parts_.find_function(settings_.function_arn);
  if (!function) return;  // the messages come back
  ++running_;
  Invocation invocation;
  invocation.function = std::move(function);
  invocation.arn = settings_.function_arn;
  invocation.request_id = parts_.random.uuid();
  invocation.payload = "{\"Records\":[";
  std::size_t most_runs = 0;
  for (const QueuedMessage& message : batch) {
    // Of several chains, the one that may be a loop.
    const std::size_t runs = Trace(message.trace).runs_of(invocation.function->family);
    if (invocation.trace.empty() || runs > most_runs) invocation.trace = message.trace;
    most_runs = std::max(most_runs, runs);
    if (invocation.payload.back() != '[') invocation.payload += ',';
    invocation.payload += message.json;
  }
  invocation.payload += "]}";
  invocation.done = [self = shared_from_this(), batch = std::move(batch)](const InvocationResult& result) {
    self->returned(batch, result);
  };
  // What a function has seen is there after a power cut too.
  parts_.store.durable(parts_.store.last_commit(),
                       [self = shared_from_this(), invocation = std::move(invocation)]() mutable {
                         // By way of the loop, which has stopped before what it works for goes.
                         self->parts_.loop.post([self, invocation = std::move(invocation)]() mutable {
                           self->parts_.invoker.invoke(std::move(invocation));
                         });
                       });
}

void QueueReader::returned(const Batch& batch, const InvocationResult& result) {
  --running_;
  std::vector<std::string> done;
  if (result.outcome == InvocationResult::Outcome::kSucceeded) {
    const auto failed = settings_.reports_failures ? batch_item_failures(result.payload) : std::vector<std::string>();
    const auto names = [&](const std::string& id) {
      return std::any_of(batch.begin(), batch.end(), [&](const auto& message) { return message.id == id; });
    };
    if (failed && std::all_of(failed->begin(), failed->end(), names)) {
      for (const QueuedMessage& message : batch) {
        if (std::find(failed->begin(), failed->end(), message.id) == failed->end())
          done.push_back(message.receipt_handle);
      }
    }
  }
  // Also after stop(): what was processed must not be processed again.
  if (!done.empty()) source_.remove(settings_.source_arn, done);
  wake();
}

void QueueReader::grow_later() {
  if (growing_ || limit_ >= settings_.maximum_concurrency) return;
  growing_ = true;
  parts_.loop.after(kGrowthPause, [self = shared_from_this()] {
    self->growing_ = false;
    if (self->stopped_ || self->running_ < self->limit_) return;
    self->limit_ = std::min(self->limit_ + kGrowth, self->settings_.maximum_concurrency);
    self->pump();
  });
}

}  // namespace leat::lambda
