// Records past their stream's retention go, and closed shards with their last one: once an hour, while there are any.

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/kinesis/kinesis.h"

namespace leat::kinesis {
namespace {

constexpr const char* kKind = "kinesis-retention";
constexpr Duration kPause = std::chrono::hours(1);

void trim(Kinesis& kinesis, const std::string& payload) {
  std::string_view rest = payload;
  const std::string account = kv::take_text(rest), region = kv::take_text(rest), name = kv::take_text(rest);
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = kinesis.find_or_null(account, region, name);
  // A stream of the same name that was created later has a timer of its own.
  if (!stream || stream->summary.stream_id != kv::take_text(rest)) return;
  const TimePoint horizon = kinesis.horizon(*stream);
  kv::Batch batch;
  for (const StreamShard& shard : stream->shards) {
    shardlog::Log log = kinesis.log(shard);
    const auto closed = log.closed_at();
    if (closed && *closed < horizon) {
      batch.erase(shard_row(account, region, name, shard.number));
      batch.erase(kv::prefix_range(shard.log));
    } else {
      log.trim(horizon);
    }
  }
  kinesis.parts().schedule.add(batch, kKind, kinesis.now() + kPause, payload);
  (void)kinesis.store().commit(batch);
  kinesis.changed(account, region, name);
}

}  // namespace

void keep_retention(Kinesis& kinesis) {
  kinesis.parts().schedule.handle(kKind, [&kinesis](const std::string& payload) { trim(kinesis, payload); });
}

void stage_retention(kv::Batch& batch, Kinesis& kinesis, const aws::Caller& caller,
                     const StreamDescriptionSummary& summary) {
  kinesis.parts().schedule.add(batch, kKind, kinesis.now() + std::chrono::hours(24),
                               kv::make_key(caller.account, caller.region, summary.stream_name, *summary.stream_id));
}

void retention_staged(Kinesis& kinesis) { kinesis.parts().schedule.armed(kKind); }

}  // namespace leat::kinesis
