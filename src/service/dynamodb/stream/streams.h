#pragma once
// The DynamoDB Streams service: reads what DynamoDb committed.

#include <optional>
#include <string>
#include <string_view>

#include "aws/service.h"
#include "aws/dynamodbstreams/types.h"
#include "base/clock.h"
#include "engine/kv/store.h"
#include "engine/shardlog/shardlog.h"

namespace leat::dynamodbstreams {

// arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE/stream/LABEL. Views into the text.
struct StreamName {
  std::string_view account, region, table, label;
};
std::optional<StreamName> parse_stream_arn(std::string_view arn);

// One shard, ready to be read.
struct ShardReader {
  StreamDescription stream;
  Shard shard;
  shardlog::Log log;
};

class Streams final : public aws::Service {
 public:
  Streams(kv::Store& store, const Clock& clock);

  kv::Store& store() { return store_; }
  const Clock& clock() const { return clock_; }

  // ResourceNotFoundException where there is no such stream.
  aws::Result<StreamDescription> find(std::string_view stream_arn) const;
  aws::Result<ShardReader> find_shard(std::string_view stream_arn, std::string_view shard_id) const;

  // The oldest record that retention still shows.
  TimePoint horizon() const;

  aws::RequestedActions requested_actions(const aws::Authorization& asked) override;

 private:
  kv::Store& store_;
  const Clock& clock_;
};

// Where an iterator stands: opaque to clients.
struct Iterator {
  std::string stream_arn;
  std::string shard_id;
  kv::LogPosition position;
  TimePoint created;

  std::string token() const;
  static std::optional<Iterator> parse(std::string_view token);
};

}  // namespace leat::dynamodbstreams
