// ReceiveRequestAttemptId: a receiver that lost the answer asks again, and is given the same messages by the same
// receipt handles, as long as nobody has changed one of them.
//
//   attempt := u64(time) u64(visibility timeout) { u64(number) u64(receives) }
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html

#include "service/sqs/queue.h"

namespace leat::sqs {
namespace {

constexpr std::size_t kHead = 16, kEach = 16;  // bytes

std::int64_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::int64_t>(kv::read_u64(bytes.substr(at)));
}

}  // namespace

void Queue::stage_attempt(kv::Batch& batch, const Reception& reception, const std::vector<Message>& given) {
  if (reception.attempt_id.empty() || given.empty() || !definition()->settings.fifo) return;
  const std::int64_t time = now(), period = time / kDeduplicationPeriod;
  std::string row;
  kv::append_u64(row, static_cast<std::uint64_t>(time));
  kv::append_u64(row, static_cast<std::uint64_t>(reception.visibility_timeout.count()));
  for (const Message& message : given) {
    const auto handle = ReceiptHandle::parse(*message.receipt_handle);
    kv::append_u64(row, handle->number);
    kv::append_u64(row, handle->receives);
  }
  batch.put(rows_.attempt(period, reception.attempt_id), row);
  if (std::exchange(forgotten_attempts_, period) != period)
    batch.erase(kv::Range{rows_.attempts_before(0), rows_.attempts_before(period - 1)});
}

std::optional<std::vector<Message>> Queue::receive_again(const Reception& reception) {
  if (reception.attempt_id.empty() || !definition()->settings.fifo) return std::nullopt;
  const std::int64_t time = now(), period = time / kDeduplicationPeriod;
  std::optional<std::string> row = parts_.store.get(rows_.attempt(period, reception.attempt_id)).value;
  if (!row) row = parts_.store.get(rows_.attempt(period - 1, reception.attempt_id)).value;
  if (!row || number_at(*row, 0) + kDeduplicationPeriod <= time) return std::nullopt;
  const std::int64_t timeout = number_at(*row, 8);
  std::vector<Stored> given;
  for (std::size_t at = kHead; at + kEach <= row->size(); at += kEach) {
    const auto stored = find_message({static_cast<std::uint64_t>(number_at(*row, at)), 0, {}});
    const bool unchanged = stored && stored->state && stored->state->receives == number_at(*row, at + 8) &&
                           stored->state->visible_at == stored->state->received + timeout &&
                           stored->state->visible_at > time;
    if (!unchanged) return std::nullopt;
    given.push_back(*stored);
    given.back().place.group = stored->state->group;
  }
  std::vector<Message> out;
  kv::Batch batch;
  for (Stored& stored : given) {
    hidden_.remove(kInFlight, stored.state->visible_at, time);
    --stored.state->receives;  // it is not received once more
    out.push_back(hand_out(batch, std::move(stored), reception.visibility_timeout));
  }
  stage_attempt(batch, reception, out);
  commit(batch);
  return out;
}

}  // namespace leat::sqs
