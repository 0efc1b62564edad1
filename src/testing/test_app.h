#pragma once
// The real app, with a clock that stands still and a store in memory that can be told to fail.

#include <memory>
#include <string>

#include "app/app.h"
#include "engine/kv/rocksdb_store.h"
#include "runtime/http_client.h"
#include "testing/faulty_store.h"
#include "testing/manual_clock.h"

namespace leat::testing {

class TestApp {
 public:
  TestApp() : clock_(std::make_shared<ManualClock>()) {
    auto store = std::make_unique<FaultyStore>(kv::open_rocksdb({"/test", kv::Durability::kOs, true}));
    store_ = store.get();
    app::Configuration configuration;
    configuration.port = 0;
    configuration.ephemeral = true;
    app_ = std::make_unique<app::App>(configuration, app::World{clock_, std::make_shared<Random>(), std::move(store)});
    app_->start();
  }
  ~TestApp() { app_->stop(std::chrono::seconds(1)); }

  ManualClock& clock() { return *clock_; }
  FaultyStore& store() { return *store_; }
  const aws::Calls& calls() const { return app_->calls(); }

  // Calls an operation of DynamoDB as the account's root: call("PutItem", "{…}"). Throws where nobody answers.
  runtime::HttpResponse call(const std::string& operation, const std::string& body) {
    const std::string target = "DynamoDB_20120810." + operation;
    const std::string authorization =
        "AWS4-HMAC-SHA256 Credential=test/20231114/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-target, Signature=" +
        std::string(64, '0');
    return runtime::http_request("127.0.0.1", app_->port(),
                                 {"POST",
                                  "/",
                                  {{"Content-Type", "application/x-amz-json-1.0"},
                                   {"X-Amz-Target", target},
                                   {"X-Amz-Date", "20231114T221320Z"},
                                   {"Authorization", authorization}},
                                  body})
        .value();
  }

 private:
  std::shared_ptr<ManualClock> clock_;
  FaultyStore* store_;
  std::unique_ptr<app::App> app_;
};

}  // namespace leat::testing
