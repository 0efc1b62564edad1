#include "service/dynamodb/partiql/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/item/item_write.h"
#include "service/dynamodb/partiql/plan.h"
#include "service/dynamodb/query/page.h"

namespace leat::dynamodb::partiql {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// Where a page ended: which range of the plan, and after which key. Base64 of "RANGE JSON".
struct Place {
  std::size_t range = 0;
  std::optional<Item> key;

  std::string token() const { return base64_encode(fmt::format("{} {}", range, aws::to_json(ItemResponse{key}))); }
  static std::optional<Place> parse(std::string_view token) {
    const auto text = base64_decode(token);
    if (!text) return std::nullopt;
    Place out;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out.range);
    if (error != std::errc() || end == text->data() + text->size() || *end != ' ') return std::nullopt;
    ItemResponse key;
    aws::Violations violations;
    const std::string_view json = std::string_view(*text).substr(static_cast<std::size_t>(end + 1 - text->data()));
    if (aws::JsonReader().read(ItemResponse::kShape, json, &key, violations) || !violations.empty())
      return std::nullopt;
    if (key.item) out.key = key.item->item();
    return out;
  }
};

// The attributes at the heads of the paths: what must be read for them.
expression::Projection heads(const expression::Projection& paths) {
  expression::Projection out;
  for (const auto& path : paths) {
    if (std::none_of(out.begin(), out.end(), [&](const auto& each) { return each[0] == path[0]; }))
      out.push_back({path[0]});
  }
  return out;
}

// A path's value stands in the answer under the path's last name.
ReturnedItem project(const expression::Projection& paths, ReturnedItem returned) {
  if (paths.empty()) return returned;
  const Item& item = returned.item();
  Item out;
  for (const auto& path : paths) {
    const AttributeValue* found = expression::find(item, path);
    if (!found) continue;
    std::string name;
    for (const auto& element : path) {
      if (const auto* text = std::get_if<std::string>(&element))
        name = *text;
      else
        name += fmt::format("[{}]", std::get<std::size_t>(element));
    }
    out.set(name, *found);
  }
  return out;
}

aws::Result<kv::Direction> direction(const KeySchema& schema, const Statement& statement, Plan& plan) {
  bool backward = false;
  for (const auto& each : statement.order) {
    if (!plan.by_partition) {
      return refuse(
          "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
    }
    if (!schema.has(each.attribute))
      return refuse(
          fmt::format("Variable reference {} in ORDER BY clause must be part of the primary key", each.attribute));
    if (each.attribute == schema.partition.name)
      std::sort(plan.ranges.begin(), plan.ranges.end(),
                [](const kv::Range& left, const kv::Range& right) { return left.begin < right.begin; });
    else
      backward = each.descending;
  }
  return backward ? kv::Direction::kBackward : kv::Direction::kForward;
}

// The condition of UPDATE and DELETE holds for an item, or the write fails.
WriteCondition condition_of(const Statement& statement, const std::optional<std::string>& return_values_on_failure) {
  return {statement.where, return_values_on_failure == "ALL_OLD"};
}

aws::Result<ItemWrite> insert(TablePtr table, const Statement& statement) {
  TRY_VOID(check_values(statement.item, aws::Layer::kOlder));
  PrimaryKey key = TRY(key_from_item(table->key, statement.item));
  TRY_VOID(check_size(statement.item));
  ItemWrite write{table, std::move(key), nullptr};
  write.decide = [stored = encode_item(statement.item)](const StoredItem& before) -> aws::Result<StoredItem> {
    if (before.exists()) return aws::fail(errors::kDuplicateItem, "Duplicate primary key exists in table");
    return StoredItem(stored);
  };
  return write;
}

// Of something that is not there, DELETE is done already; UPDATE and EXISTS fail.
ItemWrite only_where_it_is(ItemWrite write, bool needs_item) {
  write.decide = [decide = std::move(write.decide), needs_item](const StoredItem& before) -> aws::Result<StoredItem> {
    if (before.exists()) return decide(before);
    if (needs_item) return aws::fail(errors::kConditionalCheckFailed, "The conditional request failed");
    return StoredItem();
  };
  return write;
}

}  // namespace

