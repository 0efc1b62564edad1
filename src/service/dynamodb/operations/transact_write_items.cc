#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"
#include "service/dynamodb/item/transaction.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// What is wrong with an action's expressions is wrong with the request; what does not fit its table is the reason of a
// cancellation.
using Prepared = aws::Result<ItemWrite>;

// Reads an action's expressions, then finishes it with what it needs of them.
template <class Action, class Finish>
aws::Result<Prepared> with_condition(const Action& action, Finish finish) {
  expression::Names names(action.expression_attribute_names, action.expression_attribute_values);
  TRY_VOID(names.check());
  expression::Update update;
  if constexpr (requires { action.update_expression; })
    update = TRY(expression::parse_update(action.update_expression, names));
  WriteCondition condition = TRY(read_condition(action, names));
  TRY_VOID(names.check_all_used());
  return finish(std::move(condition), std::move(update));
}

aws::Result<Prepared> prepare_put(const TablePtr& table, const Put& put) {
  return with_condition(put, [&](WriteCondition condition, const expression::Update&) -> Prepared {
    if (auto valid = check_item(put.item); !valid) return refuse(valid.error());
    PrimaryKey key = TRY(key_from_item(table->key, put.item));
    return put_of(table, std::move(key), encode_item(put.item), std::move(condition));
  });
}

aws::Result<Prepared> prepare_delete(const TablePtr& table, const Delete& action) {
  return with_condition(action, [&](WriteCondition condition, const expression::Update&) -> Prepared {
    PrimaryKey key = TRY(key_from_parameter(table->key, action.key));
    return delete_of(table, std::move(key), std::move(condition));
  });
}

aws::Result<Prepared> prepare_update(const TablePtr& table, const Update& action) {
  return with_condition(action, [&](WriteCondition condition, expression::Update update) -> Prepared {
    PrimaryKey key = TRY(key_from_parameter(table->key, action.key));
    return update_of(table, std::move(key), std::move(update), std::move(condition));
  });
}

aws::Result<Prepared> prepare_check(const TablePtr& table, const ConditionCheck& action) {
  return with_condition(action, [&](WriteCondition condition, const expression::Update&) -> Prepared {
    PrimaryKey key = TRY(key_from_parameter(table->key, action.key));
    return check_of(table, std::move(key), std::move(condition));
  });
}

aws::Result<Prepared> prepare(DynamoDb& db, const aws::Caller& caller, const TransactWriteItem& item) {
  const int actions = int{item.condition_check.has_value()} + int{item.put.has_value()} +
                      int{item.delete_.has_value()} + int{item.update.has_value()};
  if (actions != 1) return refuse("TransactItems can only contain one of Check, Put, Update or Delete");
  const auto find = [&](const auto& action) { return db.tables().find(caller, action.table_name); };
  if (item.put) {
    const TablePtr table = TRY(find(*item.put));
    return prepare_put(table, *item.put);
  }
  if (item.delete_) {
    const TablePtr table = TRY(find(*item.delete_));
    return prepare_delete(table, *item.delete_);
  }
  if (item.update) {
    const TablePtr table = TRY(find(*item.update));
    return prepare_update(table, *item.update);
  }
  const TablePtr table = TRY(find(*item.condition_check));
  return prepare_check(table, *item.condition_check);
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
  std::vector<ItemWrite> writes;
  DynamoDb::Failures unfit;
  bool fits = true;
  for (const TransactWriteItem& item : input.transact_items) {
    Prepared prepared = TRY(prepare(db, caller, item));
    unfit.push_back(prepared ? std::nullopt : std::optional(prepared.error()));
    fits = fits && prepared;
    if (prepared) writes.push_back(std::move(*prepared));
  }
  if (!fits) return cancelled(unfit);
  std::size_t bytes = 0;
  for (const TransactWriteItem& item : input.transact_items) bytes += item.put ? size_of(item.put->item) : 0;
  TRY_VOID(check_total_size(bytes));
  const TransactionDone done = TRY(write_once(db, caller, {input.client_request_token, canonical(input)}, writes));
  if (done.repeated) return report_repeated(db, input, writes);
  return report(db, input, writes, done.written);
}

}  // namespace leat::dynamodb
