#pragma once
// Message move tasks, as they are stored.

#include <optional>
#include <vector>

#include "service/sqs/sqs.h"

namespace leat::sqs {

using MoveTask = ListMessageMoveTasksResultEntry;

inline constexpr const char* kMoveKind = "sqs-move";

std::optional<MoveTask> find_move_task(Sqs& sqs, const QueueId& id, std::int64_t started);

// Its handle says which queue it moves from, and when it began.
struct MoveTaskId {
  QueueId source;
  std::int64_t started;
};
std::string handle_of(const MoveTaskId& id);
std::optional<MoveTaskId> parse_handle(std::string_view handle);

// Newest first.
std::vector<MoveTask> move_tasks(Sqs& sqs, const QueueId& id);

void save_move_task(kv::Batch& batch, const QueueId& id, const MoveTask& task);

// Adds the task's next step to a commit; the schedule is armed after it.
void stage_move(kv::Batch& batch, Sqs& sqs, const QueueId& id, const MoveTask& task, TimePoint time);

}  // namespace leat::sqs
