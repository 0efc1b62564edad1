#include "service/sqs/message.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/encoding.h"
#include "engine/kv/key.h"

namespace leat::sqs {
namespace {

constexpr std::size_t kMaxAttributes = 10;
constexpr std::size_t kMaxIdLength = 128;
constexpr std::int32_t kMaxDelay = 900;  // seconds

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm, nullptr);
  return hex_encode({reinterpret_cast<const char*>(out), size});
}

void append_sized(std::string& out, std::string_view text) {
  kv::append_u32(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

template <class Values>
std::string digest_of(const Values& attributes) {
  std::string bytes;
  for (const auto& [name, value] : attributes) {
    append_sized(bytes, name);
    append_sized(bytes, value.data_type);
    const bool binary = value.data_type.starts_with("Binary");
    bytes += binary ? '\2' : '\1';
    append_sized(bytes, binary ? value.binary_value.value_or("") : value.string_value.value_or(""));
  }
  return digest(EVP_md5(), bytes);
}

std::unexpected<aws::Error> invalid(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

// The characters of XML 1.0, which is what SQS takes.
bool is_allowed(std::string_view body) {
  if (!is_valid_utf8(body)) return false;
  const auto forbidden = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  if (std::any_of(body.begin(), body.end(), forbidden)) return false;
  return body.find("\xEF\xBF\xBE") == std::string_view::npos && body.find("\xEF\xBF\xBF") == std::string_view::npos;
}

aws::Result<void> check_attributes(const MessageAttributes& attributes) {
  if (attributes.size() > kMaxAttributes)
    return invalid(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [10].", attributes.size()));
  for (const auto& [name, value] : attributes) {
    const std::string_view type = std::string_view(value.data_type).substr(0, value.data_type.find('.'));
    if (type != "String" && type != "Number" && type != "Binary") {
      return invalid(
          fmt::format("The message attribute '{}' has an invalid message attribute type, the set of supported type "
                      "prefixes is Binary, Number, and String.",
                      name));
    }
    const auto& content = type == "Binary" ? value.binary_value : value.string_value;
    if (!content || content->empty()) {
      return invalid(
          fmt::format("The message attribute '{}' must contain non-empty message attribute value for message attribute "
                      "type '{}'.",
                      name, value.data_type));
    }
  }
  return {};
}

aws::Error wrong_kind(std::string_view value, std::string_view parameter) {
  return {&errors::kInvalidParameterValue,
          fmt::format("Value {} for parameter {} is invalid. Reason: The request include parameter that is not valid "
                      "for this queue type.",
                      value, parameter)};
}

template <class Entry>
aws::Result<void> set_fifo(Draft& draft, const Entry& entry, const QueueSettings& settings) {
  if (entry.message_group_id) TRY_VOID(check_id("MessageGroupId", *entry.message_group_id));
  if (entry.message_deduplication_id) TRY_VOID(check_id("MessageDeduplicationId", *entry.message_deduplication_id));
  auto& shown = *draft.message.attributes;
  if (entry.message_group_id) shown["MessageGroupId"] = *entry.message_group_id;
  if (!settings.fifo) {
    if (entry.message_deduplication_id)
      return std::unexpected(wrong_kind(*entry.message_deduplication_id, "MessageDeduplicationId"));
    return {};
  }
  if (!entry.message_group_id)
    return aws::fail(errors::kMissingParameter, "The request must contain the parameter MessageGroupId.");
  if (entry.delay_seconds.value_or(0) > 0)
    return std::unexpected(wrong_kind(std::to_string(*entry.delay_seconds), "DelaySeconds"));
  if (!entry.message_deduplication_id && !settings.deduplicates_content) {
    return invalid(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  }
  draft.group = *entry.message_group_id;
  draft.deduplication_id =
      entry.message_deduplication_id ? *entry.message_deduplication_id : digest(EVP_sha256(), entry.message_body);
  shown["MessageDeduplicationId"] = draft.deduplication_id;
  return {};
}

bool matches(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    if (pattern == "All" || pattern == ".*" || pattern == name) return true;
    return pattern.ends_with(".*") && name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  });
}

}  // namespace

aws::Result<void> check_id(std::string_view parameter, const std::string& value) {
  const bool good = !value.empty() && value.size() <= kMaxIdLength &&
                    std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (good) return {};
  return invalid(
      fmt::format("Value {} for parameter {} is invalid. Reason: {} can only include alphanumeric and punctuation "
                  "characters. 1 to 128 in length.",
                  value, parameter, parameter));
}

std::string md5_hex(std::string_view bytes) { return digest(EVP_md5(), bytes); }

std::string md5_of_attributes(const MessageAttributes& attributes) { return digest_of(attributes); }

std::size_t size_of(const std::string& body, const std::optional<MessageAttributes>& attributes) {
  std::size_t size = body.size();
  if (!attributes) return size;
  for (const auto& [name, value] : *attributes)
    size += name.size() + value.data_type.size() + value.string_value.value_or("").size() +
            value.binary_value.value_or("").size();
  return size;
}

template <class Entry>
aws::Result<Draft> make_draft(const Entry& entry, const QueueSettings& settings, const aws::Caller& caller,
                              TimePoint now, std::string message_id) {
  if (entry.message_body.empty())
    return aws::fail(errors::kMissingParameter, "The request must contain the parameter MessageBody.");
  if (entry.message_attributes) TRY_VOID(check_attributes(*entry.message_attributes));
  if (size_of(entry.message_body, entry.message_attributes) > settings.maximum_message_size) {
    return invalid(fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
                               settings.maximum_message_size));
  }
  if (!is_allowed(entry.message_body)) {
    return aws::fail(errors::kInvalidMessageContents,
                     "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 "
                     "to #xFFFD | #x10000 to #x10FFFF");
  }
  if (entry.delay_seconds && (*entry.delay_seconds < 0 || *entry.delay_seconds > kMaxDelay)) {
    return invalid(
        fmt::format("Value {} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
                    *entry.delay_seconds));
  }
  Draft draft;
  draft.delay = entry.delay_seconds ? Duration(std::chrono::seconds(*entry.delay_seconds)) : settings.delay;
  Message& message = draft.message;
  message.message_id = std::move(message_id);
  message.body = entry.message_body;
  message.md5_of_body = md5_hex(entry.message_body);
  message.attributes =
      aws::Map<std::string>{{"SenderId", caller.principal_id}, {"SentTimestamp", std::to_string(to_millis(now))}};
  if (!caller.trace.empty()) (*message.attributes)["AWSTraceHeader"] = caller.trace;
  if (entry.message_attributes && !entry.message_attributes->empty()) {
    message.message_attributes = entry.message_attributes;
    message.md5_of_message_attributes = md5_of_attributes(*entry.message_attributes);
  }
  if (entry.message_system_attributes && !entry.message_system_attributes->empty()) {
    for (const auto& [name, value] : *entry.message_system_attributes) {
      if (name != "AWSTraceHeader") return invalid(fmt::format("Message system attribute name '{}' is invalid.", name));
      (*message.attributes)[name] = value.string_value.value_or("");
    }
    draft.md5_of_system_attributes = digest_of(*entry.message_system_attributes);
  }
  TRY_VOID(set_fifo(draft, entry, settings));
  return draft;
}

template aws::Result<Draft> make_draft(const SendMessageRequest&, const QueueSettings&, const aws::Caller&, TimePoint,
                                       std::string);
template aws::Result<Draft> make_draft(const SendMessageBatchRequestEntry&, const QueueSettings&, const aws::Caller&,
                                       TimePoint, std::string);

void keep_wanted(Message& message, const Wanted& wanted) {
  if (message.attributes) {
    std::erase_if(*message.attributes, [&](const auto& each) { return !matches(wanted.system, each.first); });
    if (message.attributes->empty()) message.attributes.reset();
  }
  if (!message.message_attributes) return;
  auto& attributes = *message.message_attributes;
  std::erase_if(attributes, [&](const auto& each) { return !matches(wanted.user, each.first); });
  if (attributes.empty()) {
    message.message_attributes.reset();
    message.md5_of_message_attributes.reset();
  } else {
    message.md5_of_message_attributes = md5_of_attributes(attributes);
  }
}

}  // namespace leat::sqs
