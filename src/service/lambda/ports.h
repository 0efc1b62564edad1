#pragma once
// What Lambda needs of others.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.h"
#include "aws/error.h"
#include "base/clock.h"

namespace leat::lambda {

// Where functions' logs go.
struct LogLine {
  TimePoint time;
  std::string text;
};
struct LogStreamName {
  std::string account, region, group, stream;
  std::string role;  // ARN of who writes
};
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogStreamName& stream, const std::vector<LogLine>& lines) = 0;
};

// Where functions' metrics go.
struct MetricOwner {
  std::string account, region, function;
  std::string resource;  // the function, or with the version or alias that was asked for: name:live
};
struct Measurement {
  std::string_view name;  // Invocations
  double value;
  std::string_view unit;  // Count, Milliseconds
};
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void add(const MetricOwner& owner, std::initializer_list<Measurement> measurements) = 0;
};

// Who vouches for a function's role.
class RoleCredentials {
 public:
  virtual ~RoleCredentials() = default;

  // InvalidParameterValueException where the role does not exist or does not trust lambda.amazonaws.com for that function.
  virtual aws::Result<void> check(std::string_view role_arn, std::string_view function_arn) = 0;

  // Temporary credentials of the role for a worker of the function. The same error where the role is gone.
  virtual aws::Result<aws::Credential> credentials(std::string_view role_arn, std::string_view function_arn) = 0;

  // Whether the role's policies allow an action (dynamodb:GetRecords) on a resource.
  virtual bool allows(std::string_view role_arn, std::string_view action, std::string_view resource_arn) = 0;
};

// A sharded log that event source mappings read: a DynamoDB stream or a Kinesis stream.
struct SourceRecord {
  std::size_t begin, size;  // of its JSON in the batch's
  std::uint64_t position;
  TimePoint time;
  std::string id;          // as batchItemFailures names it
  std::uint32_t key_hash;  // of its partition key
};
struct SourceBatch {
  std::string json;  // of all records, one after another
  std::vector<SourceRecord> records = {};
  std::uint64_t next = 0;  // where to read on
  bool ended = false;      // the shard is closed, and this was the last of it
  bool gone = false;       // another shard has its id now

  std::string_view json_of(const SourceRecord& record) const {
    return std::string_view(json).substr(record.begin, record.size);
  }
};
struct SourceShard {
  std::string id;
  std::string parent;                // empty where it has none
  std::string adjacent_parent = {};  // of a merged shard
  std::string made = {};             // tells it from one of its id that was deleted, where there can be such

  // What its checkpoint is kept by.
  const std::string& name() const { return made.empty() ? id : made; }
};
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  virtual bool owns(std::string_view source_arn) const = 0;

  // InvalidParameterValueException where there is no such stream, in AWS's words.
  virtual aws::Result<std::vector<SourceShard>> shards(std::string_view source_arn) = 0;

  struct Start {
    std::string position;  // TRIM_HORIZON, LATEST or AT_TIMESTAMP
    TimePoint time = {};
  };
  // A start as a place in a shard.
  virtual std::uint64_t start(std::string_view source_arn, const SourceShard& shard, const Start& from) = 0;
  virtual bool starts_at_timestamps() const { return false; }

  struct Limits {
    std::size_t records;
    std::size_t bytes;
    std::string role_arn = {};  // who reads; some events say so
  };
  virtual SourceBatch read(std::string_view source_arn, const SourceShard& shard, std::uint64_t from,
                           const Limits& limits) = 0;

  // Calls `changed`, from any thread, when the shard may have grown.
  virtual std::shared_ptr<void> subscribe(std::string_view source_arn, const SourceShard& shard,
                                          std::function<void()> changed) = 0;

  // What a mapping's role must be allowed on the stream.
  virtual std::vector<std::string_view> actions() const = 0;

  // What the record of a failure calls its batch: DDBStreamBatchInfo.
  virtual std::string_view batch_info_name() const = 0;
};

// A queue that event source mappings receive from.
struct QueuedMessage {
  std::string id;  // as batchItemFailures names it
  std::string receipt_handle;
  std::string json;   // as it stands in an event
  std::string trace;  // AWSTraceHeader, or empty
};
class QueueSource {
 public:
  virtual ~QueueSource() = default;

  virtual bool owns(std::string_view queue_arn) const = 0;

  struct Facts {
    bool fifo;
    Duration visibility_timeout;
  };
  // InvalidParameterValueException where there is no such queue, in AWS's words.
  virtual aws::Result<Facts> find(std::string_view queue_arn) = 0;

  // What can be received now, hidden for the queue's visibility timeout. Nothing where the queue is gone.
  virtual std::vector<QueuedMessage> receive(std::string_view queue_arn, std::size_t count) = 0;
  virtual void remove(std::string_view queue_arn, const std::vector<std::string>& receipt_handles) = 0;

  // Calls `changed`, from any thread, when messages may have become receivable; also of a queue that is made again.
  virtual std::shared_ptr<void> subscribe(std::string_view queue_arn, std::function<void()> changed) = 0;
};

// Where a record of what became of an invocation, or an event that was given up, is sent: a queue, by its ARN.
class Destinations {
 public:
  virtual ~Destinations() = default;

  // InvalidParameterValueException where nothing can be sent there.
  virtual aws::Result<void> check(std::string_view arn) = 0;

  struct Letter {
    std::string role;  // ARN of who sends: it must be allowed to
    std::string body;
    std::vector<std::pair<std::string, std::string>> attributes = {};  // of a message, texts
    std::string trace = {};                                            // AWSTraceHeader
  };
  virtual aws::Result<void> send(std::string_view arn, const Letter& letter) = 0;
};

}  // namespace leat::lambda
