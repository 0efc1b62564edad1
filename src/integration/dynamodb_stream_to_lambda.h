#pragma once
// DynamoDB streams as sources of event source mappings.

#include "service/dynamodb/stream/streams.h"
#include "service/lambda/ports.h"

namespace leat::integration {

class DynamoDbStreamSource final : public lambda::RecordSource {
 public:
  explicit DynamoDbStreamSource(dynamodbstreams::Streams& streams) : streams_(streams) {}

  bool owns(std::string_view source_arn) const override;
  aws::Result<std::vector<lambda::SourceShard>> shards(std::string_view source_arn) override;
  std::uint64_t start(std::string_view source_arn, const lambda::SourceShard& shard, const Start& from) override;
  lambda::SourceBatch read(std::string_view source_arn, const lambda::SourceShard& shard, std::uint64_t from,
                           const Limits& limits) override;
  std::shared_ptr<void> subscribe(std::string_view source_arn, const lambda::SourceShard& shard,
                                  std::function<void()> changed) override;
  std::vector<std::string_view> actions() const override {
    return {"dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"};
  }
  std::string_view batch_info_name() const override { return "DDBStreamBatchInfo"; }

 private:
  dynamodbstreams::Streams& streams_;
};

}  // namespace leat::integration