aws::Result<Selected> select(DynamoDb& db, const aws::Caller& caller, const Statement& statement,
                             const SelectOptions& options) {
  PageRequest request;
  request.consistent = options.consistent;
  request.filter = statement.where;
  if (!statement.projection.empty()) request.projection = heads(statement.projection);
  TRY_VOID(find_target(db, caller, {statement.table, statement.index}, request));
  Plan chosen = TRY(plan(request.schema(), statement));
  request.direction = TRY(direction(request.schema(), statement, chosen));
  std::optional<Place> place = Place{};
  if (options.next_token) place = Place::parse(*options.next_token);
  if (!place || place->range >= chosen.ranges.size()) return refuse("NextToken does not match request");

  Selected out{request.table, {}, {}, std::nullopt, std::nullopt};
  auto left = options.limit;
  for (; place->range < chosen.ranges.size(); *place = {place->range + 1, std::nullopt}) {
    PageRequest part = request;
    part.range = chosen.ranges[place->range];
    part.exclusive_start_key = place->key;
    part.limit = left;
    Page page = TRY(read_page(db, std::move(part)));
    out.use.add(page.use);
    for (ReturnedItem& item : page.items) out.items.push_back(project(statement.projection, std::move(item)));
    if (left) *left -= page.scanned_count;
    if (!page.last_evaluated_key && !(left && *left <= 0 && place->range + 1 < chosen.ranges.size())) continue;
    out.last_evaluated_key = page.last_evaluated_key;
    out.next_token = page.last_evaluated_key ? Place{place->range, page.last_evaluated_key}.token()
                                             : Place{place->range + 1, std::nullopt}.token();
    break;
  }
  return out;
}

aws::Result<ItemWrite> write_of(DynamoDb& db, const aws::Caller& caller, const Statement& statement,
                                const std::optional<std::string>& return_values_on_failure) {
  const TablePtr table = TRY(db.tables().find(caller, statement.table));
  if (statement.kind == Statement::Kind::kInsert) return insert(table, statement);
  const auto demanded = demanded_key(table->key, statement);
  if (!demanded) return refuse("Where clause does not contain a mandatory equality on all key attributes");
  PrimaryKey key = TRY(key_from_parameter(table->key, *demanded));
  WriteCondition condition = condition_of(statement, return_values_on_failure);
  switch (statement.kind) {
    case Statement::Kind::kUpdate: {
      auto write = TRY(update_of(table, std::move(key), statement.update, std::move(condition)));
      return only_where_it_is(std::move(write), true);
    }
    case Statement::Kind::kDelete:
      return only_where_it_is(delete_of(table, std::move(key), std::move(condition)), false);
    default: return only_where_it_is(check_of(table, std::move(key), std::move(condition)), true);
  }
}

std::optional<ReturnedItem> returned(const Statement& statement, const ItemWritten& written) {
  if (statement.returning.empty()) return std::nullopt;
  const StoredItem& source = statement.returning.ends_with("OLD") ? written.before : written.after;
  if (!source.exists()) return std::nullopt;
  if (statement.returning.starts_with("ALL")) return source;
  expression::Projection paths;
  for (const auto& action : statement.update) paths.push_back(action.path);
  return expression::project(paths, source.item());
}

aws::Result<PointRead> point_read(DynamoDb& db, const aws::Caller& caller, const Statement& statement) {
  const TablePtr table = TRY(db.tables().find(caller, statement.table));
  const auto demanded = demanded_key(table->key, statement);
  if (!demanded || statement.index) {
    return refuse("Select statements within BatchExecuteStatement must specify the primary key in the where clause.");
  }
  PrimaryKey key = TRY(key_from_parameter(table->key, *demanded));
  return PointRead{table, std::move(key)};
}

std::optional<ReturnedItem> shown(const Statement& statement, const StoredItem& item) {
  if (!item.exists() || !expression::holds(*statement.where, item.item())) return std::nullopt;
  return project(statement.projection, item);
}

}  // namespace leat::dynamodb::partiql
