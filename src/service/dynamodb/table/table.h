#pragma once
// Tables as operations see them, and the catalogue that finds them.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "aws/caller.h"
#include "aws/dynamodb/types.h"
#include "aws/dynamodbstreams/types.h"
#include "engine/kv/store.h"
#include "service/dynamodb/table/index.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodb {

// A table's stream while it is enabled.
struct TableStream {
  std::string arn;
  std::string view_type;          // KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES
  std::vector<std::string> logs;  // of its open shards, by place
};

// Immutable: a change makes a new one.
struct Table {
  std::string account;
  std::string region;
  TableDescription description;
  KeySchema key;
  std::vector<Index> indexes;       // global ones first, in the order of the description
  bool limits_collections = false;  // it has local indexes
  std::string sums_row;
  std::optional<TableStream> stream;
  std::optional<std::string> expiry_attribute;  // of time to live, where that is on
  std::string expiry_prefix;
  bool keeps_history = false;  // history.h
  struct Copy {
    std::string stream_arn;
    bool microseconds;
  };
  std::vector<Copy> copies;  // data streams that changes go to, see change_copies.h

  const std::string& name() const { return *description.table_name; }
  const std::string& id() const { return *description.table_id; }
  aws::Caller owner() const;  // account and region alone
  // Null where there is none.
  const Index* index(std::string_view name) const;

  // True once a newer definition has taken this one's place.
  mutable std::atomic<bool> replaced = false;
};
using TablePtr = std::shared_ptr<const Table>;

class Tables {
 public:
  explicit Tables(kv::Store& store) : store_(store) {}

  // By name or by ARN. ResourceNotFoundException where there is none.
  aws::Result<TablePtr> find_any(const aws::Caller& caller, std::string_view name_or_arn);

  // The same, and one whose items may be read and written: a table that is being restored is not there yet.
  aws::Result<TablePtr> find(const aws::Caller& caller, std::string_view name_or_arn);

  // Nothing where there is none.
  TablePtr find_or_null(const aws::Caller& caller, std::string_view name);

  // Adds the table's row to a commit. published() must follow it.
  void stage(kv::Batch& batch, const aws::Caller& caller, const TableDescription& description) const;
  void stage_erase(kv::Batch& batch, const Table& table) const;

  // The newest definition of the same table, or null where it was deleted.
  TablePtr latest(const TablePtr& table);

  // Forgets what was read of that table before a commit changed it.
  void published(const aws::Caller& caller, std::string_view name);

  // Forgets all, after the store was emptied.
  void forget();

  // Names in byte order after `after`.
  std::vector<std::string> names(const aws::Caller& caller, const std::optional<std::string>& after,
                                 std::size_t limit) const;

 private:
  TablePtr load(const aws::Caller& caller, std::string_view name) const;

  kv::Store& store_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, TablePtr> cache_;
  std::uint64_t generation_ = 0;
};

std::string table_arn(const aws::Caller& caller, std::string_view name);

// ValidationException where no table can be called so.
aws::Result<void> check_table_name(std::string_view name);

// The name of one of the caller's tables, which may be given as its ARN. Any other ARN is returned as it is, and is no
// table's name.
std::string_view table_name_in(const aws::Caller& caller, std::string_view name_or_arn);

}  // namespace leat::dynamodb
