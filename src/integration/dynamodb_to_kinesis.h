#pragma once
// Data streams as destinations of tables' changes.

#include "service/dynamodb/stream/change_copies.h"
#include "service/kinesis/kinesis.h"

namespace leat::integration {

class KinesisCopies final : public dynamodb::ChangeCopies {
 public:
  explicit KinesisCopies(kinesis::Kinesis& kinesis) : kinesis_(kinesis) {}

  bool exists(std::string_view stream_arn) const override { return kinesis_.find_or_null(stream_arn) != nullptr; }
  std::shared_ptr<void> hold() override;
  void stage(kv::Batch& batch, std::string_view stream_arn, std::string_view partition_key,
             std::string_view data) override;

 private:
  kinesis::Kinesis& kinesis_;
};

}  // namespace leat::integration
