#pragma once
// HTTP messages as the rest of leat sees them.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/departure.h"

namespace leat::runtime {

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

bool equals_ignoring_case(std::string_view left, std::string_view right);

// Who waits for a request's answer.
class HttpWaiter {
 public:
  virtual ~HttpWaiter() = default;

  // Tells `departure` where the client is gone before it is answered. Only for what waits for something other than the
  // server itself: who is watched must keep its side of the connection open. To be called from within handle().
  virtual void tell_when_gone(std::shared_ptr<Departure> departure) = 0;
};

// A request that was read completely. The views live until its response is given.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  // path and query, as sent
  std::vector<HttpHeader> headers;
  std::string_view body;
  bool secure = false;
  std::uint16_t port = 0;      // that it came to
  std::uint32_t door = 0;      // by which listener: 0 is the server's own, others were adopted
  std::string_view peer = {};  // the address that it came from
  HttpWaiter* waiter = nullptr;  // null where nobody can leave
  // That its body has room in memory. Given back after handle(), even where the answer waits; who puts the request off
  // keeps it with its copy.
  std::shared_ptr<const void> room = {};

  // The first header of that name in any case, or an empty view.
  std::string_view header(std::string_view name) const {
    for (const HttpHeader& each : headers) {
      if (equals_ignoring_case(each.name, name)) return each.value;
    }
    return {};
  }
};

class HttpStream;

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<HttpStream> stream = {};  // the body, where it comes in pieces
  std::optional<std::uint64_t> length = {};  // to HEAD: of the body that GET would have
};

// Called exactly once for a request, from any thread.
using HttpRespond = std::move_only_function<void(HttpResponse)>;

// What a handler takes of a body.
struct HttpBodyLimit {
  std::uint64_t bytes = 100ULL << 20;
  HttpResponse refusal{413};  // of more
  std::function<void()> exceeded = {};     // called where it is refused
  std::shared_ptr<const void> pass = {};  // kept until the body was answered, or its client is gone

  HttpResponse refuse() {
    if (exceeded) exceeded();
    return std::move(refusal);
  }
};

// Takes a request's body piece by piece, on a thread of the server. More is read once `go_on` was called, from any
// thread; the connection ends where it never is.
using HttpGoOn = std::move_only_function<void()>;
using HttpBodySink = std::move_only_function<void(std::string_view piece, HttpGoOn go_on)>;

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Where it gives a sink, the body goes there as it comes, of any size, and handle() follows at its end, with what is
  // left of the body and with the trailers among the headers. HTTP/1.1 only.
  virtual HttpBodySink stream_body(const HttpRequest& head) {
    (void)head;
    return nullptr;
  }

  // Asked before a body is read that is larger than 64 KiB or does not say how large it is. What is more than the limit
  // is refused as it comes.
  virtual HttpBodyLimit body_limit(const HttpRequest& head) {
    (void)head;
    return {};
  }

  virtual void handle(const HttpRequest& request, HttpRespond respond) = 0;
};

}  // namespace leat::runtime
