#include "service/lambda/event_queue.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/lambda/function_error.h"
#include "service/lambda/lambda.h"
#include "service/lambda/trace.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kAtOnce = 64;  // events of a function that run at the same time; the others wait
constexpr std::uint64_t kRetries = 2;
constexpr Duration kMaximumAge = std::chrono::hours(6);
constexpr Duration kThrottlePause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::minutes(5);

std::string events_prefix() { return kv::make_key(std::string_view(), std::string_view()) + 'z'; }

std::string events_of(std::string_view family) { return events_prefix() + kv::make_key(family); }

std::string family_of(const Event& event) {
  const auto arn = aws::parse_arn(event.function_arn);
  return aws::make_arn("lambda", arn->region, arn->account, "function:" + function_name_in(event.function_arn));
}

std::string event_row(const Event& event) { return events_of(family_of(event)) + kv::make_key(event.request_id); }

std::string family_in(std::string_view row) {
  row.remove_prefix(events_prefix().size());
  return kv::take_text(row);
}

std::string encode(const Event& event) {
  std::string out = kv::make_key(event.function_arn, event.client_context, event.trace);
  kv::append_u64(out, static_cast<std::uint64_t>(to_millis(event.accepted)));
  kv::append_u64(out, static_cast<std::uint64_t>(to_millis(event.not_before)));
  kv::append_u64(out, event.attempts);
  kv::append_u64(out, event.throttled);
  return out + event.payload;
}

Event decode(std::string_view row, std::string_view bytes) {
  Event out;
  row.remove_prefix(events_prefix().size());
  kv::take_text(row);
  out.request_id = kv::take_text(row);
  out.function_arn = kv::take_text(bytes);
  out.client_context = kv::take_text(bytes);
  out.trace = kv::take_text(bytes);
  out.accepted = from_millis(static_cast<std::int64_t>(kv::read_u64(bytes)));
  out.not_before = from_millis(static_cast<std::int64_t>(kv::read_u64(bytes.substr(8))));
  out.attempts = kv::read_u64(bytes.substr(16));
  out.throttled = kv::read_u64(bytes.substr(24));
  out.payload = bytes.substr(32);
  return out;
}

aws::Caller owner_of(const Event& event) {
  const auto arn = aws::parse_arn(event.function_arn);
  aws::Caller out;
  out.account = arn->account;
  out.region = arn->region;
  return out;
}

}  // namespace

void EventQueue::accept(const Event& event) {
  save(event);
  enqueue(event_row(event));
}

void EventQueue::resume() {
  const std::string prefix = events_prefix();
  const auto cursor = lambda_.parts().store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string row(cursor->key());
    kv::sound(cursor->key(), [&] { wait(row, decode(row, cursor->value()).not_before); });
  }
}

void EventQueue::forget() {
  std::lock_guard lock(mutex_);
  for (auto& [family, line] : lines_) line.waiting.clear();
}

void EventQueue::stage_erase(kv::Batch& batch, std::string_view family) {
  batch.erase(kv::prefix_range(events_of(family)));
}

void EventQueue::save(const Event& event) {
  kv::Batch batch;
  batch.put(event_row(event), encode(event));
  (void)lambda_.parts().store.commit(batch);
}

void EventQueue::erase(const Event& event) {
  kv::Batch batch;
  batch.erase(event_row(event));
  (void)lambda_.parts().store.commit(batch);
}

std::optional<Event> EventQueue::load(const std::string& row) const {
  const auto stored = lambda_.parts().store.get(row);
  if (!stored.value) return std::nullopt;
  return decode(row, *stored.value);
}

void EventQueue::wait(std::string row, TimePoint until) {
  lambda_.parts().timers.at(until, [this, row = std::move(row)] { enqueue(row); });
}

void EventQueue::enqueue(std::string row) {
  const std::string family = family_in(row);
  {
    std::lock_guard lock(mutex_);
    lines_[family].waiting.push_back(std::move(row));
  }
  run_next(family);
}

