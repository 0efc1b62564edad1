#include "integration/requested_actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "aws/dynamodb/types.h"
#include "aws/dynamodbstreams/types.h"
#include "aws/kinesis/types.h"
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

// What a request that names an ARN works on. Of a table's, a data stream's or a function's only the name counts: it is
// looked for where the caller is.
std::string acted_on(const aws::Authorization& asked, const std::string& text) {
  const auto arn = aws::parse_arn(text);
  const auto& id = asked.service.id;
  if (!arn || (id != "dynamodb" && id != "kinesis" && id != "lambda")) return text;
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

template <class Tables>
Actions of_tables(const aws::Caller& caller, std::string_view action, const Tables& tables) {
  Actions out;
  for (const auto& [table, requests] : tables)
    out.push_back({fmt::format("dynamodb:{}", action), table_arn(caller, table)});
  return out;
}

Actions of_transaction(const aws::Caller& caller, const dynamodb::TransactWriteItemsInput& input) {
  Actions out;
  const auto add = [&](const char* action, const auto& each) {
    if (each) out.push_back({fmt::format("dynamodb:{}", action), table_arn(caller, each->table_name)});
  };
  for (const auto& item : input.transact_items) {
    add("PutItem", item.put);
    add("UpdateItem", item.update);
    add("DeleteItem", item.delete_);
    add("ConditionCheckItem", item.condition_check);
  }
  return out;
}

// A statement that cannot be read is refused by whoever runs it.
void add_statement(Actions& out, const aws::Caller& caller, const std::string& text,
                   const std::optional<std::vector<dynamodb::AttributeValue>>& parameters) {
  using Kind = dynamodb::partiql::Statement::Kind;
  const auto statement = dynamodb::partiql::parse(text, parameters);
  if (!statement) return;
  const char* action = statement->kind == Kind::kInsert   ? "PartiQLInsert"
                       : statement->kind == Kind::kUpdate ? "PartiQLUpdate"
                       : statement->kind == Kind::kDelete ? "PartiQLDelete"
                                                          : "PartiQLSelect";
  std::string resource = table_arn(caller, statement->table);
  if (statement->index) resource += "/index/" + *statement->index;
  out.push_back({fmt::format("dynamodb:{}", action), std::move(resource)});
}

Actions of_dynamodb(const aws::Authorization& asked) {
  const auto& caller = asked.caller;
  const std::string_view name = asked.operation.name;
  Actions out;
  if (name == "BatchGetItem")
    return of_tables(caller, name, static_cast<const dynamodb::BatchGetItemInput*>(asked.input)->request_items);
  if (name == "BatchWriteItem")
    return of_tables(caller, name, static_cast<const dynamodb::BatchWriteItemInput*>(asked.input)->request_items);
  if (name == "TransactWriteItems")
    return of_transaction(caller, *static_cast<const dynamodb::TransactWriteItemsInput*>(asked.input));
  if (name == "TransactGetItems") {
    for (const auto& each : static_cast<const dynamodb::TransactGetItemsInput*>(asked.input)->transact_items)
      out.push_back({"dynamodb:GetItem", table_arn(caller, each.get.table_name)});
  } else if (name == "ExecuteStatement") {
    const auto& input = *static_cast<const dynamodb::ExecuteStatementInput*>(asked.input);
    add_statement(out, caller, input.statement, input.parameters);
  } else if (name == "BatchExecuteStatement") {
    for (const auto& each : static_cast<const dynamodb::BatchExecuteStatementInput*>(asked.input)->statements)
      add_statement(out, caller, each.statement, each.parameters);
  } else if (name == "ExecuteTransaction") {
    for (const auto& each : static_cast<const dynamodb::ExecuteTransactionInput*>(asked.input)->transact_statements)
      add_statement(out, caller, each.statement, each.parameters);
  } else {
    std::string resource = resource_of(asked);
    if (name == "Query" || name == "Scan") {
      const std::string index = text_of(asked.operation, asked.input, "IndexName");
      if (!index.empty()) resource += "/index/" + index;
    }
    out.push_back({fmt::format("dynamodb:{}", name), std::move(resource)});
  }
  return out;
}

}  // namespace

std::vector<RequestedAction> requested_actions(const aws::Authorization& asked) {
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
  if (asked.service.id == "dynamodb") return of_dynamodb(asked);
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
