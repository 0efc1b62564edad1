#pragma once
// Operations called from inside the server: through the same checks as a request, as a caller, a role or a service.

#include <functional>
#include <string>
#include <string_view>

#include "aws/authorizer.h"
#include "aws/shape_json.h"

namespace leat::aws {

// Who acts in a role's name. Where the role is gone, nobody is allowed anything.
Caller role_caller(std::string_view role_arn, std::string_view region);

// A service of AWS, for a resource of an account: events.amazonaws.com for a rule. What the policy of the resource that is
// asked for does not allow it, nothing does.
Caller service_caller(std::string_view service, std::string_view source_arn);

class Calls {
 public:
  // `durable` runs what it is given once all that was committed is on the disk.
  using Durable = std::function<void(std::move_only_function<void()> release)>;
  Calls(const Services& services, const Authorizer& authorizer, Durable durable)
      : services_(services), authorizer_(authorizer), durable_(std::move(durable)) {}

  // By the model's id and the operation's name, with JSON in the form of the service's JSON protocol: call_json(
  // caller, "dynamodb", "PutItem", "{…}", …). A write is answered when it is durable. From any thread; `done` on any.
  void call_json(Caller caller, std::string_view service, std::string_view operation, std::string_view json,
                 Reply<std::string> done) const;

  // The same with structs of the operation.
  template <class Output, class Input>
  void call(Caller caller, std::string_view service, std::string_view operation, const Input& input,
            Reply<Output> done) const {
    call_json(std::move(caller), service, operation, to_json(input),
              Reply<std::string>([done = std::move(done)](Result<std::string> result) mutable {
                if (!result) return done(std::unexpected(std::move(result).error()));
                if constexpr (std::is_void_v<Output>)
                  done({});
                else
                  done(from_json<Output>(*result));
              }));
  }

 private:
  const Services& services_;
  const Authorizer& authorizer_;
  Durable durable_;
};

}  // namespace leat::aws
