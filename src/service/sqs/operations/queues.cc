#include <fmt/format.h>

#include <algorithm>

#include "aws/sqs/operations.h"
#include "base/encoding.h"
#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

constexpr std::size_t kMaxNameLength = 80;
constexpr std::int32_t kMaxPage = 1000;
constexpr Duration kPauseAfterDelete = std::chrono::seconds(60);

bool is_name(std::string_view name) {
  if (name.ends_with(".fifo")) name.remove_suffix(5);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

aws::Result<void> check_name(const std::string& name, bool fifo) {
  if (name.size() > kMaxNameLength || !is_name(name))
    return aws::fail(errors::kInvalidParameterValue,
                     "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  if (name.ends_with(".fifo") == fifo) return {};
  if (fifo)
    return aws::fail(errors::kInvalidParameterValue,
                     "The name of a FIFO queue can only include alphanumeric characters, "
                     "hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.");
  return aws::fail(errors::kInvalidParameterValue,
                   "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

std::string seconds_text(TimePoint time) { return std::to_string(to_millis(time) / 1000); }

// A dead-letter queue that is there, of the same kind, and willing.
aws::Result<void> check_redrive(Sqs& sqs, const QueueId& id, const Attributes& attributes) {
  const QueueSettings settings = settings_of(attributes);
  if (!settings.redrive) return {};
  const auto refuse = [&](std::string_view reason) {
    return aws::fail(errors::kInvalidParameterValue,
                     fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: {}",
                                 attributes.at("RedrivePolicy"), reason));
  };
  const auto target_id = parse_queue_arn(settings.redrive->dead_letter_arn);
  const bool near = target_id && target_id->account == id.account && target_id->region == id.region;
  const QueuePtr target = near ? sqs.find_or_null(*target_id) : nullptr;
  if (!target) {
    return aws::fail(errors::kInvalidParameterValue,
                     fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not "
                                 "exist.",
                                 attributes.at("RedrivePolicy")));
  }
  const auto definition = target->definition();
  if (definition->settings.fifo != settings.fifo)
    return refuse("Dead-letter queue must be same type of queue as the source.");
  if (!allows_redrive(*definition->stored.attributes, id.arn()))
    return refuse("Queue does not have permission to use this dead-letter queue.");
  return {};
}

// CreateQueue of a queue that is there succeeds where it asks for nothing else.
aws::Result<CreateQueueResult> existing(const aws::Caller& caller, const QueueId& id, const Attributes& there,
                                        const CreateQueueRequest& input) {
  for (const auto& [name, value] : input.attributes.value_or(Attributes())) {
    const auto found = there.find(name);
    if (found == there.end() ? value.empty() : found->second == value) continue;
    return aws::fail(
        errors::kQueueNameExists,
        fmt::format("A queue already exists with the same name and a different value for attribute {}", name));
  }
  CreateQueueResult output;
  output.queue_url = Sqs::url(caller, id);
  return output;
}

void add_counts(Attributes& shown, Queue& queue) {
  const MessageCounts counts = queue.counts();
  shown["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  shown["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  shown["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
}

template <class Input>
aws::Result<std::size_t> page_size(const Input& input) {
  const std::int32_t size = input.max_results.value_or(kMaxPage);
  if (size >= 1 && size <= kMaxPage) return static_cast<std::size_t>(size);
  return aws::fail(errors::kInvalidParameterValue,
                   fmt::format("Value {} for parameter MaxResults is invalid. Reason: MaxResults must be an integer "
                               "between 1 and 1000.",
                               size));
}

aws::Result<std::string> after_token(const std::optional<std::string>& token) {
  if (!token) return std::string();
  if (auto name = base64_decode(*token)) return std::move(*name);
  return aws::fail(errors::kInvalidParameterValue, "Invalid or expired next token.");
}

}  // namespace

aws::Result<CreateQueueResult> create_queue(Sqs& sqs, const aws::Caller& caller, const CreateQueueRequest& input) {
  const QueueId id{caller.account, caller.region, input.queue_name};
  const Attributes given = input.attributes.value_or(Attributes());
  const bool fifo = given.contains("FifoQueue") && given.at("FifoQueue") == "true";
  TRY_VOID(check_name(input.queue_name, fifo));
  std::lock_guard lock(sqs.definition_mutex());
  if (const QueuePtr queue = sqs.find_or_null(id))
    return existing(caller, id, *queue->definition()->stored.attributes, input);
  CreateQueueRequest made;
  made.queue_name = input.queue_name;
  made.tags = input.tags;
  auto& attributes = made.attributes.emplace(default_attributes(fifo));
  TRY_VOID(apply_attributes(attributes, given));
  TRY_VOID(check_redrive(sqs, id, attributes));
  const TimePoint now = sqs.parts().clock.now();
  if (sqs.parts().throttle && sqs.erased_at(id) + kPauseAfterDelete > now)
    return aws::fail(
        errors::kQueueDeletedRecently,
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
  attributes["CreatedTimestamp"] = attributes["LastModifiedTimestamp"] = seconds_text(now);
  sqs.save(id, made, now + settings_of(attributes).retention);
  CreateQueueResult output;
  output.queue_url = Sqs::url(caller, id);
  return output;
}

aws::Result<void> delete_queue(Sqs& sqs, const aws::Caller& caller, const DeleteQueueRequest& input) {
  std::lock_guard lock(sqs.definition_mutex());
  sqs.erase(TRY(sqs.find(caller, input.queue_url)));
  return {};
}

aws::Result<GetQueueUrlResult> get_queue_url(Sqs& sqs, const aws::Caller& caller, const GetQueueUrlRequest& input) {
  const QueueId id{input.queue_owner_aws_account_id.value_or(caller.account), caller.region, input.queue_name};
  if (!sqs.find_or_null(id)) return aws::fail(errors::kQueueDoesNotExist, "The specified queue does not exist.");
  GetQueueUrlResult output;
  output.queue_url = Sqs::url(caller, id);
  return output;
}

aws::Result<ListQueuesResult> list_queues(Sqs& sqs, const aws::Caller& caller, const ListQueuesRequest& input) {
  const std::size_t limit = TRY(page_size(input));
  const std::string after = TRY(after_token(input.next_token));
  auto found = sqs.list(caller, input.queue_name_prefix.value_or(""), after, limit + 1);
  ListQueuesResult output;
  if (found.empty()) return output;
  if (found.size() > limit) {
    found.pop_back();
    if (input.max_results) output.next_token = base64_encode(found.back().queue_name);
  }
  auto& urls = output.queue_urls.emplace();
  for (const auto& each : found) urls.push_back(Sqs::url(caller, {caller.account, caller.region, each.queue_name}));
  return output;
}

aws::Result<ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(
    Sqs& sqs, const aws::Caller& caller, const ListDeadLetterSourceQueuesRequest& input) {
  const std::size_t limit = TRY(page_size(input));
  const std::string after = TRY(after_token(input.next_token));
  const std::string arn = TRY(sqs.find(caller, input.queue_url))->id().arn();
  ListDeadLetterSourceQueuesResult output;
  for (const auto& each : sqs.list(caller, "", after, SIZE_MAX)) {
    const auto redrive = settings_of(*each.attributes).redrive;
    if (!redrive || redrive->dead_letter_arn != arn) continue;
    if (output.queue_urls.size() == limit) {
      output.next_token =
          base64_encode(std::string_view(output.queue_urls.back()).substr(output.queue_urls.back().rfind('/') + 1));
      break;
    }
    output.queue_urls.push_back(Sqs::url(caller, {caller.account, caller.region, each.queue_name}));
  }
  return output;
}

aws::Result<GetQueueAttributesResult> get_queue_attributes(Sqs& sqs, const aws::Caller& caller,
                                                           const GetQueueAttributesRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  GetQueueAttributesResult output;
  if (!input.attribute_names || input.attribute_names->empty()) return output;
  Attributes all = *queue->definition()->stored.attributes;
  all["QueueArn"] = queue->id().arn();
  add_counts(all, *queue);
  // Those that a queue may lack are left out; those that none has are refused.
  static constexpr std::string_view kOptional[] = {"Policy",
                                                   "RedrivePolicy",
                                                   "RedriveAllowPolicy",
                                                   "KmsMasterKeyId",
                                                   "KmsDataKeyReusePeriodSeconds",
                                                   "FifoQueue",
                                                   "ContentBasedDeduplication",
                                                   "DeduplicationScope",
                                                   "FifoThroughputLimit"};
  Attributes shown;
  for (const std::string& name : *input.attribute_names) {
    if (name == "All") {
      shown = all;
      break;
    }
    if (const auto found = all.find(name); found != all.end())
      shown.insert(*found);
    else if (std::find(std::begin(kOptional), std::end(kOptional), name) == std::end(kOptional))
      return aws::fail(errors::kInvalidAttributeName, fmt::format("Unknown Attribute {}.", name));
  }
  if (!shown.empty()) output.attributes = std::move(shown);
  return output;
}

aws::Result<void> set_queue_attributes(Sqs& sqs, const aws::Caller& caller, const SetQueueAttributesRequest& input) {
  std::lock_guard lock(sqs.definition_mutex());
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  CreateQueueRequest changed = queue->definition()->stored;
  const auto fifo = input.attributes.find("FifoQueue");
  if (fifo != input.attributes.end() && !queue->definition()->settings.fifo)
    return aws::fail(errors::kInvalidAttributeName, "Unknown Attribute FifoQueue.");
  TRY_VOID(apply_attributes(*changed.attributes, input.attributes));
  TRY_VOID(check_redrive(sqs, queue->id(), *changed.attributes));
  const TimePoint now = sqs.parts().clock.now();
  (*changed.attributes)["LastModifiedTimestamp"] = seconds_text(now);
  sqs.save(queue->id(), changed, now);
  return {};
}

aws::Result<void> purge_queue(Sqs& sqs, const aws::Caller& caller, const PurgeQueueRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  if (queue->purge(sqs.parts().throttle)) return {};
  return aws::fail(errors::kPurgeQueueInProgress,
                   fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue->id().name));
}

aws::Result<ListQueueTagsResult> list_queue_tags(Sqs& sqs, const aws::Caller& caller,
                                                 const ListQueueTagsRequest& input) {
  ListQueueTagsResult output;
  output.tags = TRY(sqs.find(caller, input.queue_url))->definition()->stored.tags;
  if (output.tags && output.tags->empty()) output.tags.reset();
  return output;
}

aws::Result<void> tag_queue(Sqs& sqs, const aws::Caller& caller, const TagQueueRequest& input) {
  constexpr std::size_t kMaxTags = 50;
  std::lock_guard lock(sqs.definition_mutex());
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  CreateQueueRequest changed = queue->definition()->stored;
  auto tags = changed.tags.value_or(aws::Map<std::string>());
  for (const auto& [key, value] : input.tags) tags[key] = value;
  if (tags.size() > kMaxTags)
    return aws::fail(errors::kInvalidParameterValue,
                     fmt::format("Too many tags added for queue {}.", queue->id().name));
  changed.tags = std::move(tags);
  sqs.save(queue->id(), changed, sqs.parts().clock.now());
  return {};
}

aws::Result<void> untag_queue(Sqs& sqs, const aws::Caller& caller, const UntagQueueRequest& input) {
  std::lock_guard lock(sqs.definition_mutex());
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  CreateQueueRequest changed = queue->definition()->stored;
  if (changed.tags) {
    for (const auto& key : input.tag_keys) changed.tags->erase(key);
  }
  sqs.save(queue->id(), changed, sqs.parts().clock.now());
  return {};
}

}  // namespace leat::sqs
