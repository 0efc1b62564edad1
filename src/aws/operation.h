#pragma once
// What the binding tables say of a service and its operations.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "aws/caller.h"
#include "aws/error.h"
#include "aws/request_rules.h"
#include "aws/shape.h"

namespace leat::aws {

// The completion of a waiting operation. Called exactly once, from any thread.
template <class Output>
using Reply = std::move_only_function<void(Result<Output>)>;

class Service;

// A struct of a shape that the caller does not name.
using Object = std::shared_ptr<void>;

enum class OperationKind : std::uint8_t {
  kRead,   // a plain function that changes nothing
  kWrite,  // a plain function that commits; its reply waits at the gate until that commit is durable
  kWait,   // takes a Reply; answered when something other than the disk is done
};

struct Operation {
  std::string_view name;
  OperationKind kind;
  std::string_view resource;  // what it asks IAM for: aws/rights.h; "none" where policies have no say
  std::string_view action;    // lambda:InvokeFunction, where the operation is called Invoke
  std::uint64_t body_limit;   // bytes
  const Shape* input;         // null where the operation takes nothing
  const Shape* output;        // null where it returns nothing
  std::string_view http_method;
  std::string_view http_path;  // /2015-03-31/functions/{FunctionName}
  // What tells it from others at its path, divided by spaces: "?acl" and "?list-type=2" must stand in the query; it
  // requires "uploadId" there and "x-amz-copy-source:" among the headers.
  std::string_view selector;
  int http_status;
  std::string_view result_wrapper;  // Query: PutItemResult; REST-XML: the element that an answer is
  const Member* payload_in;         // REST: the member that is the whole body, or null
  const Member* payload_out;
  const Member* events_out;  // the member that is an event stream, or null
  Object (*new_input)();
  // Null for an operation that AWS has and leat does not offer.
  void (*handle)(Service& service, const Caller& caller, Object input, std::move_only_function<void(Result<Object>)> done);
  const RequestRules* rules;  // null where the model says it all
};

// Of a request: a service may be spoken in several.
enum class Protocol : std::uint8_t { kJson, kRestJson, kRestXml, kQuery, kAwsCbor, kRpcCbor };

// Whether operations have paths.
constexpr bool is_rest(Protocol protocol) { return protocol == Protocol::kRestJson || protocol == Protocol::kRestXml; }

struct ServiceModel {
  std::string_view id;            // dynamodb: botocore's name of the model
  std::string_view signing_name;  // in the credential scope
  std::string_view endpoint_prefix;
  Protocol protocol;
  std::string_view json_version;   // "1.0", "1.1" or empty
  std::string_view target_prefix;  // DynamoDB_20120810
  std::string_view error_prefix;   // com.amazonaws.dynamodb.v20120810
  std::string_view xml_namespace;
  std::string_view api_version;
  bool speaks_query;  // beside its own protocol, as older SDKs still do
  std::string_view policy_prefix;  // its name in policies and ARNs
  int refusal_status;              // of a caller, in JSON and CBOR; in Query and REST it is 403 everywhere
  std::chrono::minutes skew;       // how far a caller's clock may be from ours
  bool sums_answers;               // x-amz-crc32
  bool shares_resources;           // another account can name them
  std::uint64_t body_limit;        // bytes, of what names no operation yet
  std::string_view key_letter;      // of its rows' keys (engine/kv/key.h); empty where it stores nothing
  std::string_view shared_letters;  // of those beside all accounts
  std::span<const Operation> operations;  // by name

  // By its name; null where the service has none.
  const Operation* find(std::string_view name) const;
};

// Adapters from the handlers' types to the table's. Used by generated code only.
namespace bind {

template <class T>
Object make() {
  return std::make_shared<T>();
}

template <auto Handler, class Type, class Input, class Output>
void blocking(aws::Service& service, const Caller& caller, Object input, std::move_only_function<void(Result<Object>)> done) {
  auto result = Handler(static_cast<Type&>(service), caller, *static_cast<const Input*>(input.get()));
  if (!result) return done(std::unexpected(std::move(result).error()));
  if constexpr (std::is_void_v<Output>)
    done(Object());
  else
    done(Object(std::make_shared<Output>(std::move(*result))));
}

template <auto Handler, class Type, class Input, class Output>
void waiting(aws::Service& service, const Caller& caller, Object input, std::move_only_function<void(Result<Object>)> done) {
  Handler(static_cast<Type&>(service), caller, *static_cast<const Input*>(input.get()),
          Reply<Output>([done = std::move(done)](Result<Output> result) mutable {
            if (!result) return done(std::unexpected(std::move(result).error()));
            done(Object(std::make_shared<Output>(std::move(*result))));
          }));
}

}  // namespace bind
}  // namespace leat::aws
