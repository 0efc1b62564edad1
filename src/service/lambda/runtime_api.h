#pragma once
// The Lambda Runtime API: where custom runtimes, and AWS's own runtime clients, fetch events and leave answers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
//   GET  /2018-06-01/runtime/invocation/next             answered when there is an event
//   POST /2018-06-01/runtime/invocation/ID/response
//   POST /2018-06-01/runtime/invocation/ID/error
//   POST /2018-06-01/runtime/init/error
//
// Each worker has a port of its own. It is on a network that all workers share, so a connection is served only where
// its other end belongs to a process of that worker.

#include <map>
#include <memory>
#include <mutex>

#include "engine/sandbox/worker.h"
#include "runtime/http_server.h"
#include "runtime/loop.h"

namespace leat::lambda {

class RuntimeApi final : public runtime::HttpHandler {
 public:
  RuntimeApi(runtime::Loop& loop, const Clock& clock, sandbox::WorkerFactory& workers);
  ~RuntimeApi() override;

  // A worker that speaks the frames of runtimes/PROTOCOL.md to leat and the Runtime API to its process, which runs the
  // `bootstrap` of its code or of a layer. The process starts when the worker gets its function.
  std::unique_ptr<sandbox::Worker> make_worker(const sandbox::RuntimeSpec& spec);

  // Nothing is asked any longer. Before the loop ends.
  void stop();

  void handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) override;

 private:
  class ApiWorker;
  struct Call;

  std::unique_ptr<sandbox::Worker> spawn(ApiWorker& worker, sandbox::RuntimeSpec spec);
  bool admit(std::uint16_t port, std::uint16_t peer_port);
  void close(std::uint16_t port);
  void answer(Call& call);

  runtime::Loop& loop_;
  sandbox::WorkerFactory& workers_;
  runtime::HttpServer server_;
  std::map<std::uint16_t, ApiWorker*> endpoints_;  // by port; of the loop's thread
  std::mutex checks_mutex_;
  std::map<std::uint16_t, sandbox::Worker::OwnsConnection> checks_;  // by port
};

}  // namespace leat::lambda
