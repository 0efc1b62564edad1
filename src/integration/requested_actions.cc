#include "integration/requested_actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "aws/dynamodb/types.h"
#include "aws/dynamodbstreams/types.h"
#include "aws/kinesis/types.h"
#include "integration/item_conditions.h"
#include "service/dynamodb/partiql/statement.h"
#include "service/dynamodb/stream/streams.h"
#include "service/kinesis/iterator.h"
#include "service/sqs/sqs.h"

namespace leat::integration {
namespace {

using Actions = std::vector<RequestedAction>;

// The name of a service in policies.
std::string_view prefix_of(const aws::ServiceModel& service) {
  return service.signing_name == "monitoring" ? "cloudwatch" : service.signing_name;
}

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html and …/list_amazonsqs.html
std::string_view action_of(const aws::ServiceModel& service, std::string_view operation) {
  if (service.id == "lambda" && (operation == "Invoke" || operation == "InvokeWithResponseStream"))
    return "InvokeFunction";
  if (service.id == "sqs" && operation.ends_with("Batch")) return operation.substr(0, operation.size() - 5);
  return operation;
}

std::string text_of(const aws::Operation& operation, const void* input, std::string_view name) {
  for (const aws::Member& member : operation.input->members) {
    const void* value = member.name == name ? member.find(input) : nullptr;
    if (!value) continue;
    if (member.shape->kind == aws::Kind::kString) return *static_cast<const std::string*>(value);
    if (member.shape->kind == aws::Kind::kLong) return std::to_string(*static_cast<const std::int64_t*>(value));
  }
  return {};
}

// What a request that names an ARN works on. Of a table's or a function's only the name counts: it is looked for where
// the caller is.
std::string acted_on(const aws::Authorization& asked, const std::string& text) {
  const auto arn = aws::parse_arn(text);
  const auto& id = asked.service.id;
  if (!arn || (id != "dynamodb" && id != "lambda")) return text;
  return aws::make_arn(prefix_of(asked.service), asked.caller.region, asked.caller.account, arn->resource);
}

// table/{TableName} with the request's own values. An ARN for a name stands for the whole.
std::string filled(const aws::Authorization& asked) {
  std::string out;
  std::string_view rest = asked.operation.resource;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    out += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = rest.find('}');
    const std::string value = text_of(asked.operation, asked.input, rest.substr(open + 1, close - open - 1));
    if (value.starts_with("arn:")) return acted_on(asked, value);
    out += value;
    rest.remove_prefix(close + 1);
  }
  return out;
}

std::string queue_arn(const aws::Caller& caller, std::string_view url) {
  const auto name = url.rfind('/');
  if (name == std::string_view::npos) return aws::make_arn("sqs", caller.region, caller.account, url);
  const std::string_view rest = url.substr(0, name);
  return aws::make_arn("sqs", caller.region, rest.substr(rest.rfind('/') + 1), url.substr(name + 1));
}

std::string resource_of(const aws::Authorization& asked) {
  if (asked.operation.resource == "*" || !asked.operation.input) return "*";
  std::string resource = filled(asked);
  if (resource.starts_with("arn:") || resource.empty()) return resource.empty() ? "*" : resource;
  const auto& caller = asked.caller;
  if (asked.service.id == "sqs") return queue_arn(caller, resource);
  if (asked.service.id == "iam") return aws::make_arn("iam", "", caller.account, resource);
  // A log group's ARN ends with what may stand below it.
  if (asked.service.id == "logs") {
    const std::string stream = text_of(asked.operation, asked.input, "logStreamName");
    resource += stream.empty() ? ":*" : ":log-stream:" + stream;
  }
  if (asked.service.id == "lambda" && asked.operation.resource.starts_with("function:{FunctionName}")) {
    const std::string qualifier = text_of(asked.operation, asked.input, "Qualifier");
    if (const auto function = resource.rfind("function:"); function != std::string::npos) resource.erase(0, function);
    if (!qualifier.empty()) resource += ':' + qualifier;
  }
  return aws::make_arn(prefix_of(asked.service), caller.region, caller.account, resource);
}

// --- DynamoDB's requests on several tables

std::string table_arn(const aws::Caller& caller, std::string_view table) {
  if (const auto arn = aws::parse_arn(table)) table = arn->resource.substr(arn->resource.find('/') + 1);
  return aws::make_arn("dynamodb", caller.region, caller.account, fmt::format("table/{}", table));
}

// What is asked of tables, and with which condition keys.
class TableActions {
 public:
  TableActions(const aws::Authorization& asked, dynamodb::Tables& tables) : asked_(asked), tables_(tables) {}