void EventQueue::run_next(const std::string& family) {
  while (auto event = take_next(family)) run(std::move(*event));
}

// Nothing where none may run now.
std::optional<Event> EventQueue::take_next(const std::string& family) {
  std::lock_guard lock(mutex_);
  const auto found = lines_.find(family);
  if (found == lines_.end()) return std::nullopt;
  Line& line = found->second;
  std::optional<Event> event;
  while (!event && !line.waiting.empty() && line.running < kAtOnce) {
    const std::string& row = line.waiting.front();
    kv::sound(row, [&] { event = load(row); });
    line.waiting.pop_front();
  }
  if (event)
    ++line.running;
  else if (line.running == 0)
    lines_.erase(found);
  return event;
}

void EventQueue::run(Event event) {
  auto target = lambda_.resolve(owner_of(event), event.function_arn, std::nullopt);
  if (!target) {
    // Not from this stack: many events may wait for a function that is gone.
    return lambda_.parts().loop.post([this, event = std::move(event)]() mutable {
      returned(std::move(event), nullptr, {InvocationResult::Outcome::kFailed, "", ""});
    });
  }
  const Duration age = lambda_.parts().clock.now() - event.accepted;
  measure(*target->function, {"AsyncEventAge", static_cast<double>(age.count()), "Milliseconds"});
  Invocation invocation;
  invocation.function = target->function;
  invocation.arn = target->arn;
  invocation.payload = event.payload;
  invocation.client_context = event.client_context;
  invocation.request_id = event.request_id;
  invocation.trace = event.trace;
  invocation.done = [this, event = std::move(event), function = target->function](
                        const InvocationResult& result) mutable { returned(std::move(event), function, result); };
  lambda_.parts().invoker.invoke(std::move(invocation));
}

void EventQueue::returned(Event event, const FunctionPtr& function, const InvocationResult& result) {
  const std::string family = family_of(event);
  {
    std::lock_guard lock(mutex_);
    --lines_[family].running;
  }
  try {
    using Condition = FailureRecord::Condition;
    const Treatment treatment = treatment_of(event);
    if (!function) {
      erase(event);  // it was deleted
    } else if (result.outcome == InvocationResult::Outcome::kSucceeded) {
      ++event.attempts;
      finish(event, Condition::kSuccess, function, result);
    } else if (function->reserved == 0U || result.outcome == InvocationResult::Outcome::kRecursive) {
      // It will never run: no retries. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
      finish(event, Condition::kRetriesExhausted, function, result);
    } else if (result.outcome == InvocationResult::Outcome::kThrottled) {
      const Duration pause =
          std::min<Duration>(kThrottlePause * (1LL << std::min<std::uint64_t>(event.throttled, 10)), kLongestPause);
      ++event.throttled;
      try_again(std::move(event), pause, Condition::kTooOld, function, result);
    } else if (++event.attempts > treatment.retries) {
      finish(event, Condition::kRetriesExhausted, function, result);
    } else {
      const auto pause = std::chrono::minutes(event.attempts);
      try_again(std::move(event), pause, Condition::kTooOld, function, result);
    }
  } catch (const kv::StoreFailure& failure) {  // lint: catch (it is still kept: the next start runs it)
    spdlog::error("event {}: {}", event.request_id, failure.what());
  }
  run_next(family);
}

void EventQueue::try_again(Event event, Duration pause, FailureRecord::Condition otherwise, const FunctionPtr& function,
                           const InvocationResult& result) {
  event.not_before = lambda_.parts().clock.now() + pause;
  if (event.not_before > event.accepted + treatment_of(event).maximum_age)
    return finish(event, otherwise, function, result);
  save(event);
  wait(event_row(event), event.not_before);
}

