#pragma once
// From a request to the operation that it asks for.

#include <string>
#include <string_view>
#include <unordered_map>

#include "aws/service.h"
#include "runtime/http.h"
#include "wire/codec.h"
#include "wire/sigv4.h"

namespace leat::gateway {

struct Route {
  aws::Service* service = nullptr;            // null: nobody can be meant
  const aws::Operation* operation = nullptr;  // null: the service has no such operation
  std::string asked_for;                      // the operation's name as the request gives it, for messages; empty:
                                              // no operation has such a path
  aws::Protocol protocol = aws::Protocol::kJson;
  wire::Read read = {};  // what was read on the way
};

// For errors of a request that was routed so. `request_id` must outlive it.
wire::ErrorContext context_of(const Route& route, std::string_view request_id);

class Router {
 public:
  explicit Router(const aws::Services& services);

  // `signed_service` is the credential scope's service, or empty.
  Route route(const runtime::HttpRequest& request, std::string_view signed_service) const;

 private:
  Route by_target(std::string_view target) const;
  Route by_rpc(const runtime::HttpRequest& request) const;
  Route by_looks(const runtime::HttpRequest& request, bool form) const;
  aws::Service* signed_for(std::string_view service) const;
  static Route by_action(aws::Service& service, QueryParameters form);
  Route by_path(aws::Service& service, const runtime::HttpRequest& request) const;

  const aws::Services& services_;
  struct Named {
    aws::Service* service;
    const aws::Operation* operation;
  };
  std::unordered_map<std::string, Named> targets_;  // DynamoDB_20120810.PutItem
  std::unordered_map<const aws::Service*, wire::Paths> paths_;  // of those that are asked by path
};

}  // namespace leat::gateway
