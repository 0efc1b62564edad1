#pragma once
// The endpoints that are leat's own, and those that users of LocalStack expect.
//
//   GET  /_leat/health, /_localstack/health, /_localstack/info, /_localstack/init
//   … and, for whom control_access.h says:
//   POST /_leat/reset, /_localstack/state/reset       everything that is stored is gone
//   GET  /_leat/clock                                 {"now": milliseconds}
//   POST /_leat/clock?advance=SECONDS                 with --test-clock
//   GET  /_leat/logs?function=NAME&after=NUMBER       waits for log events, a page at a time; see log_followers.h
//   GET  /_leat/packages/SHA256?Expires&Signature     a function's package, as GetFunction's Code.Location says

#include <functional>
#include <string_view>
#include <vector>

#include "app/control_access.h"
#include "app/init_scripts.h"
#include "app/log_followers.h"
#include "base/clock.h"
#include "engine/blob/blobs.h"
#include "engine/kv/store.h"
#include "gateway/gateway.h"
#include "service/lambda/package_links.h"
#include "service/logs/logs.h"

namespace leat::app {

struct ControlParts {
  Clock& clock;
  bool clock_may_move;
  const ControlAccess& access;
  kv::Store& store;
  logs::Logs& logs;
  const blob::Blobs& blobs;
  const lambda::PackageLinks& links;
  const InitScripts& init_scripts;
  const aws::Services& services;
  std::function<void()> reset;
};

class Control final : public gateway::ControlEndpoints {
 public:
  explicit Control(ControlParts parts);
  bool handle(const runtime::HttpRequest& request, runtime::HttpRespond& respond) override;

  // The server ends: nobody waits any longer.
  void release() { followers_.release(); }

 private:
  runtime::HttpResponse clock(const runtime::HttpRequest& request, std::string_view query);
  void follow_logs(const runtime::HttpRequest& request, std::string_view query, runtime::HttpRespond respond);

  ControlParts parts_;
  LogFollowers followers_;
};

}  // namespace leat::app
