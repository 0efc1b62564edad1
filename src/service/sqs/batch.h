#pragma once
// The batch forms: what makes a batch as a whole impossible, and what one entry was refused with.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/error.h"
#include "aws/sqs/types.h"

namespace leat::sqs {

inline constexpr std::size_t kMaxBatch = 10;

template <class Entry>
aws::Result<void> check_batch(const std::vector<Entry>& entries, std::string_view entry_name) {
  constexpr std::size_t kMaxIdLength = 80;
  if (entries.empty())
    return aws::fail(errors::kEmptyBatchRequest,
                     fmt::format("There should be at least one {} in the request.", entry_name));
  if (entries.size() > kMaxBatch)
    return aws::fail(errors::kTooManyEntriesInBatchRequest,
                     fmt::format("Maximum number of entries per request are 10. You have sent {}.", entries.size()));
  std::set<std::string_view> ids;
  for (const Entry& entry : entries) {
    const bool good =
        !entry.id.empty() && entry.id.size() <= kMaxIdLength &&
        std::all_of(entry.id.begin(), entry.id.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        });
    if (!good) {
      return aws::fail(
          errors::kInvalidBatchEntryId,
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "
          "most 80 letters long.");
    }
    if (!ids.insert(entry.id).second)
      return aws::fail(errors::kBatchEntryIdsNotDistinct, fmt::format("Id {} repeated.", entry.id));
  }
  return {};
}

inline BatchResultErrorEntry refused(const std::string& id, const aws::Error& error) {
  BatchResultErrorEntry out;
  out.id = id;
  out.sender_fault = error.type->sender_fault;
  out.code = error.type->query_code;
  out.message = error.message;
  return out;
}

}  // namespace leat::sqs
