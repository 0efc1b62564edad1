#pragma once
// The Lambda service: what its operations share.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "aws/service.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/kv/store.h"
#include "runtime/loop.h"
#include "service/lambda/code_store.h"
#include "service/lambda/event_queue.h"
#include "service/lambda/function.h"
#include "service/lambda/hot_reload.h"
#include "service/lambda/invoker.h"
#include "service/lambda/mapping.h"
#include "service/lambda/package_links.h"
#include "service/lambda/ports.h"
#include "service/lambda/runtimes.h"

namespace leat::lambda {

struct LambdaParts {
  kv::Store& store;
  const Clock& clock;
  Random& random;
  runtime::Loop& loop;
  runtime::Loop& reading;
  runtime::Loop& workshop;  // for requests that take their time
  runtime::Timers& timers;
  Runtimes& runtimes;
  CodeStore& code;
  const PackageLinks& links;
  Invoker& invoker;
  RoleCredentials& roles;
  MetricSink& metrics;
  std::vector<RecordSource*> streams;
  QueueSource& queues;
  Destinations& destinations;
  std::string endpoint_url;
  const HotFolders& hot_folders;
};

class Lambda final : public aws::Service {
 public:
  explicit Lambda(LambdaParts parts);

  LambdaParts& parts() { return parts_; }
  Mappings& mappings() { return mappings_; }
  EventQueue& events() { return events_; }
  std::mutex& definition_mutex() { return definition_mutex_; }

  // Mappings that were enabled when the server went down go on.
  void start() override;
  void halt() override;
  void forget() override;
  std::string resource_policy(std::string_view arn) override;
  aws::Map<std::string> resource_tags(std::string_view arn) override;
  std::vector<std::string> resources(const aws::Authorization& asked, std::string_view pattern) const override;

  // What is on a function as a whole, and takes no qualifier behind its name: $LATEST of it. ResourceNotFoundException
  // where there is none.
  aws::Result<FunctionPtr> find(const aws::Caller& caller, std::string_view reference);

  // The function itself, whatever the qualifier behind its name or beside it says, and that.
  struct Whole {
    FunctionPtr function;
    std::string qualifier;
  };
  aws::Result<Whole> find_whole(const aws::Caller& caller, std::string_view reference,
                                const std::optional<std::string>& qualifier);

  // What changes $LATEST, and takes that qualifier alone.
  aws::Result<FunctionPtr> find_latest(const aws::Caller& caller, std::string_view reference);

  // What a reference with its qualifier, or the one beside it, stands for: an alias chooses among its versions.
  struct Target {
    FunctionPtr function;
    std::string arn;        // as it was asked for: with the alias, where it was one
    std::string qualifier;  // likewise, empty where there was none
  };
  aws::Result<Target> resolve(const aws::Caller& caller, std::string_view reference,
                              const std::optional<std::string>& qualifier);
  // The same where an alias is called one when it is not there.
  aws::Result<Target> resolve_alias(const aws::Caller& caller, std::string_view reference,
                                    const std::optional<std::string>& qualifier);
  FunctionPtr resolve_or_null(std::string_view arn);

  std::optional<AliasConfiguration> alias(const aws::Caller& caller, std::string_view name,
                                          std::string_view alias) const;

  FunctionPtr find_or_null(std::string_view account, std::string_view region, const std::string& name,
                           std::string_view version = kLatest);

  // New $LATESTs and versions, in one commit with what the batch holds already.
  void save(const aws::Caller& caller, const std::vector<FunctionConfiguration>& configurations, kv::Batch batch = {});
  // $LATEST or a version gets a new revision, in one commit with what the batch holds already.
  void revise(const aws::Caller& caller, FunctionConfiguration configuration, kv::Batch batch = {});
  void erase(const aws::Caller& caller, const std::string& name);
  void erase_version(const aws::Caller& caller, const std::string& name, std::uint64_t version);

  // What is kept beside the function has changed: it is read again.
  void reload(const aws::Caller& caller, const std::string& name);

  // The source that an ARN belongs to, or null.
  RecordSource* stream_of(std::string_view arn) const;
  QueueSource* queue_of(std::string_view arn) const;

  // Runs it where it is enabled, stops it where not.
  void apply(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping);

 private:
  void resume_mapping(std::string_view key, std::string_view where);
  aws::Result<FunctionPtr> find_named(const aws::Caller& caller, const std::string& name);

  LambdaParts parts_;
  Mappings mappings_;
  EventQueue events_;
  std::mutex definition_mutex_;
  std::shared_mutex cache_mutex_;
  std::map<std::string, FunctionPtr> cache_;  // by row, versions too
};

}  // namespace leat::lambda
