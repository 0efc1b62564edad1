#pragma once
// HTTP/2 without its socket: bytes in, requests out; responses in, bytes out. nghttp2 stays behind this header.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http.h"
#include "runtime/http_server.h"

struct nghttp2_session;

namespace leat::runtime {

// Of one thread.
class Http2Connection {
 public:
  struct Request final : HttpWaiter {
    void tell_when_gone(std::shared_ptr<Departure> given) override { departure = std::move(given); }

    HttpRequest view;  // of what follows
    std::int32_t stream;
    std::string method, target, body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<Departure> departure;
  };
  using RequestPtr = std::shared_ptr<Request>;

  explicit Http2Connection(const HttpServerOptions& limits);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;

  // False where the peer does not speak HTTP/2: what there is to send tells it so, then the connection is over.
  bool receive(std::string_view bytes);

  // The requests that have come in completely since the last call.
  std::vector<RequestPtr> take_requests() { return std::exchange(arrived_, {}); }

  // Those who were told to wait for an answer and have given up since the last call.
  std::vector<std::shared_ptr<Departure>> take_departures() { return std::exchange(departures_, {}); }

  // The peer is gone, and so are all who wait.
  void abandon();

  // Nothing happens where the peer has given the stream up.
  void respond(std::int32_t stream, HttpResponse response, std::string_view date);

  // A streamed body has more.
  void resume(std::int32_t stream);

  // Appends about `limit` bytes of what is to be sent. Nothing where there is nothing at present.
  void append_output(std::string& out, std::size_t limit);

  // No new requests are taken.
  void go_away();

  // Neither side has anything to say any longer.
  bool over() const;

 private:
  struct Stream;
  struct Callbacks;

  void complete(Stream& stream);
  void refuse(std::int32_t stream, int status);
  void leave(Stream& stream);

  const HttpServerOptions& limits_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  std::vector<RequestPtr> arrived_;
  std::vector<std::shared_ptr<Departure>> departures_;
};

}  // namespace leat::runtime
