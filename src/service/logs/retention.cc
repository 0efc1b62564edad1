#include "service/logs/retention.h"

#include "engine/kv/key.h"
#include "service/logs/arrivals.h"

namespace leat::logs {
namespace {

constexpr Duration kPause = std::chrono::hours(24);

void remove_old(Logs& logs, std::string_view payload) {
  aws::Caller caller;
  caller.account = kv::take_text(payload);
  caller.region = kv::take_text(payload);
  const std::string name = kv::take_text(payload);
  const auto group = logs.group(caller, name);
  if (!group || !group->retention_in_days) return;
  const std::int64_t oldest = oldest_shown(logs, *group);
  const std::string streams = streams_prefix(caller.account, caller.region, name);
  kv::Batch batch;
  const auto stream = logs.store().scan(kv::prefix_range(streams), kv::Direction::kForward);
  for (; stream->valid(); stream->next()) {
    std::string_view rest = stream->key().substr(streams.size());
    kv::Range old{events_prefix(caller.account, caller.region, name, kv::take_text(rest)), {}};
    old.end = old.begin;
    kv::append_u64(old.end, static_cast<std::uint64_t>(oldest));
    if (logs.store().scan(old, kv::Direction::kForward)->valid()) batch.erase(old);
  }
  batch.erase(arrivals_before(caller, name, from_millis(oldest)));
  stage_retention(batch, logs, caller, name);
  (void)logs.store().commit(batch);
}

}  // namespace

void keep_retention(Logs& logs) {
  logs.schedule().handle(kRetentionKind, [&logs](const std::string& payload) { remove_old(logs, payload); });
}

void stage_retention(kv::Batch& batch, Logs& logs, const aws::Caller& caller, std::string_view group) {
  logs.schedule().add(batch, kRetentionKind, logs.clock().now() + kPause,
                      kv::make_key(caller.account, caller.region, group));
}

std::int64_t oldest_shown(const Logs& logs, const LogGroup& group) {
  if (!group.retention_in_days) return 0;
  return to_millis(logs.clock().now() - std::chrono::hours(24) * *group.retention_in_days);
}

}  // namespace leat::logs