  // One request of the operation on one table, whose parts add() gives to the conditions.
  void add(std::string_view action, std::string_view table, std::function<void(ItemConditions&)> describe,
           const std::optional<std::string>& index = std::nullopt) {
    std::string resource = table_arn(asked_.caller, table);
    if (index) resource += "/index/" + *index;
    const bool reads = action.ends_with("Get") || action.ends_with("GetItem") || action.ends_with("Select") ||
                       action == "Query" || action == "Scan";
    const std::string_view whole = asked_.operation.name;
    const std::string_view enclosing = whole.starts_with("Transact") ? whole : std::string_view();
    out_.push_back({fmt::format("dynamodb:{}", action), std::move(resource),
                    [&caller = asked_.caller, &tables = tables_, table, index, describe = std::move(describe), reads,
                     enclosing](aws::PolicyContext::Keys& keys) {
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
  void add_statement(const std::string& text, const std::optional<std::vector<dynamodb::AttributeValue>>& parameters) {
    using Kind = dynamodb::partiql::Statement::Kind;
    auto parsed = dynamodb::partiql::parse(text, parameters);
    if (!parsed) return;
    const auto statement = std::make_shared<const dynamodb::partiql::Statement>(std::move(*parsed));
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

  Actions take() && { return std::move(out_); }

 private:
  static inline const std::optional<std::string> kNoIndex;

  const aws::Authorization& asked_;
  dynamodb::Tables& tables_;
  Actions out_;
};

template <class Input>
const Input& input_of(const aws::Authorization& asked) {
  return *static_cast<const Input*>(asked.input);
}

void add_batch_get(TableActions& actions, const dynamodb::BatchGetItemInput& input) {
  for (const auto& [table, keys] : input.request_items)
    actions.add("BatchGetItem", table, [&keys, &input](ItemConditions& all) {
      all.add(input);
      all.add(keys);
    });
}

void add_batch_write(TableActions& actions, const dynamodb::BatchWriteItemInput& input) {
  for (const auto& [table, writes] : input.request_items)
    actions.add("BatchWriteItem", table, [&writes, &input](ItemConditions& all) {
      all.add(input);
      for (const auto& write : writes) {
        if (write.put_request) all.add(*write.put_request);
        if (write.delete_request) all.add(*write.delete_request);
      }
    });
}

void add_transaction(TableActions& actions, const dynamodb::TransactWriteItemsInput& input) {
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

void add_transaction(TableActions& actions, const dynamodb::TransactGetItemsInput& input) {
  for (const auto& each : input.transact_items) {
    actions.add("GetItem", each.get.table_name, [&get = each.get, &input](ItemConditions& all) {
      all.add(input);
      all.add(get);
    });
  }
}

Actions of_dynamodb(const aws::Authorization& asked, dynamodb::Tables& tables) {
  const std::string_view name = asked.operation.name;
  TableActions actions(asked, tables);
  if (name == "BatchGetItem") {
    add_batch_get(actions, input_of<dynamodb::BatchGetItemInput>(asked));
  } else if (name == "BatchWriteItem") {
    add_batch_write(actions, input_of<dynamodb::BatchWriteItemInput>(asked));
  } else if (name == "TransactWriteItems") {
    add_transaction(actions, input_of<dynamodb::TransactWriteItemsInput>(asked));
  } else if (name == "TransactGetItems") {
    add_transaction(actions, input_of<dynamodb::TransactGetItemsInput>(asked));
  } else if (name == "ExecuteStatement") {
    const auto& input = input_of<dynamodb::ExecuteStatementInput>(asked);
    actions.add_statement(input.statement, input.parameters);
  } else if (name == "BatchExecuteStatement") {
    actions.add_statements(input_of<dynamodb::BatchExecuteStatementInput>(asked).statements);
  } else if (name == "ExecuteTransaction") {
    actions.add_statements(input_of<dynamodb::ExecuteTransactionInput>(asked).transact_statements);
  } else if (name == "GetItem") {
    actions.add_request(input_of<dynamodb::GetItemInput>(asked));
  } else if (name == "PutItem") {
    actions.add_request(input_of<dynamodb::PutItemInput>(asked));
  } else if (name == "UpdateItem") {
    actions.add_request(input_of<dynamodb::UpdateItemInput>(asked));
  } else if (name == "DeleteItem") {
    actions.add_request(input_of<dynamodb::DeleteItemInput>(asked));
  } else if (name == "Query") {
    actions.add_request(input_of<dynamodb::QueryInput>(asked));
  } else if (name == "Scan") {
    actions.add_request(input_of<dynamodb::ScanInput>(asked));
  } else {
    return {{fmt::format("dynamodb:{}", name), resource_of(asked)}};
  }
  return std::move(actions).take();
}

}  // namespace

std::vector<RequestedAction> requested_actions(const aws::Authorization& asked, dynamodb::Tables& tables) {
  // What DynamoDB does with the stream, it does in the caller's name.
  if (asked.operation.name == "EnableKinesisStreamingDestination") {
    const std::string stream = text_of(asked.operation, asked.input, "StreamArn");
    return {{"dynamodb:EnableKinesisStreamingDestination", resource_of(asked)},
            {"kinesis:DescribeStream", stream},
            {"kinesis:PutRecord", stream},
            {"kinesis:PutRecords", stream}};
  }
  const std::string role = asked.service.id == "lambda" ? text_of(asked.operation, asked.input, "Role") : "";
  if (!role.empty()) {
    // Who makes a function acts with its role.
    return {{fmt::format("lambda:{}", asked.operation.name), resource_of(asked)}, {"iam:PassRole", role}};
  }
  if (asked.service.id == "sqs" && asked.operation.name == "StartMessageMoveTask") {
    const std::string destination = text_of(asked.operation, asked.input, "DestinationArn");
    Actions out{{"sqs:StartMessageMoveTask", resource_of(asked)}};
    if (!destination.empty()) out.push_back({"sqs:SendMessage", destination});
    return out;
  }
  if (asked.service.id == "dynamodb") return of_dynamodb(asked, tables);
  if (asked.service.id == "dynamodbstreams" && asked.operation.name == "GetRecords") {
    const auto& token = static_cast<const dynamodbstreams::GetRecordsInput*>(asked.input)->shard_iterator;
    const auto iterator = dynamodbstreams::Iterator::parse(token);
    return {{"dynamodb:GetRecords", iterator ? iterator->stream_arn : "*"}};
  }
  if (asked.service.id == "kinesis" && asked.operation.name == "GetRecords") {
    const auto iterator =
        kinesis::Iterator::parse(static_cast<const kinesis::GetRecordsInput*>(asked.input)->shard_iterator);
    return {{"kinesis:GetRecords", iterator ? iterator->stream_arn : "*"}};
  }
  return {{fmt::format("{}:{}", prefix_of(asked.service), action_of(asked.service, asked.operation.name)),
           resource_of(asked)}};
}

}  // namespace leat::integration
