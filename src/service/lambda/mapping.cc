#include "service/lambda/mapping.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <set>

#include "engine/kv/key.h"
#include "service/lambda/queue_reader.h"
#include "service/lambda/shard_reader.h"

namespace leat::lambda {

std::string missing_right(RoleCredentials& roles, const RecordSource& source, std::string_view role_arn,
                          std::string_view source_arn) {
  // What a consumer reads is its stream's.
  const std::string_view stream = source_arn.substr(0, source_arn.find("/consumer/"));
  for (const std::string_view action : source.actions()) {
    if (!roles.allows(role_arn, action, stream)) {
      return fmt::format(
          "Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, "
          "DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.",
          source_arn);
    }
  }
  return {};
}

std::string missing_right(RoleCredentials& roles, const QueueSource&, std::string_view role_arn,
                          std::string_view source_arn) {
  for (const char* action : {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) {
    if (!roles.allows(role_arn, fmt::format("sqs:{}", action), source_arn))
      return fmt::format("The provided execution role does not have permissions to call {} on SQS", action);
  }
  return {};
}

Mappings::~Mappings() { stop_all(); }

void Mappings::stop_all() {
  decltype(running_) running;
  {
    std::lock_guard lock(mutex_);
    running.swap(running_);
  }
  for (auto& [uuid, each] : running) stop(each);
}

void Mappings::stop(Running& running) {
  for (auto& [shard, reader] : running.readers) reader->stop();
  if (running.queue_reader) running.queue_reader->stop();
}

std::uint64_t Mappings::begin(const std::string& uuid) {
  stop(uuid);
  std::lock_guard lock(mutex_);
  Running& running = running_[uuid];
  running.last_result = std::make_shared<std::string>("No records processed");
  return running.run = ++runs_;
}

void Mappings::start(const MappingSettings& settings, RecordSource& source) {
  begin(settings.id.uuid);
  read_ready_shards(settings, source);
}

void Mappings::start(const MappingSettings& settings, QueueSource& source) {
  const std::uint64_t run = begin(settings.id.uuid);
  auto reader = std::make_shared<QueueReader>(parts_, settings, source);
  {
    std::lock_guard lock(mutex_);
    const auto running = running_.find(settings.id.uuid);
    if (running == running_.end() || running->second.run != run) return;
    running->second.queue_reader = reader;
  }
  reader->start();
}

// A shard's turn comes when its parent is finished, or gone. What runs already, and what is finished, is left alone.
void Mappings::read_ready_shards(const MappingSettings& settings, RecordSource& source) {
  const auto shards = source.shards(settings.source_arn);
  if (!shards) {
    spdlog::warn("mapping {}: {}", settings.id.uuid, shards.error().message);
    return;
  }
  std::set<std::string> unfinished;
  for (const auto& shard : *shards) {
    if (!is_finished(settings.id, shard.name())) unfinished.insert(shard.id);
  }
  std::vector<std::shared_ptr<ShardReader>> started;
  {
    std::lock_guard lock(mutex_);
    const auto running = running_.find(settings.id.uuid);
    if (running == running_.end()) return;
    for (const auto& shard : *shards) {
      const bool waits = unfinished.contains(shard.parent) || unfinished.contains(shard.adjacent_parent);
      if (!unfinished.contains(shard.id) || waits) continue;
      auto& reader = running->second.readers[shard.id];
      if (reader) continue;
      const auto processed = [this, last_result = running->second.last_result](const std::string& result) {
        std::lock_guard guard(mutex_);
        *last_result = result;
      };
      const auto finished = [this, settings, &source, shard = shard.id, run = running->second.run] {
        if (drop_reader(settings.id.uuid, shard, run)) read_ready_shards(settings, source);
      };
      reader =
          std::make_shared<ShardReader>(parts_, settings, source, shard, ShardReader::Callbacks{processed, finished});
      started.push_back(reader);
    }
  }
  for (auto& reader : started) reader->start();
}

bool Mappings::is_finished(const MappingId& id, const std::string& shard) const {
  const auto saved = parts_.store.get(checkpoint_row(id.account, id.region, id.uuid, shard));
  return saved.value && kv::read_u64(*saved.value) == ShardReader::kFinished;
}

bool Mappings::drop_reader(const std::string& uuid, const std::string& shard, std::uint64_t run) {
  std::shared_ptr<ShardReader> dropped;  // ends outside the lock
  std::lock_guard lock(mutex_);
  const auto running = running_.find(uuid);
  if (running == running_.end() || running->second.run != run) return false;
  const auto reader = running->second.readers.find(shard);
  if (reader == running->second.readers.end()) return false;
  dropped = std::move(reader->second);
  running->second.readers.erase(reader);
  return true;
}

void Mappings::stop(const std::string& uuid) {
  decltype(running_)::node_type found;
  {
    std::lock_guard lock(mutex_);
    found = running_.extract(uuid);
  }
  if (found) stop(found.mapped());
}

std::string Mappings::last_result(const std::string& uuid) const {
  std::lock_guard lock(mutex_);
  const auto found = running_.find(uuid);
  return found == running_.end() ? "No records processed" : *found->second.last_result;
}

}  // namespace leat::lambda
