#pragma once
// The Lambda service: what its operations share.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "engine/kv/store.h"
#include "runtime/loop.h"
#include "service/lambda/code_store.h"
#include "service/lambda/function.h"
#include "service/lambda/invoker.h"
#include "service/lambda/mapping.h"
#include "service/lambda/ports.h"
#include "service/lambda/runtimes.h"

namespace leat::lambda {

struct LambdaParts {
  kv::Store& store;
  const Clock& clock;
  Random& random;
  runtime::Loop& loop;
  runtime::Timers& timers;
  Runtimes& runtimes;
  CodeStore& code;
  Invoker& invoker;
  RoleCredentials& roles;
  std::vector<RecordSource*> streams;
  QueueSource& queues;
  Destinations& destinations;
  std::string endpoint_url;
};

class Lambda {
 public:
  explicit Lambda(LambdaParts parts);

  LambdaParts& parts() { return parts_; }
  Mappings& mappings() { return mappings_; }
  std::mutex& definition_mutex() { return definition_mutex_; }

  // Starts the mappings that were enabled when the server went down.
  void resume();

  // Ends every mapping and worker, before the store is emptied.
  void forget();

  // ResourceNotFoundException where there is none. `reference` is a name, a partial ARN or an ARN.
  aws::Result<FunctionPtr> find(const aws::Caller& caller, std::string_view reference);
  FunctionPtr find_or_null(std::string_view account, std::string_view region, const std::string& name);
  FunctionPtr find_or_null(std::string_view arn);

  void save(const aws::Caller& caller, const FunctionConfiguration& configuration);
  void erase(const aws::Caller& caller, const std::string& name);

  // The source that an ARN belongs to, or null.
  RecordSource* stream_of(std::string_view arn) const;
  QueueSource* queue_of(std::string_view arn) const;

  // Runs it where it is enabled, stops it where not.
  void apply(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping);

 private:
  LambdaParts parts_;
  Mappings mappings_;
  std::mutex definition_mutex_;
  std::shared_mutex cache_mutex_;
  std::map<std::string, FunctionPtr> cache_;  // by row
};

}  // namespace leat::lambda
