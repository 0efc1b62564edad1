// Messages past their queue's retention go: a durable timer for each queue, at the time of its oldest message.

#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

constexpr std::size_t kStep = 1000;  // messages of one commit

void look(Sqs& sqs, std::string_view payload) {
  QueueId id;
  id.account = kv::take_text(payload);
  id.region = kv::take_text(payload);
  id.name = kv::take_text(payload);
  const TimePoint due = from_millis(static_cast<std::int64_t>(kv::read_u64(payload)));
  const QueuePtr queue = sqs.find_or_null(id);
  if (!queue) return;
  // A queue has one timer: of several, only the newest is the one that its row names.
  const auto newest = sqs.parts().store.get(queue->rows().kind('t'));
  if (!newest.value || *newest.value != payload) return;
  const TimePoint now = sqs.parts().clock.now();
  const auto next = queue->remove_expired(kStep);
  kv::Batch batch;
  stage_retention(batch, sqs, id, next ? std::max(*next, due) : now + queue->definition()->settings.retention);
  (void)sqs.parts().store.commit(batch);
}

}  // namespace

void keep_retention(Sqs& sqs) {
  sqs.parts().schedule.handle(kRetentionKind, [&sqs](const std::string& payload) { look(sqs, payload); });
}

void stage_retention(kv::Batch& batch, Sqs& sqs, const QueueId& id, TimePoint time) {
  std::string due;
  kv::append_u64(due, static_cast<std::uint64_t>(to_millis(time)));
  batch.put(Rows(id).kind('t'), due);
  sqs.parts().schedule.add(batch, kRetentionKind, time, kv::make_key(id.account, id.region, id.name) + due);
}

}  // namespace leat::sqs
