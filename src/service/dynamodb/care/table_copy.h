#pragma once
// Copies of whole tables, made in steps while writes go on: a table into a backup, a backup into a new table, a table
// as it was into a new table.
//
// A copy of a live table reads rows as it comes to them and then takes back, newest first, every change that was made
// after the moment that the copy is of; the table keeps a history for that. Each step is a durable timer.

#include <string>

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

struct TableCopy {
  std::string account, region;
  std::string source_table, source_id;  // empty where the source is a backup
  std::string backup;                   // that is made, or that is the source
  std::string target_table, target_id;  // empty where a backup is made
  kv::LogPosition first_undone = 0;     // of the source table's history
};

// Adds the first step, and what keeps the source's history, to the commit that makes the backup or the new table. The
// source must be published() and copies_staged() called after the commit.
void stage_copy(kv::Batch& batch, DynamoDb& db, const TableCopy& copy);
void copies_staged(DynamoDb& db);

// Registers who copies, and goes on with what a restart interrupted.
void keep_copying(DynamoDb& db);

// Whether the table is being copied.
bool is_being_copied(const DynamoDb& db, const Table& table);

// Rows of backups. The id is the last part of the backup's ARN.
std::string backup_row(std::string_view account, std::string_view region, std::string_view backup);
std::string backup_table_row(std::string_view account, std::string_view region, std::string_view backup);
std::string backup_items_prefix(std::string_view account, std::string_view region, std::string_view backup);

}  // namespace leat::dynamodb
