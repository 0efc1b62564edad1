#include "service/dynamodb/page.h"

#include <fmt/format.h>

#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/item_codec.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxPage = 1U << 20;  // bytes

Item key_of(const Table& table, const Item& item) {
  Item key;
  key.set(table.partition.name, *item.find(table.partition.name));
  if (table.sort) key.set(table.sort->name, *item.find(table.sort->name));
  return key;
}

aws::Result<void> start_after(PageRequest& request) {
  auto key = key_from_parameter(*request.table, *request.exclusive_start_key);
  if (!key) return aws::fail(errors::kValidation, "The provided starting key is invalid: " + key.error().message);
  if (key->row < request.range.begin || (!request.range.end.empty() && key->row >= request.range.end)) {
    return aws::fail(errors::kValidation,
                     "The provided starting key is outside query boundaries based on provided conditions");
  }
  if (request.direction == kv::Direction::kForward)
    request.range.begin = key->row + '\0';
  else
    request.range.end = key->row;
  return {};
}

}  // namespace

aws::Result<bool> check_select(const std::optional<std::string>& select, bool has_projection) {
  if (!select) return false;
  if (*select == "ALL_PROJECTED_ATTRIBUTES") {
    return aws::fail(errors::kValidation,
                     "One or more parameter values were invalid: ALL_PROJECTED_ATTRIBUTES can be used only when "
                     "Querying using an IndexName");
  }
  if (*select == "SPECIFIC_ATTRIBUTES" && !has_projection) {
    return aws::fail(errors::kValidation,
                     "One or more parameter values were invalid: Must specify the AttributesToGet or "
                     "ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  }
  if (*select != "SPECIFIC_ATTRIBUTES" && has_projection) {
    return aws::fail(errors::kValidation, fmt::format("Cannot specify the ProjectionExpression when choosing to get {}",
                                                      *select == "COUNT" ? "only the Count" : "ALL_ATTRIBUTES"));
  }
  return *select == "COUNT";
}

aws::Result<Page> read_page(DynamoDb& db, PageRequest request) {
  if (request.exclusive_start_key) TRY_VOID(start_after(request));
  Page page;
  if (!request.range.end.empty() && request.range.begin >= request.range.end) return page;
  const auto cursor = db.store().scan(request.range, request.direction);
  for (; cursor->valid(); cursor->next()) {
    const Item item = decode_item(cursor->value());
    page.bytes += size_of(item);
    ++page.scanned_count;
    if (!request.filter || expression::holds(*request.filter, item)) {
      ++page.count;
      if (!request.count_only)
        page.items.push_back(request.projection ? expression::project(*request.projection, item) : item);
    }
    if ((request.limit && page.scanned_count == *request.limit) || page.bytes >= kMaxPage) {
      page.last_evaluated_key = key_of(*request.table, item);
      break;
    }
  }
  return page;
}

}  // namespace leat::dynamodb
