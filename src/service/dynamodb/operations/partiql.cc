// ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.

#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/item/transaction.h"
#include "service/dynamodb/partiql/execute.h"

namespace leat::dynamodb {
namespace {

using partiql::Statement;

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// The code that stands for an error in a batch's answer.
std::string batch_code(const aws::Error& error) {
  if (error.type == &errors::kConditionalCheckFailed) return "ConditionalCheckFailed";
  if (error.type == &errors::kItemCollectionSizeLimitExceeded) return "ItemCollectionSizeLimitExceeded";
  if (error.type == &errors::kProvisionedThroughputExceeded) return "ProvisionedThroughputExceeded";
  if (error.type == &errors::kDuplicateItem) return "DuplicateItem";
  if (error.type == &errors::kResourceNotFound) return "ResourceNotFound";
  return "ValidationError";
}

BatchStatementError batch_error(const aws::Error& error) {
  BatchStatementError out;
  out.code = batch_code(error);
  out.message = error.message;
  if (error.type == &errors::kConditionalCheckFailed && error.details)
    out.item = static_cast<const ConditionalCheckFailedException*>(error.details.get())->item;
  return out;
}

aws::Result<BatchStatementResponse> run_one(DynamoDb& db, const aws::Caller& caller,
                                            const BatchStatementRequest& request, const Statement& statement,
                                            CapacityReport& capacity) {
  BatchStatementResponse out;
  out.table_name = statement.table;
  if (statement.reads()) {
    const auto point = TRY(partiql::point_read(db, caller, statement));
    const StoredItem item = db.read(point.key);
    capacity.add(point.table, {read_units(item.size(), request.consistent_read.value_or(false))});
    out.item = partiql::shown(statement, item);
    return out;
  }
  const ItemWrite write =
      TRY(partiql::write_of(db, caller, statement, request.return_values_on_condition_check_failure));
  const auto written = TRY(db.write(write));
  capacity.add(write.table, write_use(*write.table, write.key.row, written));
  out.item = partiql::returned(statement, written);
  return out;
}

aws::Result<ExecuteTransactionOutput> read_transaction(DynamoDb& db, const aws::Caller& caller,
                                                       const ExecuteTransactionInput& input,
                                                       const std::vector<Statement>& statements) {
  std::vector<TablePtr> tables;
  std::vector<PrimaryKey> keys;
  for (const Statement& each : statements) {
    auto point = TRY(partiql::point_read(db, caller, each));
    tables.push_back(std::move(point.table));
    keys.push_back(std::move(point.key));
  }
  const auto items = db.read_together(keys);
  ExecuteTransactionOutput output;
  output.responses.emplace();
  CapacityReport capacity;
  for (std::size_t i = 0; i < items.size(); ++i) {
    output.responses->push_back({partiql::shown(statements[i], items[i])});
    capacity.add(tables[i], {2 * read_units(items[i].size(), true)});
  }
  output.consumed_capacity = capacity.report(input.return_consumed_capacity, Metered::kReads);
  return output;
}

aws::Result<ExecuteTransactionOutput> write_transaction(DynamoDb& db, const aws::Caller& caller,
                                                        const ExecuteTransactionInput& input,
                                                        const std::vector<Statement>& statements) {
  std::vector<ItemWrite> writes;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const auto& on_failure = input.transact_statements[i].return_values_on_condition_check_failure;
    writes.push_back(TRY(partiql::write_of(db, caller, statements[i], on_failure)));
  }
  ExecuteTransactionInput canonical = input;
  canonical.client_request_token.reset();
  TRY_VOID(check_distinct_items(writes));
  const TransactionDone done =
      TRY(write_once(db, caller, {input.client_request_token, aws::to_json(canonical)}, writes));
  ExecuteTransactionOutput output;
  output.responses.emplace(statements.size());
  CapacityReport capacity;
  for (std::size_t i = 0; !done.repeated && i < writes.size(); ++i) {
    const CapacityUse use = write_use(*writes[i].table, writes[i].key.row, done.written[i]);
    capacity.add(writes[i].table, use);
    capacity.add(writes[i].table, use);  // a transaction costs twice
    (*output.responses)[i].item = partiql::returned(statements[i], done.written[i]);
  }
  // Writes are answered where one of them returns something.
  const auto has_item = [](const ItemResponse& each) { return each.item.has_value(); };
  if (std::none_of(output.responses->begin(), output.responses->end(), has_item)) output.responses->clear();
  output.consumed_capacity = capacity.report(input.return_consumed_capacity, Metered::kWrites);
  return output;
}

}  // namespace

aws::Result<ExecuteStatementOutput> execute_statement(DynamoDb& db, const aws::Caller& caller,
                                                      const ExecuteStatementInput& input) {
  const Statement statement = TRY(partiql::parse(input.statement, input.parameters));
  if (statement.kind == Statement::Kind::kExists) return refuse("EXISTS is only supported in a transaction");
  ExecuteStatementOutput output;
  if (statement.reads()) {
    auto page = TRY(
        partiql::select(db, caller, statement, {input.limit, input.next_token, input.consistent_read.value_or(false)}));
    output.items = std::move(page.items);
    output.next_token = std::move(page.next_token);
    output.last_evaluated_key = std::move(page.last_evaluated_key);
    output.consumed_capacity = consumed(input.return_consumed_capacity, *page.table, page.use);
    return output;
  }
  const ItemWrite write = TRY(partiql::write_of(db, caller, statement, input.return_values_on_condition_check_failure));
  const auto written = TRY(db.write(write));
  output.items.emplace();
  if (auto item = partiql::returned(statement, written)) output.items->push_back(std::move(*item));
  if (wants_capacity(input.return_consumed_capacity))
    output.consumed_capacity =
        consumed(input.return_consumed_capacity, *write.table, write_use(*write.table, write.key.row, written));
  return output;
}

aws::Result<BatchExecuteStatementOutput> batch_execute_statement(DynamoDb& db, const aws::Caller& caller,
                                                                 const BatchExecuteStatementInput& input) {
  std::vector<Statement> statements;
  for (const auto& each : input.statements) {
    statements.push_back(TRY(partiql::parse(each.statement, each.parameters)));
    if (statements.back().reads() != statements.front().reads())
      return refuse("Statements within a batch must be either all read or all write statements");
  }
  BatchExecuteStatementOutput output;
  output.responses.emplace();
  CapacityReport capacity;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    auto response = run_one(db, caller, input.statements[i], statements[i], capacity);
    if (response) {
      output.responses->push_back(std::move(*response));
    } else {
      auto& failed = output.responses->emplace_back();
      failed.table_name = statements[i].table;
      failed.error = batch_error(response.error());
    }
  }
  output.consumed_capacity = capacity.report(input.return_consumed_capacity);
  return output;
}

aws::Result<ExecuteTransactionOutput> execute_transaction(DynamoDb& db, const aws::Caller& caller,
                                                          const ExecuteTransactionInput& input) {
  std::vector<Statement> statements;
  for (const auto& each : input.transact_statements) {
    statements.push_back(TRY(partiql::parse(each.statement, each.parameters)));
    if (statements.back().reads() != statements.front().reads())
      return refuse("Statements within a transaction must be either all read or all write statements");
  }
  return statements.front().reads() ? read_transaction(db, caller, input, statements)
                                    : write_transaction(db, caller, input, statements);
}

}  // namespace leat::dynamodb
