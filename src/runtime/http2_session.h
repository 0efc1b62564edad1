#pragma once
// An HTTP/2 connection over its socket.

#include "runtime/http2_connection.h"
#include "runtime/http_sessions.h"

namespace leat::runtime {

class Http2Session final : public HttpSessions::Member,
                           public Deadlines::Entry,
                           public std::enable_shared_from_this<Http2Session> {
 public:
  Http2Session(HttpLink link, HttpSessions& sessions);
  ~Http2Session() override;

  void start();
  void drain() override;

 private:
  using Error = boost::system::error_code;

  void read();
  void take(std::string_view bytes);
  void handle(Http2Connection::RequestPtr request);
  void ask_for_room(std::int32_t stream, std::uint64_t size);
  void respond(std::int32_t id, HttpResponse response);
  void more(std::int32_t id);
  void write();
  void await();
  void tell_who_waits();
  void close();

  void expire(Waits waited_for) override;
  std::uint64_t progress() const override { return link_.socket.moved(); }

  HttpLink link_;
  HttpSessions& sessions_;
  Http2Connection connection_;
  const HttpEnds ends_;
  std::string in_, out_;
  bool writing_ = false;
};

}  // namespace leat::runtime
