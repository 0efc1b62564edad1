#pragma once
// The names that the server may be called by. A name that somebody else can point at it by DNS is none: a page of that
// name would be of the server's own origin ("DNS rebinding").

#include <string>
#include <string_view>
#include <vector>

#include "runtime/http.h"

namespace leat::gateway {

// localhost:4566, [::1]:4566
std::string_view without_port(std::string_view host);

// An IP address, in brackets where it is of version 6.
bool is_address(std::string_view host);

// Below localhost, localhost.localstack.cloud or a domain of AWS: where services, buckets and functions have their
// names.
bool is_name_of_services(std::string_view host);

// us-east-1 of dynamodb.us-east-1.amazonaws.com or sqs.us-east-1.localhost; empty where the name says none.
std::string_view region_in(std::string_view host);

class HostNames {
 public:
  // `own` are taken beside those that everybody has, and the names below them.
  explicit HostNames(std::vector<std::string> own);

  // Whether the one Host of the request is an address, a name without dots (a container's), host.docker.internal, a
  // service's, or one of the server's own.
  bool allow(const runtime::HttpRequest& request) const;

 private:
  bool allow(std::string_view name) const;

  std::vector<std::string> own_;
};

}  // namespace leat::gateway
