#pragma once
// The Kinesis streaming destination of a table: each change is a record of a data stream too, in the same commit.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html

#include <memory>
#include <string>
#include <string_view>

#include "engine/kv/store.h"
#include "service/dynamodb/stream/stream.h"

namespace leat::dynamodb {

// The data streams, as DynamoDB needs them.
class ChangeCopies {
 public:
  virtual ~ChangeCopies() = default;

  virtual bool exists(std::string_view stream_arn) const = 0;

  // While what it returns lives, no shard is split or merged: from before the first stage() until after the commit.
  virtual std::shared_ptr<void> hold() = 0;

  // Adds a record to the commit; nothing where the stream is gone.
  virtual void stage(kv::Batch& batch, std::string_view stream_arn, std::string_view partition_key,
                     std::string_view data) = 0;
};

// The record of a change, as JSON, for one destination.
struct CopiedChange {
  const Table& table;
  const ItemChange& change;
  TimePoint now;
  bool microseconds;
};
std::string copied_change(const CopiedChange& copied, std::string_view event_id);

}  // namespace leat::dynamodb
