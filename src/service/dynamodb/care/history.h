#pragma once
// What items were before each change: kept for point-in-time recovery, and while a table is being copied.
//
//   log     home 'h' text(table id), a shardlog of: length place old image      an absent image is empty
//   point   home 'p' text(name)                 PointInTimeRecoveryDescription, JSON, where recovery is enabled
//   job     home 'j' text(table id) text(id)    empty; stands while a copy of the table is made

#include <optional>
#include <string>
#include <string_view>

#include "engine/shardlog/shardlog.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

std::string history_log(const Table& table);
std::string recovery_row(std::string_view account, std::string_view region, std::string_view name);
std::string jobs_prefix(std::string_view account, std::string_view region, std::string_view table_id);

// Adds what the item was to the commit that changes it.
void stage_history(kv::Batch& batch, const Table& table, std::string_view place, std::string_view old_image,
                   TimePoint now);

struct HistoryRecord {
  std::string place;
  std::string old_image;  // empty where there was no item
};
std::optional<HistoryRecord> history_record(const kv::Store& store, const std::string& log, kv::LogPosition position);

std::optional<PointInTimeRecoveryDescription> recovery_of(const kv::Store& store, const Table& table);

// Registers who trims histories to their recovery period.
void keep_history(DynamoDb& db);

// Adds the first trimming to the commit that enables recovery. history_staged() must follow the commit.
void stage_history_trimming(kv::Batch& batch, DynamoDb& db, const Table& table);
void history_staged(DynamoDb& db);

}  // namespace leat::dynamodb
