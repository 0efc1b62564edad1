#include "service/sqs/sqs.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "aws/sqs/operations.h"
#include "engine/kv/rows.h"

namespace leat::sqs {

std::optional<QueueId> parse_queue_arn(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "sqs") return std::nullopt;
  return QueueId{std::string(arn->account), std::string(arn->region), std::string(arn->resource)};
}

std::optional<QueueId> parse_queue_url(const aws::Caller& caller, std::string_view url) {
  const auto name = url.rfind('/');
  if (name == std::string_view::npos) return QueueId{caller.account, caller.region, std::string(url)};
  const std::string_view rest = url.substr(0, name);
  const auto account = rest.rfind('/');
  if (account == std::string_view::npos) return std::nullopt;
  return QueueId{std::string(rest.substr(account + 1)), caller.region, std::string(url.substr(name + 1))};
}

Sqs::Sqs(SqsParts parts) : Service(kModel), parts_(parts) {}

void Sqs::start() {
  keep_retention(*this);
  keep_moving(*this);
}

QueuePtr Sqs::find_or_null(const QueueId& id) {
  const std::string row = queue_row(id.account, id.region, id.name);
  {
    std::shared_lock lock(cache_mutex_);
    const auto found = queues_.find(row);
    if (found != queues_.end()) return found->second;
  }
  std::unique_lock lock(cache_mutex_);
  if (const auto found = queues_.find(row); found != queues_.end()) return found->second;
  if (id.name.empty()) return nullptr;
  auto stored = kv::read_row(parts_.store, row, &aws::from_json<CreateQueueRequest>);
  if (!stored) return nullptr;
  const QueueParts parts{parts_.store,
                         parts_.clock,
                         parts_.random,
                         parts_.timers,
                         [this](std::string_view arn) { return find_or_null(arn); },
                         observers_of(row),
                         stopping_};
  auto queue = std::make_shared<Queue>(parts, id, std::move(*stored));
  queues_[row] = queue;
  return queue;
}

// Under the cache's lock.
std::shared_ptr<QueueObservers> Sqs::observers_of(const std::string& row) {
  auto& observers = observers_[row];
  if (!observers) observers = std::make_shared<QueueObservers>();
  return observers;
}

std::shared_ptr<void> Sqs::subscribe(const QueueId& id, std::function<void()> changed) {
  std::shared_ptr<QueueObservers> observers;
  {
    std::unique_lock lock(cache_mutex_);
    observers = observers_of(queue_row(id.account, id.region, id.name));
  }
  auto subscription = observers->add(std::move(changed));
  if (const QueuePtr queue = find_or_null(id)) queue->observed();
  return subscription;
}

QueuePtr Sqs::find_or_null(std::string_view arn) {
  const auto id = parse_queue_arn(arn);
  return id ? find_or_null(*id) : nullptr;
}

aws::Result<QueuePtr> Sqs::find(const aws::Caller& caller, std::string_view queue_url) {
  const auto id = parse_queue_url(caller, queue_url);
  if (!id)
    return aws::fail(errors::kInvalidAddress,
                     fmt::format("The address {} is not valid for this endpoint.", queue_url));
  if (QueuePtr found = find_or_null(*id)) return found;
  return aws::fail(errors::kQueueDoesNotExist, "The specified queue does not exist.");
}

std::vector<CreateQueueRequest> Sqs::list(const aws::Caller& caller, std::string_view prefix, std::string_view after,
                                          std::size_t limit) const {
  std::vector<CreateQueueRequest> out;
  kv::Range range = kv::prefix_range(queue_row(caller.account, caller.region, ""));
  if (!after.empty()) range.begin = queue_row(caller.account, caller.region, after) + '\0';
  const auto cursor = parts_.store.scan(range, kv::Direction::kForward);
  for (; cursor->valid() && out.size() < limit; cursor->next()) {
    kv::sound(cursor->key(), [&] {
      auto queue = aws::from_json<CreateQueueRequest>(cursor->value());
      if (queue.queue_name.starts_with(prefix)) out.push_back(std::move(queue));
    });
  }
  return out;
}

std::vector<QueueId> Sqs::dead_letter_sources(const QueueId& id) const {
  aws::Caller owner;
  owner.account = id.account;
  owner.region = id.region;
  std::vector<QueueId> out;
  for (const auto& each : list(owner, "", "", SIZE_MAX)) {
    const auto redrive = settings_of(*each.attributes).redrive;
    if (redrive && redrive->dead_letter_arn == id.arn()) out.push_back({id.account, id.region, each.queue_name});
  }
  return out;
}

void Sqs::save(const QueueId& id, const CreateQueueRequest& definition, TimePoint look_at) {
  kv::Batch batch;
  batch.put(queue_row(id.account, id.region, id.name), aws::to_json(definition));
  stage_retention(batch, *this, id, look_at);
  (void)parts_.store.commit(batch);
  parts_.schedule.armed(kRetentionKind);
  if (const QueuePtr queue = find_or_null(id)) queue->redefine(definition);
}

void Sqs::erase(const QueuePtr& queue) {
  const QueueId& id = queue->id();
  const std::string row = queue_row(id.account, id.region, id.name);
  kv::Batch batch;
  batch.erase(row);
  batch.erase(kv::prefix_range(tasks_prefix(id)));
  {
    std::unique_lock lock(cache_mutex_);
    queue->erase(std::move(batch));
    queues_.erase(row);
  }
  if (parts_.throttle) erased_[row] = parts_.clock.now();
  queue->close();
}

TimePoint Sqs::erased_at(const QueueId& id) const {
  const auto found = erased_.find(queue_row(id.account, id.region, id.name));
  return found == erased_.end() ? TimePoint() : found->second;
}

void Sqs::forget() {
  std::map<std::string, QueuePtr> queues;
  {
    std::unique_lock lock(cache_mutex_);
    queues.swap(queues_);
  }
  for (const auto& [row, queue] : queues) queue->close();
}

void Sqs::release() {
  stopping_ = true;
  std::vector<QueuePtr> queues;
  {
    std::shared_lock lock(cache_mutex_);
    for (const auto& [row, queue] : queues_) queues.push_back(queue);
  }
  for (const auto& queue : queues) queue->release();
}

// /ACCOUNT/NAME, of a queue's URL, whatever stands before it: clients send what concerns the queue there.
bool Sqs::owns_path(std::string_view path) const {
  constexpr std::size_t kAccountSize = 12;
  const auto name = path.rfind('/');
  if (name == std::string_view::npos || name + 1 == path.size()) return false;
  const auto account = path.substr(0, name).rfind('/');
  if (account == std::string_view::npos) return false;
  const std::string_view digits = path.substr(account + 1, name - account - 1);
  return digits.size() == kAccountSize && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string Sqs::url(const aws::Caller& caller, const QueueId& id) {
  return fmt::format("{}/{}/{}", caller.endpoint, id.account, id.name);
}

}  // namespace leat::sqs
