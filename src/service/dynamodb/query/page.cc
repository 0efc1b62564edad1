#include "service/dynamodb/query/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "engine/kv/rows.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/item/key_paths.h"
#include "service/dynamodb/value/item_codec.h"

// The order and wording of errors: dynalite's recordings (actions/query.js, actions/scan.js, validations/index.js).

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxPage = 1U << 20;  // bytes

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// The key of the item that a page ended with: the index's attributes and the table's.
Item evaluated_key(const PageRequest& request, const Item& item) {
  Item key = key_attributes(request.table->key, item);
  if (request.index) {
    for (const auto& [name, value] : key_attributes(request.index->key, item)) key.set(name, value);
  }
  return key;
}

aws::Result<std::string> start_row(const PageRequest& request) {
  const Item& given = *request.exclusive_start_key;
  const auto invalid = [](std::string_view why) {
    return refuse(fmt::format("The provided starting key is invalid{}", why));
  };
  if (auto message = first_invalid(given, request.layer)) return invalid(": " + *message);
  if (!request.index) {
    auto key = key_from_parameter(request.table->key, given);
    if (!key) return invalid(request.layer == aws::Layer::kOlder ? ": " + key.error().message : "");
    return key->row;
  }
  Item table_key;
  std::set<std::string_view> names;
  for (const KeySchema* schema : {&request.table->key, &request.index->key}) {
    for (const KeyAttribute* attribute : {&schema->partition, schema->sort ? &*schema->sort : nullptr}) {
      if (!attribute) continue;
      const AttributeValue* value = given.find(attribute->name);
      if (!value || value->type() != attribute->type) return invalid("");
      names.insert(attribute->name);
      if (schema == &request.table->key) table_key.set(attribute->name, *value);
    }
  }
  if (names.size() != given.size()) return invalid("");
  auto key = key_from_parameter(request.table->key, table_key);
  if (!key) return invalid(": " + key.error().message);
  auto row = entry_row(*request.index, StoredItem::of(given), place_in(request.table->key, key->row));
  if (!row) return invalid("");
  return std::move(*row);
}

aws::Result<void> start_after(PageRequest& request) {
  const std::string row = TRY(start_row(request));
  if (row < request.range.begin || (!request.range.end.empty() && row >= request.range.end))
    return refuse(!request.partition.empty() && row.starts_with(request.partition)
                      ? "The provided starting key does not match the range key predicate"
                      : "The provided starting key is outside query boundaries based on provided conditions");
  if (request.direction == kv::Direction::kForward)
    request.range.begin = row + '\0';
  else
    request.range.end = row;
  return {};
}

void collect_attributes(const expression::Condition& condition, std::set<std::string>& out);
void collect_attributes(const expression::Operand& operand, std::set<std::string>& out) {
  if (!operand.path.empty()) out.insert(std::get<std::string>(operand.path[0]));
  for (const auto& each : operand.operands) collect_attributes(each, out);
}
void collect_attributes(const expression::Condition& condition, std::set<std::string>& out) {
  for (const auto& each : condition.conditions) collect_attributes(each, out);
  for (const auto& each : condition.operands) collect_attributes(each, out);
}

// Attributes that are wanted and that the index does not hold.
std::vector<std::string> missing_attributes(const PageRequest& request) {
  std::set<std::string> missing;
  for (const auto& path : request.projection.value_or(expression::Projection())) {
    const auto& name = std::get<std::string>(path[0]);
    if (!request.index->projects(name)) missing.insert(name);
  }
  return {missing.begin(), missing.end()};
}

// A local index gives what it does not hold from the table; a global one refuses.
bool reads_table(const PageRequest& request) {
  if (!request.index || request.index->global || request.index->projects_all || request.count_only()) return false;
  return request.select == "ALL_ATTRIBUTES" || !missing_attributes(request).empty();
}

aws::Result<void> check_index(const PageRequest& request) {
  const Index& index = *request.index;
  if (!index.global) return {};
  if (request.consistent) return refuse("Consistent reads are not supported on global secondary indexes");
  if (index.backfilling)
    return refuse(fmt::format("Cannot read from backfilling global secondary index: {}", index.name));
  if (index.projects_all) return {};
  if (request.select == "ALL_ATTRIBUTES") {
    return refuse(
        fmt::format("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
                    "secondary index {} because its projection type is not ALL",
                    index.name));
  }
  const auto missing = missing_attributes(request);
  if (missing.empty()) return {};
  return refuse(
      fmt::format("One or more parameter values were invalid: Global secondary index {} does not project [{}]",
                  index.name, fmt::join(missing, ", ")));
}

// What a Scan reads of each of the partitions that an on-demand table begins with: they share the hashes equally, and each
// that is looked at costs a unit at least, as observed on AWS in 2026.
class PartitionMeter {
 public:
  explicit PartitionMeter(const PageRequest& request) : prefix_(request.schema().prefix.size()) {
    first_ = partition_of(request.range.begin);
    // A range ends before its end.
    const bool whole = request.range.end.size() <= prefix_;
    last_ = whole ? kPartitions - 1 : partition_of(request.range.end);
    if (!whole && last_ > first_ && is_boundary(request.range.end)) --last_;
  }

  void add(std::string_view row, std::size_t bytes) { bytes_[partition_of(row)] += bytes; }
  void end_at(std::string_view row) { last_ = partition_of(row); }

  double units(bool consistent) const {
    double out = 0;
    for (std::size_t i = first_; i <= last_; ++i) out += read_units(bytes_[i], consistent);
    return out;
  }

