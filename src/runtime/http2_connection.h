#pragma once
// HTTP/2 without its socket: bytes in, requests out; responses in, bytes out. nghttp2 stays behind this header.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http.h"
#include "runtime/http_memory.h"

struct nghttp2_session;

namespace leat::runtime {

struct Http2Limits {
  std::uint32_t header_bytes;
  std::function<HttpBodyLimit(const HttpRequest& head)> body;
  HttpMemory& memory;
};

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
    HttpMemory::Share share;  // of the body
  };
  using RequestPtr = std::shared_ptr<Request>;

  explicit Http2Connection(Http2Limits limits);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;

  // False where the peer does not speak HTTP/2: what there is to send tells it so, then the connection is over.
  bool receive(std::string_view bytes);

  // The requests that have come in completely since the last call.
  std::vector<RequestPtr> take_requests() { return std::exchange(arrived_, {}); }

  // Those who were told to wait for an answer and have given up since the last call.
  std::vector<std::shared_ptr<Departure>> take_departures() { return std::exchange(departures_, {}); }

  // Streams whose bodies stand still until they are granted so many bytes of memory.
  struct Hungry {
    std::int32_t stream;
    std::uint64_t size;
  };
  std::vector<Hungry> take_hungry() { return std::exchange(hungry_, {}); }
  void grant(std::int32_t stream, HttpMemory::Share share);

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

  bool is_idle() const { return streams_.empty(); }
  bool awaits_body() const;    // a request has not come to its end
  bool awaits_reader() const;  // a part of an answer lies here that the peer does not take
  bool holds_room() const;     // for a body

 private:
  struct Stream;
  struct Callbacks;

  void begin_body(Stream& stream);
  void ask(Stream& stream, std::uint64_t size);
  void count(Stream& stream, std::size_t size);
  void settle(Stream& stream);
  void describe(Stream& stream);
  void complete(Stream& stream);
  void refuse(Stream& stream, HttpResponse response);
  void leave(Stream& stream);

  const Http2Limits limits_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  std::vector<RequestPtr> arrived_;
  std::vector<std::shared_ptr<Departure>> departures_;
  std::vector<Hungry> hungry_;
  std::uint64_t unshared_ = 0;  // bytes of bodies that no share stands for
};

}  // namespace leat::runtime
