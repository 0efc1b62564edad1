#include "integration/dynamodb_to_kinesis.h"

#include <shared_mutex>

namespace leat::integration {

std::shared_ptr<void> KinesisCopies::hold() {
  return std::make_shared<std::shared_lock<DefinitionLock>>(kinesis_.definitions());
}

void KinesisCopies::stage(kv::Batch& batch, std::string_view stream_arn, std::string_view partition_key,
                          std::string_view data) {
  const auto stream = kinesis_.find_or_null(stream_arn);
  if (!stream) return;
  const auto& shard = stream->shard_of(kinesis::hash_of(std::string(partition_key)));
  shardlog::Log::append(batch, shard.log, kinesis_.now(), kinesis::encode_record(partition_key, data));
}

}  // namespace leat::integration
