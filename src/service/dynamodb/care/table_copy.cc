#include "service/dynamodb/care/table_copy.h"

#include <set>

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/dynamodb/care/history.h"

namespace leat::dynamodb {
namespace {

constexpr const char* kKind = "dynamodb-copy";
constexpr std::size_t kStep = 100;  // items

enum class Phase : char { kCopy = 'c', kUndo = 'u' };

// A copy and how far it is.
//   text of each name, u64(first undone) phase(1 byte) u64(next to undo) text(row to go on from)
struct Progress {
  TableCopy copy;
  Phase phase = Phase::kCopy;
  kv::LogPosition next_undone = 0;
  std::string from;

  static Progress parse(std::string_view payload) {
    Progress out;
    for (std::string* part : {&out.copy.account, &out.copy.region, &out.copy.source_table, &out.copy.source_id,
                              &out.copy.backup, &out.copy.target_table, &out.copy.target_id})
      *part = kv::take_text(payload);
    out.copy.first_undone = kv::read_u64(payload);
    out.phase = static_cast<Phase>(payload[8]);
    out.next_undone = kv::read_u64(payload.substr(9));
    payload.remove_prefix(17);
    out.from = kv::take_text(payload);
    return out;
  }
  std::string payload() const {
    std::string out = kv::make_key(copy.account, copy.region, copy.source_table, copy.source_id, copy.backup,
                                   copy.target_table, copy.target_id);
    kv::append_u64(out, copy.first_undone);
    out.push_back(static_cast<char>(phase));
    kv::append_u64(out, next_undone);
    return out + kv::make_key(from);
  }
  aws::Caller caller() const {
    aws::Caller out;
    out.account = copy.account;
    out.region = copy.region;
    return out;
  }
};

std::string job_row(const TableCopy& copy) {
  return jobs_prefix(copy.account, copy.region, copy.source_id) +
         kv::make_key(copy.target_id.empty() ? copy.backup : copy.target_id);
}

// An item's place, and its stored form; empty where the item is to go.
using Change = std::pair<std::string, std::string>;

class Copier {
 public:
  Copier(DynamoDb& db, Progress progress) : db_(db), progress_(std::move(progress)) {
    const TableCopy& copy = progress_.copy;
    if (!copy.target_table.empty()) target_ = find(copy.target_table, copy.target_id);
    if (!copy.source_table.empty()) source_ = find(copy.source_table, copy.source_id);
  }

  void step() {
    const TableCopy& copy = progress_.copy;
    const bool lost_target = !copy.target_table.empty() && !target_;
    const bool lost_source = !copy.source_table.empty() && !source_;
    if (lost_target || lost_source) return end_job();
    const bool done = progress_.phase == Phase::kCopy ? copy_some() : undo_some();
    if (!done) return go_on();
    if (progress_.phase == Phase::kCopy && source_) {
      progress_.phase = Phase::kUndo;
      progress_.next_undone = shardlog::Log(db_.store(), history_log(*source_)).committed_end() - 1;
      return go_on();
    }
    finish();
  }

 private:
  TablePtr find(const std::string& name, const std::string& id) {
    TablePtr table = db_.tables().find_or_null(progress_.caller(), name);
    return table && table->id() == id ? table : nullptr;
  }

  std::string source_prefix() const {
    const TableCopy& copy = progress_.copy;
    return source_ ? source_->key.prefix : backup_items_prefix(copy.account, copy.region, copy.backup);
  }

  // True where nothing is left.
  bool copy_some() {
    kv::Range rest = kv::prefix_range(source_prefix());
    const std::size_t prefix = rest.begin.size();
    rest.begin = std::max(rest.begin, progress_.from);
    std::vector<Change> changes;
    const auto cursor = db_.store().scan(rest, kv::Direction::kForward);
    for (; cursor->valid() && changes.size() < kStep; cursor->next())
      changes.emplace_back(cursor->key().substr(prefix), cursor->value());
    if (!changes.empty()) progress_.from = source_prefix() + changes.back().first + '\0';
    apply(changes);
    return changes.size() < kStep;
  }

  bool undo_some() {
    const std::string log = history_log(*source_);
    std::vector<Change> changes;
    std::set<std::string> seen;
    while (progress_.next_undone >= progress_.copy.first_undone && progress_.next_undone > 0 &&
           changes.size() < kStep) {
      auto record = history_record(db_.store(), log, progress_.next_undone);
      // Two changes of one item are two steps: a commit holds an item once.
      if (record && !seen.insert(record->place).second) break;
      --progress_.next_undone;
      if (record) changes.emplace_back(std::move(record->place), std::move(record->old_image));
    }
    apply(changes);
    return progress_.next_undone < progress_.copy.first_undone || progress_.next_undone == 0;
  }

