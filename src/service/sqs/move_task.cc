// Message move tasks: a dead-letter queue's messages go back, a step at a time.

#include "service/sqs/move_task.h"

#include "base/encoding.h"

#include "aws/shape_json.h"
#include "engine/kv/rows.h"

namespace leat::sqs {
namespace {

constexpr std::int32_t kRate = 500;  // messages a second, where the task names none
constexpr Duration kPause = std::chrono::seconds(1);

void step(Sqs& sqs, std::string_view payload) {
  QueueId id;
  id.account = kv::take_text(payload);
  id.region = kv::take_text(payload);
  id.name = kv::take_text(payload);
  const auto started = static_cast<std::int64_t>(kv::read_u64(payload));
  std::lock_guard lock(sqs.definition_mutex());
  auto task = find_move_task(sqs, id, started);
  if (!task || task->status != "RUNNING") return;
  const QueuePtr source = sqs.find_or_null(id);
  const QueuePtr destination = task->destination_arn ? sqs.find_or_null(*task->destination_arn) : nullptr;
  const auto rate = static_cast<std::size_t>(task->max_number_of_messages_per_second.value_or(kRate));
  std::size_t moved = 0;
  if (!source || (task->destination_arn && !destination)) {
    task->status = "FAILED";
    task->failure_reason = "AWS.SimpleQueueService.NonExistentQueue";
  } else {
    moved = source->move_to(destination, rate);
    *task->approximate_number_of_messages_moved += static_cast<std::int64_t>(moved);
    if (moved < rate) {
      const bool stuck = source->counts().visible > 0;
      task->status = stuck ? "FAILED" : "COMPLETED";
      if (stuck) task->failure_reason = "CouldNotDetermineMessageSource";
    }
  }
  kv::Batch batch;
  save_move_task(batch, id, *task);
  if (task->status == "RUNNING") stage_move(batch, sqs, id, *task, sqs.parts().clock.now() + kPause);
  (void)sqs.parts().store.commit(batch);
}

}  // namespace

std::string handle_of(const MoveTaskId& id) {
  std::string handle = kv::make_key(id.source.account, id.source.region, id.source.name);
  kv::append_u64(handle, static_cast<std::uint64_t>(id.started));
  return base64_encode(handle);
}

std::optional<MoveTaskId> parse_handle(std::string_view handle) {
  const auto bytes = base64_decode(handle);
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  MoveTaskId out;
  out.source.account = kv::take_text(rest);
  out.source.region = kv::take_text(rest);
  out.source.name = kv::take_text(rest);
  if (rest.size() != 8) return std::nullopt;
  out.started = static_cast<std::int64_t>(kv::read_u64(rest));
  return out;
}

std::optional<MoveTask> find_move_task(Sqs& sqs, const QueueId& id, std::int64_t started) {
  const auto row = sqs.parts().store.get(task_row(id, started));
  if (!row.value) return std::nullopt;
  return aws::from_json<MoveTask>(*row.value);
}

std::vector<MoveTask> move_tasks(Sqs& sqs, const QueueId& id) {
  std::vector<MoveTask> out;
  const auto cursor = sqs.parts().store.scan(kv::prefix_range(tasks_prefix(id)), kv::Direction::kBackward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { out.push_back(aws::from_json<MoveTask>(cursor->value())); });
  return out;
}

void save_move_task(kv::Batch& batch, const QueueId& id, const MoveTask& task) {
  batch.put(task_row(id, *task.started_timestamp), aws::to_json(task));
}

void stage_move(kv::Batch& batch, Sqs& sqs, const QueueId& id, const MoveTask& task, TimePoint time) {
  std::string payload = kv::make_key(id.account, id.region, id.name);
  kv::append_u64(payload, static_cast<std::uint64_t>(*task.started_timestamp));
  sqs.parts().schedule.add(batch, kMoveKind, time, payload);
}

void keep_moving(Sqs& sqs) {
  sqs.parts().schedule.handle(kMoveKind, [&sqs](const std::string& payload) { step(sqs, payload); });
}

}  // namespace leat::sqs
