#pragma once
// Events that are older than their group's retention are not shown, and are removed day by day.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html

#include "service/logs/logs.h"

namespace leat::logs {

// Registers who removes, and runs what came due while the server was down.
void keep_retention(Logs& logs);

// Adds the group's first removal to the commit that gives it a retention. schedule().armed(kRetentionKind) must follow.
void stage_retention(kv::Batch& batch, Logs& logs, const aws::Caller& caller, std::string_view group);
inline constexpr const char* kRetentionKind = "logs-retention";

// The time of the oldest event that the group still shows, in milliseconds.
std::int64_t oldest_shown(const Logs& logs, const LogGroup& group);

}  // namespace leat::logs