EventQueue::Treatment EventQueue::treatment_of(const Event& event) const {
  const aws::Caller owner = owner_of(event);
  const FunctionReference reference = parse_reference(event.function_arn);
  const auto row = lambda_.parts().store.get(
      qualified_row(owner.account, owner.region, 'i', reference.name,
                    reference.qualifier.empty() ? kLatest : std::string_view(reference.qualifier)));
  Treatment out{kRetries, kMaximumAge, {}, {}};
  if (!row.value) return out;
  const auto stored = aws::from_json<FunctionEventInvokeConfig>(*row.value);
  if (stored.maximum_retry_attempts) out.retries = static_cast<std::uint64_t>(*stored.maximum_retry_attempts);
  if (stored.maximum_event_age_in_seconds) out.maximum_age = std::chrono::seconds(*stored.maximum_event_age_in_seconds);
  if (!stored.destination_config) return out;
  const auto& [on_success, on_failure] =
      std::tie(stored.destination_config->on_success, stored.destination_config->on_failure);
  if (on_success) out.on_success = on_success->destination.value_or("");
  if (on_failure) out.on_failure = on_failure->destination.value_or("");
  return out;
}

// What is told of it is sent before the event is forgotten.
void EventQueue::finish(const Event& event, FailureRecord::Condition condition, const FunctionPtr& function,
                        const InvocationResult& result) {
  const Treatment treatment = treatment_of(event);
  const bool succeeded = condition == FailureRecord::Condition::kSuccess;
  if (!succeeded) measure(*function, {"AsyncEventsDropped", 1, "Count"});
  const bool invoked = happened(result);
  const std::string trace = Trace(event.trace).with_run_of(function->family, event.request_id, event.accepted);
  FailureRecord record{condition, event.request_id,
                       event.function_arn + (parse_reference(event.function_arn).qualifier.empty() ? ":$LATEST" : ""),
                       static_cast<int>(event.attempts), lambda_.parts().clock.now()};
  send({succeeded ? treatment.on_success : treatment.on_failure, *function->configuration.role}, record,
       {event.payload, invoked ? std::string_view(result.payload) : std::string_view(), function->version()}, trace);
  const auto& dead_letters = function->configuration.dead_letter_config;
  if (!succeeded && dead_letters && dead_letters->target_arn && !dead_letters->target_arn->empty()) {
    const auto sent = lambda_.parts().destinations.send(
        *dead_letters->target_arn, {*function->configuration.role,
                                    event.payload,
                                    {{"RequestID", event.request_id},
                                     {"ErrorCode", invoked ? "200" : "429"},
                                     {"ErrorMessage", invoked ? error_message_in(result.payload).value_or(result.payload) : "Rate Exceeded."}},
                                    trace});
    if (!sent) spdlog::error("dead letter of {}: {}", event.request_id, sent.error().message);
    measure(*function, {"DeadLetterErrors", sent ? 0.0 : 1.0, "Count"});
  }
  erase(event);
}

void EventQueue::send(const Recipient& to, const FailureRecord& record, const FailureRecord::Answer& answer,
                      const std::string& trace) {
  const std::string& destination = to.destination;
  if (destination.empty()) return;
  const std::string body = record.with_answer(answer);
  if (aws::parse_arn(destination)->service == "lambda") {
    if (!lambda_.parts().roles.allows(to.role, "lambda:InvokeFunction", destination))
      return spdlog::error("destination {}: {} may not invoke it", destination, to.role);
    Event event;
    event.request_id = lambda_.parts().random.uuid();
    event.function_arn = destination;
    event.payload = body;
    event.trace = trace;
    event.accepted = event.not_before = lambda_.parts().clock.now();
    return accept(event);
  }
  if (const auto sent = lambda_.parts().destinations.send(destination, {to.role, body, {}, trace}); !sent)
    spdlog::error("destination {}: {}", destination, sent.error().message);
}

void EventQueue::measure(const Function& function, const Measurement& measurement) {
  lambda_.parts().metrics.add({function.account, function.region, function.name(), function.name()}, {measurement});
}

}  // namespace leat::lambda
