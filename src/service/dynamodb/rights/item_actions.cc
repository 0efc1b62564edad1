#include "service/dynamodb/rights/item_actions.h"

#include <algorithm>

#include "aws/arn.h"
#include "aws/dynamodb/types.h"
#include "service/dynamodb/rights/item_conditions.h"
#include "service/dynamodb/partiql/statement.h"

namespace leat::dynamodb {
namespace {

// An ARN that leads to no table of the caller's is what it is.
std::string table_arn(const aws::Caller& caller, std::string_view table) {
  const std::string_view name = table_name_in(caller, table);
  if (name.starts_with("arn:")) return std::string(name);
  std::string resource = "table/";
  resource += name;
  return aws::make_arn("dynamodb", caller.region, caller.account, resource);
}

// What is asked of tables, and with which condition keys.
class TableActions {
 public:
  TableActions(const aws::Authorization& asked, Tables& tables) : asked_(asked), tables_(tables) {}

  // One request of the operation on one table, whose parts add() gives to the conditions.
  void add(std::string_view action, std::string_view table, std::function<void(ItemConditions&)> describe,
           const std::optional<std::string>& index = std::nullopt) {
    std::string resource = table_arn(asked_.caller, table);
    if (index) resource += "/index/" + *index;
    const bool reads = action.ends_with("Get") || action.ends_with("GetItem") || action.ends_with("Select") ||
                       action == "Query" || action == "Scan";
    const std::string_view whole = asked_.operation.name;
    const std::string_view enclosing = whole.starts_with("Transact") ? whole : std::string_view();
    out_.push_back({std::string("dynamodb:").append(action), std::move(resource),
                    [&caller = asked_.caller, &tables = tables_, table, index, describe = std::move(describe), reads,
                     enclosing](aws::ConditionKeys& keys) {
                      ItemConditions conditions(tables, caller, table, index);
                      describe(conditions);
                      conditions.enclosed_by(enclosing);
                      conditions.put_into(keys, reads);
                    }});
  }

  template <class Input>
  void add_request(const Input& input) {
    const std::optional<std::string>* index = &kNoIndex;
    if constexpr (requires { input.index_name; }) index = &input.index_name;
    add(asked_.operation.name, input.table_name, [&input](ItemConditions& all) { all.add(input); }, *index);
  }

  // A statement that cannot be read is refused by whoever runs it.
  void add_statement(const std::string& text, const std::optional<std::vector<AttributeValue>>& parameters) {
    using Kind = partiql::Statement::Kind;
    auto parsed = partiql::parse(text, parameters);
    if (!parsed) return;
    const auto statement = std::make_shared<const partiql::Statement>(std::move(*parsed));
    const char* action = statement->kind == Kind::kInsert   ? "PartiQLInsert"
                         : statement->kind == Kind::kUpdate ? "PartiQLUpdate"
                         : statement->kind == Kind::kDelete ? "PartiQLDelete"
                                                            : "PartiQLSelect";
    add(action, statement->table, [statement](ItemConditions& all) { all.add(*statement); }, statement->index);
  }

  template <class Statements>
  void add_statements(const Statements& statements) {
    for (const auto& each : statements) add_statement(each.statement, each.parameters);
  }

  aws::RequestedActions take() && { return std::move(out_); }

 private:
  static inline const std::optional<std::string> kNoIndex;

  const aws::Authorization& asked_;
  Tables& tables_;
  aws::RequestedActions out_;
};

void add_batch_get(TableActions& actions, const BatchGetItemInput& input) {
  for (const auto& [table, keys] : input.request_items)
    actions.add("BatchGetItem", table, [&keys, &input](ItemConditions& all) {
      all.add(input);
      all.add(keys);
    });
}

void add_batch_write(TableActions& actions, const BatchWriteItemInput& input) {
  for (const auto& [table, writes] : input.request_items)
    actions.add("BatchWriteItem", table, [&writes, &input](ItemConditions& all) {
      all.add(input);
      for (const auto& write : writes) {
        if (write.put_request) all.add(*write.put_request);
        if (write.delete_request) all.add(*write.delete_request);
      }
    });
}

void add_transaction_writes(TableActions& actions, const TransactWriteItemsInput& input) {
  const auto add = [&](const char* action, const auto& each) {
    if (!each) return;
    actions.add(action, each->table_name, [&each, &input](ItemConditions& all) {
      all.add(input);
      all.add(*each);
    });
  };
  for (const auto& item : input.transact_items) {
    add("PutItem", item.put);
    add("UpdateItem", item.update);
    add("DeleteItem", item.delete_);
    add("ConditionCheckItem", item.condition_check);
  }
}

void add_transaction_gets(TableActions& actions, const TransactGetItemsInput& input) {
  for (const auto& each : input.transact_items) {
    actions.add("GetItem", each.get.table_name, [&get = each.get, &input](ItemConditions& all) {
      all.add(input);
      all.add(get);
    });
  }
}

// What the operations on items ask for, each by its own reading of the request.
using Reading = void (*)(TableActions& actions, const void* input);

template <class Input>
void on_one_table(TableActions& actions, const void* input) {
  actions.add_request(*static_cast<const Input*>(input));
}

template <class Input, auto Add>
void on_several(TableActions& actions, const void* input) {
  Add(actions, *static_cast<const Input*>(input));
}

void add_statement(TableActions& actions, const ExecuteStatementInput& input) {
  actions.add_statement(input.statement, input.parameters);
}
void add_statements(TableActions& actions, const BatchExecuteStatementInput& input) {
  actions.add_statements(input.statements);
}
void add_transaction_statements(TableActions& actions, const ExecuteTransactionInput& input) {
  actions.add_statements(input.transact_statements);
}

struct Entry {
  std::string_view operation;
  Reading read;
};
constexpr Entry kReadings[] = {
    {"GetItem", on_one_table<GetItemInput>},
    {"PutItem", on_one_table<PutItemInput>},
    {"Query", on_one_table<QueryInput>},
    {"UpdateItem", on_one_table<UpdateItemInput>},
    {"DeleteItem", on_one_table<DeleteItemInput>},
    {"Scan", on_one_table<ScanInput>},
    {"BatchGetItem", on_several<BatchGetItemInput, add_batch_get>},
    {"BatchWriteItem", on_several<BatchWriteItemInput, add_batch_write>},
    {"TransactGetItems", on_several<TransactGetItemsInput, add_transaction_gets>},
    {"TransactWriteItems", on_several<TransactWriteItemsInput, add_transaction_writes>},
    {"ExecuteStatement", on_several<ExecuteStatementInput, add_statement>},
    {"BatchExecuteStatement", on_several<BatchExecuteStatementInput, add_statements>},
    {"ExecuteTransaction", on_several<ExecuteTransactionInput, add_transaction_statements>},
};

}  // namespace

std::optional<aws::RequestedActions> item_actions(const aws::Authorization& asked, Tables& tables) {
  const auto* found = std::find_if(std::begin(kReadings), std::end(kReadings),
                                   [&](const Entry& each) { return each.operation == asked.operation.name; });
  if (found == std::end(kReadings)) return std::nullopt;
  TableActions actions(asked, tables);
  found->read(actions, asked.input);
  return std::move(actions).take();
}

}  // namespace leat::dynamodb