 private:
  static constexpr std::size_t kPartitions = 4;

  std::size_t partition_of(std::string_view row) const {
    return row.size() > prefix_ ? static_cast<unsigned char>(row[prefix_]) * kPartitions / 256 : 0;
  }
  bool is_boundary(std::string_view row) const {
    return static_cast<unsigned char>(row[prefix_]) % (256 / kPartitions) == 0 &&
           row.find_first_not_of('\0', prefix_ + 1) == std::string_view::npos;
  }

  std::size_t prefix_, first_, last_;
  std::size_t bytes_[kPartitions] = {};
};

// Reads entry after entry of the range into a page.
class PageReader {
 public:
  PageReader(DynamoDb& db, const PageRequest& request)
      : db_(db), request_(request), reads_table_(reads_table(request)), meter_(request) {}

  Page read() {
    const auto cursor = db_.store().scan(request_.range, request_.direction);
    for (; cursor->valid(); cursor->next()) {
      if (!kv::sound(cursor->key(), [&] { evaluate(cursor->value()); })) continue;
      if (is_metered_by_partition()) meter_.add(cursor->key(), stored_size(cursor->value()));
      if ((request_.limit && page_.scanned_count == *request_.limit) || bytes_ >= kMaxPage) {
        page_.last_evaluated_key = evaluated_key(request_, decode_item(cursor->value()));
        if (is_metered_by_partition()) meter_.end_at(cursor->key());
        break;
      }
    }
    (request_.index ? page_.use.indexes[request_.index->name] : page_.use.table) +=
        is_metered_by_partition() ? meter_.units(request_.consistent) : read_units(bytes_, request_.consistent);
    return std::move(page_);
  }

 private:
  bool is_metered_by_partition() const { return request_.by_partitions; }

  void evaluate(std::string_view stored) {
    bytes_ += stored_size(stored);
    ++page_.scanned_count;
    if (!request_.filter && request_.count_only()) {
      ++page_.count;
      return;
    }
    if (!request_.filter && !request_.projection && !reads_table_) {
      ++page_.count;
      page_.items.emplace_back(stored);
      return;
    }
    Item item = decode_item(stored);
    if (reads_table_) item = whole_item(item);
    if (request_.filter && !expression::holds(*request_.filter, item)) return;
    ++page_.count;
    if (request_.count_only()) return;
    if (!request_.projection)
      page_.items.emplace_back(std::move(item));
    else
      page_.items.emplace_back(expression::project(*request_.projection, item));
  }

  // Each costs a read of its own.
  Item whole_item(const Item& entry) {
    const auto key = key_from_parameter(request_.table->key, key_attributes(request_.table->key, entry));
    const StoredItem found = db_.read(*key);
    page_.use.table += read_units(found.size(), request_.consistent);
    return found.exists() ? found.item() : entry;
  }

  DynamoDb& db_;
  const PageRequest& request_;
  bool reads_table_;
  PartitionMeter meter_;
  Page page_;
  std::size_t bytes_ = 0;
};

}  // namespace

aws::Result<void> check_select(const SelectUse& use, aws::Layer layer) {
  const auto& [select, expression, attributes, index] = use;
  if (!select) return {};
  if (*select == "ALL_PROJECTED_ATTRIBUTES" && !index) {
    return refuse(
        "One or more parameter values were invalid: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an "
        "IndexName");
  }
  if (*select == "SPECIFIC_ATTRIBUTES" && !expression && !attributes) {
    return refuse(
        fmt::format("{}Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                    "SPECIFIC_ATTRIBUTES",
                    layer == aws::Layer::kOlder ? "" : kOneError));
  }
  if (*select != "SPECIFIC_ATTRIBUTES" && (expression || attributes)) {
    return refuse(fmt::format("Cannot specify the {} when choosing to get {}",
                              expression ? "ProjectionExpression" : "AttributesToGet",
                              *select == "COUNT" ? "only the Count" : *select));
  }
  return {};
}

aws::Result<void> find_target(DynamoDb& db, const aws::Caller& caller, const PageTarget& target, PageRequest& request) {
  request.table = TRY(db.tables().find(caller, target.table_name));
  if (request.filter) TRY_VOID(check_key_paths(*request.table, *request.filter));
  if (request.projection) TRY_VOID(check_key_paths(*request.table, *request.projection));
  if (!target.index_name) return {};
  request.index = request.table->index(*target.index_name);
  if (!request.index) return refuse(fmt::format("The table does not have the specified index: {}", *target.index_name));
  return check_index(request);
}

aws::Result<void> check_filter_attributes(const PageRequest& request, std::string_view parameter) {
  if (!request.filter) return {};
  std::set<std::string> attributes;
  collect_attributes(*request.filter, attributes);
  for (const std::string& name : attributes) {
    if (request.schema().has(name)) {
      return refuse(
          fmt::format("{} can only contain non-primary key attributes: Primary key attribute: {}", parameter, name));
    }
  }
  return {};
}

aws::Result<Page> read_page(DynamoDb& db, PageRequest request) {
  if (request.exclusive_start_key) TRY_VOID(start_after(request));
  if (!request.range.end.empty() && request.range.begin >= request.range.end) {
    Page nothing;
    nothing.use.table = read_units(0, request.consistent);
    return nothing;
  }
  TRY_VOID(db.throttle().admit(*request.table, request.index ? request.index->name : "", Access::kRead));
  Page page = PageReader(db, request).read();
  db.throttle().charge(*request.table, page.use, Access::kRead);
  return page;
}

}  // namespace leat::dynamodb
