#pragma once
// Requests as large as a function's package. Verifying and decoding one takes a tenth of a second and more, and a
// thread of the server has other connections that would wait for it.

#include "runtime/http.h"
#include "runtime/loop.h"

namespace leat::app {

class LargeRequests final : public runtime::HttpHandler {
 public:
  LargeRequests(runtime::HttpHandler& handler, runtime::Loop& loop) : handler_(handler), loop_(loop) {}

  runtime::HttpBodySink stream_body(const runtime::HttpRequest& head) override { return handler_.stream_body(head); }
  runtime::HttpBodyLimit body_limit(const runtime::HttpRequest& head) override { return handler_.body_limit(head); }
  void handle(const runtime::HttpRequest& request, runtime::HttpRespond respond) override;

 private:
  runtime::HttpHandler& handler_;
  runtime::Loop& loop_;  // the large ones run here, one after another
};

}  // namespace leat::app
