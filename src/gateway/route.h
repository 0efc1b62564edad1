#pragma once
// From a request to the operation that it asks for.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/operation.h"
#include "runtime/http.h"
#include "wire/codec.h"
#include "wire/sigv4.h"

namespace leat::gateway {

// A service model and the object that its handlers take.
struct Binding {
  const aws::ServiceModel* model;
  void* service;
  bool (*owns_path)(std::string_view path) = nullptr;  // it is asked at these, too, beside "/"
};

struct Route {
  const Binding* binding = nullptr;           // null: nobody can be meant
  const aws::Operation* operation = nullptr;  // null: the service has no such operation
  std::string asked_for;                      // the operation's name as the request gives it, for messages; empty:
                                              // no operation has such a path
  aws::Protocol protocol = aws::Protocol::kJson;
};

// For errors of a request that was routed so. `request_id` must outlive it.
wire::ErrorContext context_of(const Route& route, std::string_view request_id);

class Router {
 public:
  explicit Router(std::vector<Binding> bindings);

  // `signed_service` is the credential scope's service, or empty.
  Route route(const runtime::HttpRequest& request, std::string_view signed_service) const;

  const std::vector<Binding>& bindings() const { return bindings_; }

 private:
  Route by_target(std::string_view target) const;
  Route by_rpc(const runtime::HttpRequest& request) const;
  Route by_looks(const runtime::HttpRequest& request, bool form) const;
  const Binding* signed_for(std::string_view service) const;
  Route by_action(const Binding& binding, const runtime::HttpRequest& request) const;
  static Route by_uri(const Binding& binding, const runtime::HttpRequest& request);

  std::vector<Binding> bindings_;
  struct Named {
    const Binding* binding;
    const aws::Operation* operation;
  };
  std::unordered_map<std::string, Named> targets_;  // DynamoDB_20120810.PutItem
};

}  // namespace leat::gateway