  void apply(const std::vector<Change>& changes) {
    if (changes.empty()) return;
    if (target_) return write_items(changes);
    const TableCopy& copy = progress_.copy;
    const std::string prefix = backup_items_prefix(copy.account, copy.region, copy.backup);
    kv::Batch batch;
    for (const auto& [place, stored] : changes) {
      if (stored.empty())
        batch.erase(prefix + place);
      else
        batch.put(prefix + place, stored);
    }
    (void)db_.store().commit(batch);
  }

  void write_items(const std::vector<Change>& changes) {
    std::vector<ItemWrite> writes;
    for (const auto& [place, stored] : changes) {
      PrimaryKey key;
      key.row = target_->key.prefix + place;
      std::optional<std::string> bytes;
      if (!stored.empty()) bytes = stored;
      const StoredItem item = bytes ? StoredItem(bytes) : db_.read(key);
      if (!item.exists()) continue;
      key = *key_from_item(target_->key, item.item());
      writes.push_back(
          {target_, std::move(key),
           [bytes](const StoredItem&) -> aws::Result<StoredItem> { return bytes ? StoredItem(bytes) : StoredItem(); },
           false, false});
    }
    (void)db_.write(writes);
  }

  void go_on() {
    kv::Batch batch;
    db_.schedule().add(batch, kKind, db_.clock().now(), progress_.payload());
    (void)db_.store().commit(batch);
  }

  void finish() {
    const TableCopy& copy = progress_.copy;
    std::unique_lock lock(db_.definitions());
    kv::Batch batch;
    if (target_) {
      TableDescription description = target_->description;
      description.table_status = "ACTIVE";
      description.restore_summary->restore_in_progress = false;
      db_.tables().stage(batch, progress_.caller(), description);
    } else if (const auto row = db_.store().get(backup_row(copy.account, copy.region, copy.backup)); row.value) {
      auto backup = aws::from_json<BackupDescription>(*row.value);
      backup.backup_details->backup_status = "AVAILABLE";
      batch.put(backup_row(copy.account, copy.region, copy.backup), aws::to_json(backup));
    }
    (void)db_.store().commit(batch);
    if (target_) db_.tables().published(progress_.caller(), copy.target_table);
    lock.unlock();
    end_job();
  }

  // The source's history goes where nothing else needs it.
  void end_job() {
    const TableCopy& copy = progress_.copy;
    if (copy.source_table.empty()) return;
    std::unique_lock lock(db_.definitions());
    kv::Batch batch;
    batch.erase(job_row(copy));
    (void)db_.store().commit(batch);
    if (!source_) return;
    if (!is_being_copied(db_, *source_) && !recovery_of(db_.store(), *source_)) {
      kv::Batch history;
      history.erase(kv::prefix_range(history_log(*source_)));
      (void)db_.store().commit(history);
    }
    db_.tables().published(progress_.caller(), copy.source_table);
  }

  DynamoDb& db_;
  Progress progress_;
  TablePtr source_, target_;
};

}  // namespace

std::string backup_row(std::string_view account, std::string_view region, std::string_view backup) {
  return home_key(account, region, 'b') + kv::make_key(backup);
}
std::string backup_table_row(std::string_view account, std::string_view region, std::string_view backup) {
  return home_key(account, region, 'D') + kv::make_key(backup);
}
std::string backup_items_prefix(std::string_view account, std::string_view region, std::string_view backup) {
  return home_key(account, region, 'B') + kv::make_key(backup);
}

void stage_copy(kv::Batch& batch, DynamoDb& db, const TableCopy& copy) {
  if (!copy.source_table.empty()) batch.put(job_row(copy), "");
  db.schedule().add(batch, kKind, db.clock().now(), Progress{copy, Phase::kCopy, 0, ""}.payload());
}

void copies_staged(DynamoDb& db) { db.schedule().armed(kKind); }

void keep_copying(DynamoDb& db) {
  db.schedule().handle(kKind, [&db](const std::string& payload) { Copier(db, Progress::parse(payload)).step(); });
}

bool is_being_copied(const DynamoDb& db, const Table& table) {
  return db.store()
      .scan(kv::prefix_range(jobs_prefix(table.account, table.region, table.id())), kv::Direction::kForward)
      ->valid();
}

}  // namespace leat::dynamodb
