#pragma once
// Data streams as sources of event source mappings: of the stream itself, or of one of its consumers.

#include "service/kinesis/kinesis.h"
#include "service/lambda/ports.h"

namespace leat::integration {

class KinesisSource final : public lambda::RecordSource {
 public:
  explicit KinesisSource(kinesis::Kinesis& kinesis) : kinesis_(kinesis) {}

  bool owns(std::string_view source_arn) const override;
  aws::Result<std::vector<lambda::SourceShard>> shards(std::string_view source_arn) override;
  std::uint64_t start(std::string_view source_arn, const lambda::SourceShard& shard, const Start& from) override;
  lambda::SourceBatch read(std::string_view source_arn, const lambda::SourceShard& shard, std::uint64_t from,
                           const Limits& limits) override;
  std::shared_ptr<void> subscribe(std::string_view source_arn, const lambda::SourceShard& shard,
                                  std::function<void()> changed) override;
  std::vector<std::string_view> actions() const override {
    return {"kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream"};
  }
  std::string_view batch_info_name() const override { return "KinesisBatchInfo"; }
  bool starts_at_timestamps() const override { return true; }

 private:
  kinesis::Kinesis& kinesis_;
};

}  // namespace leat::integration
