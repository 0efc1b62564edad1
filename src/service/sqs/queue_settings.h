#pragma once
// A queue's attributes: what may be set, in which bounds, what the queue makes of it, and what is shown.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html

#include <optional>
#include <string>

#include "aws/error.h"
#include "aws/sqs/types.h"
#include "base/clock.h"
#include "service/sqs/rows.h"

namespace leat::sqs {

using Attributes = aws::Map<std::string>;

struct RedrivePolicy {
  std::string dead_letter_arn;
  std::uint32_t max_receive_count;
};

// What a queue works by, read from its attributes once.
struct QueueSettings {
  bool fifo = false;
  Duration visibility_timeout;
  Duration delay;
  Duration retention;
  Duration receive_wait;
  std::size_t maximum_message_size;
  bool deduplicates_content = false;
  bool deduplicates_by_group = false;
  std::optional<RedrivePolicy> redrive;
};

// Attributes of a new queue that CreateQueue was not given.
Attributes default_attributes(bool fifo);

// Checks what CreateQueue or SetQueueAttributes gives and takes it over into `attributes`. An empty text removes a
// policy or a key. InvalidAttributeName or InvalidAttributeValue.
aws::Result<void> apply_attributes(Attributes& attributes, const Attributes& given);

QueueSettings settings_of(const Attributes& attributes);

// RedriveAllowPolicy: whether the queue with these attributes takes dead letters of `source_arn`.
bool allows_redrive(const Attributes& attributes, std::string_view source_arn);

}  // namespace leat::sqs
