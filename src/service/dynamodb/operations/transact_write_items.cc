#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"
#include "service/dynamodb/item/transaction.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

constexpr aws::Layer kTransactLayer = kLayer<TransactWriteItemsInput>;

// An action as it is read before any table is looked up.
struct Action {
  enum class Kind : std::uint8_t { kPut, kDelete, kUpdate, kCheck };
  Kind kind;
  const std::string* table;
  const Item* item;  // the whole item of a Put, the key of the others
  WriteCondition condition = {};
  expression::Update update = {};
};

template <class Given>
aws::Result<Action> read(Action::Kind kind, const Given& given, const Item& item) {
  Action out{kind, &given.table_name, &item};
  TRY_VOID(check_attribute_names(item));
  expression::Names names(given.expression_attribute_names, given.expression_attribute_values, kTransactLayer);
  TRY_VOID(names.check());
  if constexpr (requires { given.update_expression; })
    out.update = TRY(expression::parse_update(given.update_expression, names));
  out.condition = TRY(read_condition(given, names));
  TRY_VOID(names.check_all_used());
  TRY_VOID(check_values(item, kTransactLayer));
  return out;
}

aws::Result<Action> read(const TransactWriteItem& item) {
  const int actions = int{item.condition_check.has_value()} + int{item.put.has_value()} +
                      int{item.delete_.has_value()} + int{item.update.has_value()};
  if (actions == 0)
    return refuse("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
  if (actions > 1) return refuse("TransactItems can only contain one of Check, Put, Update or Delete");
  if (item.put) return read(Action::Kind::kPut, *item.put, item.put->item);
  if (item.delete_) return read(Action::Kind::kDelete, *item.delete_, item.delete_->key);
  if (item.update) return read(Action::Kind::kUpdate, *item.update, item.update->key);
  return read(Action::Kind::kCheck, *item.condition_check, item.condition_check->key);
}

// What does not fit its table is the reason of a cancellation.
aws::Result<ItemWrite> write_of(const TablePtr& table, Action& action) {
  const bool whole = action.kind == Action::Kind::kPut;
  PrimaryKey key =
      TRY(whole ? key_from_item(table->key, *action.item) : key_from_parameter(table->key, *action.item));
  TRY_VOID(action.condition.check_paths(*table));
  switch (action.kind) {
    case Action::Kind::kPut:
      return put_of(table, std::move(key), encode_item(*action.item), std::move(action.condition));
    case Action::Kind::kDelete: return delete_of(table, std::move(key), std::move(action.condition));
    case Action::Kind::kUpdate:
      return update_of(table, std::move(key), std::move(action.update), std::move(action.condition));
    case Action::Kind::kCheck: break;
  }
  return check_of(table, std::move(key), std::move(action.condition));
}

// Reads all actions, then finds all tables, then looks at one action after the other: the first problem is the answer.
aws::Result<std::vector<ItemWrite>> prepare(DynamoDb& db, const aws::Caller& caller,
                                            const TransactWriteItemsInput& input) {
  std::vector<Action> actions;
  for (const TransactWriteItem& item : input.transact_items) actions.push_back(TRY(read(item)));
  std::vector<TablePtr> tables;
  for (const Action& action : actions) tables.push_back(TRY(db.tables().find(caller, *action.table)));
  std::vector<ItemWrite> writes;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    TRY_VOID(check_not_empty(tables[i]->key, *actions[i].item));
    auto write = write_of(tables[i], actions[i]);
    if (!write) return cancelled_at(i, actions.size(), std::move(write).error());
    writes.push_back(std::move(*write));
  }
  TRY_VOID(check_distinct_items(writes));
  for (const Action& action : actions) {
    if (action.kind == Action::Kind::kPut) TRY_VOID(check_size(*action.item));
  }
  return writes;
}

std::string canonical(const TransactWriteItemsInput& input) {
  TransactWriteItemsInput copy = input;
  copy.client_request_token.reset();
  return aws::to_json(copy);
}

TransactWriteItemsOutput report(DynamoDb& db, const TransactWriteItemsInput& input,
                                const std::vector<ItemWrite>& writes, const std::vector<ItemWritten>& written) {
  TransactWriteItemsOutput output;
  CapacityReport capacity;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const ItemWrite& write = writes[i];
    if (wants_capacity(input.return_consumed_capacity)) {
      const CapacityUse use = write_use(*write.table, write.key.row, written[i]);
      capacity.add(write.table, use);
      capacity.add(write.table, use);  // a transaction costs twice
    }
    auto metrics = collection_metrics(input.return_item_collection_metrics, db, *write.table, write.key.attributes);
    if (!metrics) continue;
    if (!output.item_collection_metrics) output.item_collection_metrics.emplace();
    (*output.item_collection_metrics)[write.table->name()].push_back(std::move(*metrics));
  }
  output.consumed_capacity = capacity.report(input.return_consumed_capacity, Metered::kWrites);
  return output;
}

// A transaction that was done before costs the reads of its items.
TransactWriteItemsOutput report_repeated(DynamoDb& db, const TransactWriteItemsInput& input,
                                         const std::vector<ItemWrite>& writes) {
  TransactWriteItemsOutput output;
  CapacityReport capacity;
  for (const ItemWrite& write : writes) capacity.add(write.table, {2 * read_units(db.read(write.key).size(), true)});
  output.consumed_capacity = capacity.report(input.return_consumed_capacity, Metered::kReads);
  return output;
}

}  // namespace

aws::Result<TransactWriteItemsOutput> transact_write_items(DynamoDb& db, const aws::Caller& caller,
                                                           const TransactWriteItemsInput& input) {
  const std::vector<ItemWrite> writes = TRY(prepare(db, caller, input));
  std::size_t bytes = 0;
  for (const TransactWriteItem& item : input.transact_items) bytes += item.put ? size_of(item.put->item) : 0;
  TRY_VOID(check_total_size(bytes));
  const TransactionDone done = TRY(write_once(db, caller, {input.client_request_token, canonical(input)}, writes));
  if (done.repeated) return report_repeated(db, input, writes);
  return report(db, input, writes, done.written);
}

}  // namespace leat::dynamodb
