#pragma once
// The SQS service: its queues, and what their operations share.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "aws/service.h"
#include "aws/sqs/types.h"
#include "engine/schedule/schedule.h"
#include "service/sqs/queue.h"

namespace leat::sqs {

struct SqsParts {
  kv::Store& store;
  const Clock& clock;
  Random& random;
  runtime::Timers& timers;
  schedule::Schedule& schedule;
  bool throttle;  // the pauses that AWS enforces after DeleteQueue and PurgeQueue
};

class Sqs final : public aws::Service {
 public:
  explicit Sqs(SqsParts parts);

  SqsParts& parts() { return parts_; }
  std::mutex& definition_mutex() { return definition_mutex_; }

  QueuePtr find_or_null(const QueueId& id);
  QueuePtr find_or_null(std::string_view arn);

  // Calls `changed`, from any thread, when messages of that queue may have become receivable, for as long as what is
  // returned lives; also of one that is made later.
  std::shared_ptr<void> subscribe(const QueueId& id, std::function<void()> changed);

  // QueueDoesNotExist; InvalidAddress where the URL is none. http://HOST/ACCOUNT/NAME, whatever the host, or a name.
  aws::Result<QueuePtr> find(const aws::Caller& caller, std::string_view queue_url);

  // Of the caller's account and region, in the order of their names, from the one after `after`.
  std::vector<CreateQueueRequest> list(const aws::Caller& caller, std::string_view prefix, std::string_view after,
                                       std::size_t limit) const;

  // Those whose dead letters that queue takes.
  std::vector<QueueId> dead_letter_sources(const QueueId& id) const;

  // Stores a definition, of a new queue too; its oldest message is looked at no later than `look_at`. Under the
  // definition mutex.
  void save(const QueueId& id, const CreateQueueRequest& definition, TimePoint look_at);
  void erase(const QueuePtr& queue);
  // When a queue of that name was deleted last, as far as this server remembers. Under the definition mutex.
  TimePoint erased_at(const QueueId& id) const;

  bool owns_path(std::string_view path) const override;
  void start() override;
  void forget() override;
  void release() override;
  std::string resource_policy(std::string_view arn) override;
  aws::Map<std::string> resource_tags(std::string_view arn) override;
  std::vector<std::string> resources(const aws::Authorization& asked, std::string_view pattern) const override;
  aws::RequestedActions requested_actions(const aws::Authorization& asked) override;

  static std::string url(const aws::Caller& caller, const QueueId& id);

 private:
  std::shared_ptr<QueueObservers> observers_of(const std::string& row);

  SqsParts parts_;
  std::atomic<bool> stopping_ = false;
  std::mutex definition_mutex_;
  std::shared_mutex cache_mutex_;
  std::map<std::string, QueuePtr> queues_;                            // by row
  std::map<std::string, std::shared_ptr<QueueObservers>> observers_;  // by row
  std::map<std::string, TimePoint> erased_;                           // by row; where pauses are enforced
};

std::optional<QueueId> parse_queue_arn(std::string_view arn);
// …/ACCOUNT/NAME, or the NAME of one of the caller's: in the region that is called.
std::optional<QueueId> parse_queue_url(const aws::Caller& caller, std::string_view url);

// Durable work that goes on by itself: messages past their retention, move tasks.
void keep_retention(Sqs& sqs);
void keep_moving(Sqs& sqs);

// Adds the next look at a queue's oldest message to a commit; the schedule is armed after it.
inline constexpr const char* kRetentionKind = "sqs-retention";
void stage_retention(kv::Batch& batch, Sqs& sqs, const QueueId& id, TimePoint time);

}  // namespace leat::sqs
