#pragma once
// Where runtimes and extensions fetch events and leave answers: the Lambda Runtime API and the Extensions API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
//   GET  /2018-06-01/runtime/invocation/next             answered when there is an event
//   POST /2018-06-01/runtime/invocation/ID/response      at once, or streamed
//   POST /2018-06-01/runtime/invocation/ID/error
//   POST /2018-06-01/runtime/init/error
//   …    /2020-01-01/extension/…                         see extensions.h
//
// It stands on each worker's own network. Where workers share the machine's, each has a port there, and a connection is
// served only where its other end belongs to a process of that worker.

#include <map>
#include <memory>
#include <mutex>

#include "base/random.h"
#include "engine/sandbox/worker.h"
#include "runtime/http_server.h"
#include "runtime/loop.h"
#include "service/lambda/api_worker.h"

namespace leat::lambda {

struct RuntimeApiParts {
  runtime::Loop& loop;
  const Clock& clock;
  Random& random;
  sandbox::WorkerFactory& workers;
};

class RuntimeApi final : public runtime::HttpHandler {
 public:
  explicit RuntimeApi(RuntimeApiParts parts);
  ~RuntimeApi() override;

  std::unique_ptr<sandbox::Worker> make_worker(ApiWorker::Settings settings);

  // Nothing is asked any longer. Before the loop ends.
  void stop();

  void handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) override;
  runtime::HttpBodyLimit body_limit(const runtime::HttpRequest& head) override;
  runtime::HttpBodySink stream_body(const runtime::HttpRequest& head) override;

  const RuntimeApiParts& parts() const { return parts_; }

  // For the worker: its process, with where it asks in its environment, and its end.
  std::unique_ptr<sandbox::Worker> spawn(ApiWorker& worker, sandbox::RuntimeSpec spec);
  void close(std::uint32_t place);

  // Of a worker's own network: the socket that listens at kPort, and its end. From any thread.
  static constexpr std::uint16_t kPort = 9001;
  void adopt(int descriptor, std::uint32_t door) { server_.adopt(descriptor, door); }
  void release(std::uint32_t door) { server_.release(door); }

 private:
  std::unique_ptr<sandbox::Worker> spawn_among_others(ApiWorker& worker, sandbox::RuntimeSpec spec);
  bool admit(std::uint16_t port, std::uint16_t peer_port);
  void answer(ApiCall& call);

  RuntimeApiParts parts_;
  runtime::HttpServer server_;
  std::map<std::uint32_t, ApiWorker*> endpoints_;  // by place; of the loop's thread
  std::map<std::uint32_t, std::weak_ptr<const void>> large_bodies_;  // that come, by place; of the server's one thread
  std::mutex checks_mutex_;
  std::map<std::uint16_t, sandbox::Worker::OwnsConnection> checks_;  // by port
};

}  // namespace leat::lambda
