#pragma once
// What stands between a connection and the services: route, authenticate, dispatch. Everything that is the same for
// all operations happens here, once.

#include <functional>
#include <memory>

#include "aws/authorizer.h"
#include "base/random.h"
#include "gateway/authenticate.h"
#include "gateway/host_names.h"
#include "gateway/pages.h"
#include "gateway/route.h"
#include "runtime/http.h"

namespace leat::gateway {

// Holds a write's reply until what it committed is durable.
using ReplyGate = std::function<void(std::move_only_function<void()> release)>;

// Answers requests that are none of AWS's: health, control, inspection. False where the path is not its own.
class ControlEndpoints {
 public:
  virtual ~ControlEndpoints() = default;
  virtual bool handle(const runtime::HttpRequest& request, runtime::HttpRespond& respond) = 0;
};

// A service that is asked by plain HTTP on host names of its own.
struct Site {
  const aws::ServiceModel& model;  // whose it is
  std::function<bool(std::string_view host)> owns;
  // `caller` is who has signed; nobody where nobody has. The views live until the response is given.
  std::function<void(const runtime::HttpRequest& request, const std::optional<aws::Caller>& caller,
                     runtime::HttpRespond respond)>
      handle;
  runtime::HttpBodyLimit body_limit;
};

struct GatewayParts {
  const aws::Services& services;
  const HostNames& host_names;
  const Pages& pages;
  const Authenticator& authenticator;
  const aws::Authorizer& authorizer;
  Random& random;
  ReplyGate reply_gate;
  ControlEndpoints& control;
  std::vector<Site> sites;
};

struct Exchange;

class Gateway final : public runtime::HttpHandler {
 public:
  explicit Gateway(GatewayParts parts) : parts_(std::move(parts)), router_(parts_.services) {}

  runtime::HttpBodyLimit body_limit(const runtime::HttpRequest& head) override;
  void handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) override;

 private:
  void answer(const runtime::HttpRequest& request, runtime::HttpRespond respond);
  void decide(const runtime::HttpRequest& request, const wire::Signature& signature,
              const std::shared_ptr<Exchange>& exchange);
  bool controlled(const runtime::HttpRequest& request, runtime::HttpRespond& respond);
  void serve(const Site& site, const runtime::HttpRequest& request, runtime::HttpRespond respond);

  GatewayParts parts_;
  Router router_;
};

}  // namespace leat::gateway
