#pragma once
// The Kinesis Data Streams service: what its operations share.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "aws/arn.h"
#include "aws/service.h"
#include "base/clock.h"
#include "base/definition_lock.h"
#include "engine/schedule/schedule.h"
#include "engine/shardlog/shardlog.h"
#include "runtime/timers.h"
#include "service/kinesis/shard_throttle.h"
#include "service/kinesis/stream.h"

namespace leat::kinesis {

class Subscriptions;

struct KinesisParts {
  kv::Store& store;
  const Clock& clock;
  schedule::Schedule& schedule;
  runtime::Timers& timers;
  bool throttle;  // the limits of shards are enforced
};

class Kinesis final : public aws::Service {
 public:
  explicit Kinesis(KinesisParts parts);
  ~Kinesis() override;

  KinesisParts& parts() { return parts_; }
  kv::Store& store() const { return parts_.store; }
  TimePoint now() const { return parts_.clock.now(); }
  ShardThrottle& throttle() { return throttle_; }

  StreamPtr find_or_null(std::string_view account, std::string_view region, const std::string& name);
  // Of a stream, or of one of its consumers, by that very ARN.
  StreamPtr find_or_null(std::string_view arn);

  // A stream of the caller's account. ResourceNotFoundException; InvalidArgumentException where neither is given.
  aws::Result<StreamPtr> find(const aws::Caller& caller, const std::optional<std::string>& name,
                              const std::optional<std::string>& arn);
  // The same of an ARN that can be a consumer's.
  aws::Result<StreamPtr> find_bearer(const aws::Caller& caller, const std::string& arn);
  // A stream of the caller's account, or another account's by its ARN, for what a stream's policy can allow.
  // https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html
  aws::Result<StreamPtr> find_shared(const aws::Caller& caller, const std::optional<std::string>& name,
                                     const std::optional<std::string>& arn);

  // A change of definitions was committed: they are read again.
  void changed(std::string_view account, std::string_view region, const std::string& name);

  // Held alone by whoever changes a stream's shards, and shared by whoever puts records.
  DefinitionLock& definitions() { return definitions_; }

  // The oldest record that is still shown.
  TimePoint horizon(const Stream& stream) const {
    return now() - std::chrono::hours(stream.summary.retention_period_hours);
  }
  shardlog::Log log(const StreamShard& shard) const { return shardlog::Log(parts_.store, shard.log); }

  // Who is pushed records of a shard.
  Subscriptions& subscriptions() { return *subscriptions_; }

  void start() override;
  void forget() override;
  void release() override;
  std::string resource_policy(std::string_view arn) override;
  aws::Map<std::string> resource_tags(std::string_view arn) override;
  aws::RequestedActions requested_actions(const aws::Authorization& asked) override;

 private:
  KinesisParts parts_;
  ShardThrottle throttle_;
  std::unique_ptr<Subscriptions> subscriptions_;
  DefinitionLock definitions_;
  std::shared_mutex cache_mutex_;
  std::map<std::string, StreamPtr> cache_;  // by row
};

// The name in arn:…:stream/NAME and in arn:…:stream/NAME/consumer/C:1; empty where it is neither.
std::string stream_name_in(std::string_view arn);
// arn:…:stream/NAME of either.
std::string_view stream_arn_in(std::string_view arn);

// Durable work: what is past its retention goes.
void keep_retention(Kinesis& kinesis);
void stage_retention(kv::Batch& batch, Kinesis& kinesis, const aws::Caller& caller,
                     const StreamDescriptionSummary& summary);
void retention_staged(Kinesis& kinesis);

}  // namespace leat::kinesis
