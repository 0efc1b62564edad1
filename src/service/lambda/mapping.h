#pragma once
// Event source mappings at work: each shard is read in order, a batch at a time, into its function; a queue's messages
// are received in batches, several at once (queue_reader.h).
//
// A shard's reader (shard_reader.h) sleeps until its log grows. A batch that fails is tried again, and blocks its
// shard, until it succeeds or the mapping's limits give it up.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/kv/store.h"
#include "runtime/loop.h"
#include "runtime/timers.h"
#include "service/lambda/function.h"
#include "service/lambda/invoker.h"
#include "service/lambda/ports.h"
#include "service/lambda/record_filter.h"

namespace leat::lambda {

class QueueReader;
class ShardReader;

struct MappingId {
  std::string account, region, uuid;
};

// What a running mapping needs to know of itself.
struct MappingSettings {
  MappingId id;
  std::string source_arn;
  std::string function_arn;  // with its qualifier, where it has one
  std::size_t batch_size;
  std::size_t parallelization_factor = 1;
  Duration batching_window{0};
  Duration tumbling_window{0};      // 0: none
  Duration maximum_record_age{-1};  // negative: for ever
  int maximum_retry_attempts = -1;  // negative: for ever
  bool bisect_batch = false;
  bool reports_failures = false;        // ReportBatchItemFailures
  std::size_t maximum_concurrency = 0;  // of a queue; 0: as many as the machine takes
  std::string on_failure;               // the ARN of a destination, or empty
  RecordFilter filters = {};
};

struct MappingParts {
  runtime::Loop& loop;
  runtime::Loop& reading;  // for what takes its time
  runtime::Timers& timers;
  kv::Store& store;
  const Clock& clock;
  Random& random;
  Invoker& invoker;
  Destinations& destinations;
  RoleCredentials& roles;
  MetricSink& metrics;
  // The function as it is now, or null.
  std::function<FunctionPtr(const std::string& arn)> find_function;
};

// What a role lacks to read from a source, in AWS's words; empty where it lacks nothing.
std::string missing_right(RoleCredentials& roles, const RecordSource& source, std::string_view role_arn,
                          std::string_view source_arn);
std::string missing_right(RoleCredentials& roles, const QueueSource& source, std::string_view role_arn,
                          std::string_view source_arn);

class Mappings {
 public:
  explicit Mappings(MappingParts parts) : parts_(std::move(parts)) {}
  ~Mappings();

  // Runs a mapping in place of the one with the same UUID.
  void start(const MappingSettings& settings, RecordSource& source);
  void start(const MappingSettings& settings, QueueSource& source);

  // Returns at once; a batch under way is finished, but its checkpoint no longer moves.
  void stop(const std::string& uuid);

  void stop_all();

  // "No records processed", "OK" or "PROBLEM: Function call failed".
  std::string last_result(const std::string& uuid) const;

 private:
  struct Running {
    std::map<std::string, std::shared_ptr<ShardReader>> readers;  // by shard
    std::shared_ptr<QueueReader> queue_reader;
    std::shared_ptr<std::string> last_result;
    std::uint64_t run = 0;  // which start() it is of
  };

  static void stop(Running& running);
  std::uint64_t begin(const std::string& uuid);
  void read_ready_shards(const MappingSettings& settings, RecordSource& source);
  bool is_finished(const MappingId& id, const std::string& shard) const;
  // False where the mapping was stopped or started anew meanwhile.
  bool drop_reader(const std::string& uuid, const std::string& shard, std::uint64_t run);

  MappingParts parts_;
  std::uint64_t runs_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Running> running_;
};

}  // namespace leat::lambda
