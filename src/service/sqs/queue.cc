#include "service/sqs/queue.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>

#include "aws/shape_json.h"
#include "engine/kv/rows.h"

namespace leat::sqs {
namespace {

constexpr std::int64_t kMaxInFlight = 120000;
constexpr std::int64_t kPurgePause = 60 * 1000;                 // milliseconds
constexpr std::int64_t kMaxVisibility = 12LL * 60 * 60 * 1000;  // milliseconds

std::uint64_t digest_of(const std::string& arn) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(arn.data()), arn.size(), digest);
  return kv::read_u64({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string sequence_text(std::uint64_t number) { return fmt::format("{:020}", number); }

std::int64_t parse_millis(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::unexpected<aws::Error> bad_handle(const std::string& handle, std::string_view reason) {
  return aws::fail(errors::kInvalidParameterValue,
                   fmt::format("Value {} for parameter ReceiptHandle is invalid. Reason: {}", handle, reason));
}

}  // namespace

Queue::Queue(QueueParts parts, QueueId id, CreateQueueRequest definition)
    : parts_(std::move(parts)), id_(std::move(id)), rows_(id_), digest_(digest_of(id_.arn())) {
  redefine(std::move(definition));
  awaited_ = !parts_.observers->living().empty();
  order_ = this->definition()->settings.fifo ? make_fifo_order(parts_.store, rows_)
                                             : make_standard_order(parts_.store, rows_);
}

std::shared_ptr<const Queue::Definition> Queue::definition() const {
  std::lock_guard lock(definition_mutex_);
  return definition_;
}

void Queue::redefine(CreateQueueRequest definition) {
  auto settings = settings_of(*definition.attributes);
  auto made = std::make_shared<const Definition>(Definition{std::move(definition), std::move(settings)});
  std::lock_guard lock(definition_mutex_);
  definition_ = std::move(made);
}

aws::Result<void> Queue::check_open() const {
  if (!closed_) return {};
  return aws::fail(errors::kQueueDoesNotExist, "The specified queue does not exist.");
}

void Queue::erase(kv::Batch batch) {
  batch.erase(kv::prefix_range(rows_.all()));
  std::lock_guard lock(mutex_);
  (void)parts_.store.commit(batch);
  closed_ = true;
}

void Queue::load() {
  if (loaded_) return;
  hidden_.clear();
  const kv::Range messages = kv::prefix_range(rows_.kind('m'));
  const auto last = parts_.store.scan(messages, kv::Direction::kBackward);
  const std::uint64_t after_last = last->valid() ? number_in(last->key()) + 1 : 0;
  next_number_ = std::max({next_number_, after_last, static_cast<std::uint64_t>(now()) << 20});
  total_ = kv::numbers_in(parts_.store.get(rows_.count()).value, 1)[0];
  order_->load(now(), [this](std::uint64_t number, std::int64_t visible_at) {
    hidden_.add(parts_.store.get(rows_.state(number)).value ? kInFlight : kDelayed, visible_at);
  });
  loaded_ = true;
}

// Memory is ahead of the store while a commit is under way; where it fails, what is stored counts.
void Queue::commit(kv::Batch& batch) {
  loaded_ = false;
  order_->settle(batch);
  if (!batch.changes_nothing()) (void)parts_.store.commit(batch);
  loaded_ = true;
}

// --- sending

aws::Result<std::vector<Queue::Sent>> Queue::send(std::vector<Draft> drafts) {
  std::vector<Sent> out;
  {
    std::lock_guard lock(mutex_);
    TRY_VOID(check_open());
    load();
    kv::Batch batch;
    SentNow sent_now;
    const std::int64_t time = now();
    for (Draft& draft : drafts) out.push_back(stage(batch, draft, time, sent_now));
    commit(batch);
  }
  changed();
  return out;
}

Queue::Sent Queue::stage(kv::Batch& batch, Draft& draft, std::int64_t time, SentNow& sent_now) {
  Sent sent{*draft.message.message_id, std::nullopt};
  const auto definition = this->definition();
  const QueueSettings& settings = definition->settings;
  if (settings.fifo) {
    const std::pair id(settings.deduplicates_by_group ? draft.group : "", draft.deduplication_id);
    if (const auto first = sent_now.find(id); first != sent_now.end()) return first->second;
    if (auto first = duplicate_of(draft, time)) return std::move(*first);
    sent.sequence_number = sequence_text(next_number_);
    sent_now.emplace(id, sent);
    std::string first;
    kv::append_u64(first, static_cast<std::uint64_t>(time));
    kv::append_u64(first, next_number_);
    const std::int64_t period = time / kDeduplicationPeriod;
    batch.put(rows_.sent(period, id.first, id.second), first + sent.message_id);
    if (std::exchange(forgotten_period_, period) != period)
      batch.erase(kv::Range{rows_.sent_before(0), rows_.sent_before(period - 1)});
  }
  stage_message(batch, std::move(draft.message), draft.group, time + draft.delay.count());
  return sent;
}

// Under the destination's lock.
void Queue::stage_message(kv::Batch& batch, Message message, const std::string& group, std::int64_t visible_at) {
  const std::uint64_t number = next_number_++;
  if (!group.empty()) (*message.attributes)["SequenceNumber"] = sequence_text(number);
  std::string row;
  kv::append_u64(row, static_cast<std::uint64_t>(visible_at));
  batch.put(rows_.message(number), row + aws::to_json(message));
  batch.add(rows_.count(), {1});
  ++total_;
  order_->add(batch, {number, visible_at, group});
  if (visible_at > now()) hidden_.add(kDelayed, visible_at);
}

std::optional<Queue::Sent> Queue::duplicate_of(const Draft& draft, std::int64_t time) const {
  const std::string scope = definition()->settings.deduplicates_by_group ? draft.group : "";
  const std::int64_t period = time / kDeduplicationPeriod;
  for (const std::int64_t each : {period, period - 1}) {
    const auto found = parts_.store.get(rows_.sent(each, scope, draft.deduplication_id));
    if (!found.value || static_cast<std::int64_t>(kv::read_u64(*found.value)) + kDeduplicationPeriod <= time) continue;
    return Sent{found.value->substr(16), sequence_text(kv::read_u64(std::string_view(*found.value).substr(8)))};
  }
  return std::nullopt;
}

// --- receiving

QueuePtr Queue::dead_letters() const {
  const auto& redrive = definition()->settings.redrive;
  if (!redrive) return nullptr;
  QueuePtr found = parts_.find(redrive->dead_letter_arn);
  return found.get() == this ? nullptr : found;
}

aws::Result<std::vector<Message>> Queue::receive(const Reception& reception) {
  auto found = try_receive(reception);
  if (awaited_) {
    std::lock_guard lock(waiting_mutex_);
    arm();
  }
  return found;
}

aws::Result<std::vector<Message>> Queue::try_receive(const Reception& reception) {
  Given given;
  QueuePtr buried_in = dead_letters();
  bool buried = false;
  {
    std::unique_lock lock(mutex_, std::defer_lock);
    std::unique_lock other(buried_in ? buried_in->mutex_ : mutex_, std::defer_lock);
    if (buried_in)
      std::lock(lock, other);
    else
      lock.lock();
    TRY_VOID(check_open());
    load();
    if (buried_in && buried_in->closed_) buried_in = nullptr;
    if (buried_in) buried_in->load();
    if (auto again = receive_again(reception)) return std::move(*again);
    const std::int64_t before = buried_in ? buried_in->total_ : 0;
    if (hidden_.totals(now()).in_flight >= kMaxInFlight) {
      if (definition()->settings.fifo) return given.messages;
      return aws::fail(errors::kOverLimit, "The maximum number of in flight messages is reached.");
    }
    // What was expired or buried makes room for others.
    while (given.messages.size() < reception.count && take(given, reception, buried_in) > 0) {
    }
    buried = buried_in && buried_in->total_ != before;
  }
  if (buried) buried_in->notify();
  return std::move(given.messages);
}

// One commit's worth; how many messages left the queue unseen.
std::size_t Queue::take(Given& given, const Reception& reception, const QueuePtr& buried_in) {
  const auto definition = this->definition();
  const std::int64_t time = now();
  std::size_t unseen = 0;
  std::set<std::string> delayed_groups;
  kv::Batch batch;
  for (const Placed& place : order_->next(time, reception.count - given.messages.size())) {
    if (given.numbers.contains(place.number)) continue;
    std::optional<Stored> stored;
    if (!kv::sound(rows_.message(place.number), [&] { stored = find_message(place); })) {
      order_->remove(batch, place);  // it is in nobody's way any longer
      ++unseen;
    }
    if (!stored) continue;
    const bool delayed = !stored->state && stored->first_visible > time;
    if (delayed || delayed_groups.contains(place.group)) {
      delayed_groups.insert(place.group);
      continue;
    }
    const std::uint32_t receives = stored->state ? stored->state->receives : 0;
    if (stored->sent_at + definition->settings.retention.count() <= time) {
      stage_removal(batch, stored->place, stored->state.has_value());
      ++unseen;
    } else if (buried_in && receives >= definition->settings.redrive->max_receive_count) {
      bury(batch, *stored, *buried_in);
      ++unseen;
    } else {
      given.numbers.insert(place.number);
      given.messages.push_back(hand_out(batch, std::move(*stored), reception.visibility_timeout));
    }
  }
  stage_attempt(batch, reception, given.messages);
  if (buried_in) buried_in->order_->settle(batch);
  commit(batch);
  return unseen;
}

std::optional<Queue::Stored> Queue::find_message(const Placed& place) const {
  const auto row = parts_.store.get(rows_.message(place.number));
  if (!row.value) return std::nullopt;
  Stored out{place, static_cast<std::int64_t>(kv::read_u64(*row.value)),
             aws::from_json<Message>(std::string_view(*row.value).substr(8)), std::nullopt, 0};
  out.sent_at = parse_millis((*out.message.attributes)["SentTimestamp"]);
  if (const auto state = parts_.store.get(rows_.state(place.number)); state.value)
    out.state = State::decode(*state.value);
  out.place.visible_at = out.state ? out.state->visible_at : out.first_visible;
  return out;
}

Message Queue::hand_out(kv::Batch& batch, Stored stored, Duration visibility_timeout) {
  const std::int64_t time = now();
  State state = stored.state.value_or(State{0, 0, time, 0, stored.place.group});
  ++state.receives;
  state.received = time;
  state.visible_at = time + visibility_timeout.count();
  batch.put(rows_.state(stored.place.number), state.encode());
  order_->move(batch, stored.place, state.visible_at);
  if (state.visible_at > time) hidden_.add(kInFlight, state.visible_at);
  auto& attributes = *stored.message.attributes;
  attributes["ApproximateReceiveCount"] = std::to_string(state.receives);
  attributes["ApproximateFirstReceiveTimestamp"] = std::to_string(state.first_received);
  stored.message.receipt_handle = ReceiptHandle{digest_, stored.place.number, state.receives}.text();
  return std::move(stored.message);
}

void Queue::bury(kv::Batch& batch, const Stored& stored, Queue& dead_letters) {
  Message message = stored.message;
  (*message.attributes)["DeadLetterQueueSourceArn"] = id_.arn();
  const std::int64_t time = now();
  // A FIFO queue's dead letters begin their retention anew.
  if (definition()->settings.fifo) (*message.attributes)["SentTimestamp"] = std::to_string(time);
  dead_letters.stage_message(batch, std::move(message), stored.place.group, time);
  stage_removal(batch, stored.place, stored.state.has_value());
}

void Queue::stage_removal(kv::Batch& batch, const Placed& place, bool received) {
  batch.erase(rows_.message(place.number));
  if (received) batch.erase(rows_.state(place.number));
  batch.add(rows_.count(), {-1});
  --total_;
  order_->remove(batch, place);
  hidden_.remove(received ? kInFlight : kDelayed, place.visible_at, now());
}

// --- what was received

std::vector<aws::Result<void>> Queue::remove(const std::vector<std::string>& receipt_handles) {
  std::vector<aws::Result<void>> out;
  {
    std::lock_guard lock(mutex_);
    if (auto open = check_open(); !open) return std::vector(receipt_handles.size(), open);
    load();
    kv::Batch batch;
    std::set<std::string> seen;
    for (const std::string& handle : receipt_handles)
      out.push_back(seen.insert(handle).second ? stage_removal(batch, handle) : aws::Result<void>());
    commit(batch);
  }
  if (definition()->settings.fifo) changed();  // its group may go on
  return out;
}

aws::Result<void> Queue::stage_removal(kv::Batch& batch, const std::string& receipt_handle) {
  const ReceiptHandle handle = TRY(parse_handle(receipt_handle));
  const auto row = parts_.store.get(rows_.state(handle.number));
  if (!row.value) return {};
  const State state = State::decode(*row.value);
  if (definition()->settings.fifo && (state.receives != handle.receives || state.visible_at <= now()))
    return bad_handle(receipt_handle, "The receipt handle has expired.");
  if (state.receives == handle.receives) stage_removal(batch, {handle.number, state.visible_at, state.group}, true);
  return {};
}

aws::Result<ReceiptHandle> Queue::parse_handle(const std::string& text) const {
  const auto handle = ReceiptHandle::parse(text);
  if (handle && handle->queue == digest_) return *handle;
  return aws::fail(errors::kReceiptHandleIsInvalid,
                   fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", text));
}

aws::Result<void> Queue::change_visibility(const std::string& receipt_handle, std::int64_t seconds) {
  const ReceiptHandle handle = TRY(parse_handle(receipt_handle));
  {
    std::lock_guard lock(mutex_);
    TRY_VOID(check_open());
    load();
    const std::int64_t time = now();
    const auto row = parts_.store.get(rows_.state(handle.number));
    State state = row.value ? State::decode(*row.value) : State{};
    if (!row.value || state.receives != handle.receives || state.visible_at <= time) {
      return bad_handle(receipt_handle, "Message does not exist or is not available for visibility timeout change.");
    }
    const std::int64_t visible_at = time + seconds * 1000;
    if (visible_at > state.received + kMaxVisibility) {
      return aws::fail(
          errors::kInvalidParameterValue,
          fmt::format("Value {} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout "
                      "for the message is beyond the limit [43200 seconds].",
                      seconds));
    }
    const Placed place{handle.number, state.visible_at, state.group};
    hidden_.remove(kInFlight, state.visible_at, time);
    if (visible_at > time) hidden_.add(kInFlight, visible_at);
    state.visible_at = visible_at;
    kv::Batch batch;
    batch.put(rows_.state(handle.number), state.encode());
    order_->move(batch, place, visible_at);
    commit(batch);
  }
  changed();
  return {};
}

bool Queue::purge(bool paced) {
  std::lock_guard lock(mutex_);
  if (closed_) return true;
  if (paced && purged_ + kPurgePause > now()) return false;
  purged_ = now();
  load();
  kv::Batch batch;
  for (const char kind : {'m', 's', 'v', 'g', 'h', 'a'}) batch.erase(kv::prefix_range(rows_.kind(kind)));
  batch.add(rows_.count(), {-total_});
  total_ = 0;
  hidden_.clear();
  order_->purge();
  commit(batch);
  return true;
}

MessageCounts Queue::counts() {
  std::lock_guard lock(mutex_);
  load();
  const Hidden& hidden = hidden_.totals(now());
  return {total_ - hidden.in_flight - hidden.delayed, hidden.in_flight, hidden.delayed};
}

std::optional<TimePoint> Queue::remove_expired(std::size_t count) {
  std::lock_guard lock(mutex_);
  if (closed_) return std::nullopt;
  load();
  const Duration retention = definition()->settings.retention;
  kv::Batch batch;
  std::optional<TimePoint> next;
  const auto cursor = parts_.store.scan(kv::prefix_range(rows_.kind('m')), kv::Direction::kForward);
  for (; cursor->valid() && !next; cursor->next()) {
    std::optional<Stored> stored;
    if (!kv::sound(cursor->key(), [&] { stored = find_message({number_in(cursor->key()), 0, {}}); })) continue;
    const auto group = stored->message.attributes->find("MessageGroupId");
    const TimePoint end = from_millis(stored->sent_at) + retention;
    if (end > parts_.clock.now() || count-- == 0) {
      next = end;
      continue;
    }
    Placed place = stored->place;
    if (definition()->settings.fifo) place.group = group->second;
    stage_removal(batch, place, stored->state.has_value());
  }
  commit(batch);
  return next;
}

std::size_t Queue::move_to(const QueuePtr& destination, std::size_t count) {
  std::size_t moved = 0;
  std::set<QueuePtr> grown;
  while (moved < count) {
    // Under both locks, one message at a time: its way may differ from its neighbour's.
    QueuePtr target = destination;
    std::unique_lock lock(mutex_);
    if (closed_) break;
    load();
    const auto next = order_->next(now(), 1);
    const auto stored = next.empty() ? std::nullopt : find_message(next.front());
    if (!stored) break;
    // Neither queues are looked up nor the other's lock is taken under this one: both are taken anew, in an order that
    // cannot block.
    lock.unlock();
    if (!target) {
      const auto source = stored->message.attributes->find("DeadLetterQueueSourceArn");
      if (source == stored->message.attributes->end()) break;
      target = parts_.find(source->second);
    }
    if (!target || target.get() == this) break;
    std::scoped_lock both(mutex_, target->mutex_);
    if (closed_ || target->closed_) break;
    load();
    target->load();
    if (!parts_.store.get(rows_.message(stored->place.number)).value) continue;
    Message message = stored->message;
    message.attributes->erase("DeadLetterQueueSourceArn");
    kv::Batch batch;
    target->stage_message(batch, std::move(message), stored->place.group, now());
    target->order_->settle(batch);
    stage_removal(batch, stored->place, stored->state.has_value());
    commit(batch);
    grown.insert(target);
    ++moved;
  }
  for (const QueuePtr& each : grown) each->notify();
  return moved;
}

}  // namespace leat::sqs
