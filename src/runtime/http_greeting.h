#pragma once
// A connection until it is known what it speaks: its first bytes are TLS, HTTP/2 or HTTP/1.1.

#include <memory>

#include "runtime/http_sessions.h"

namespace leat::runtime {

class HttpGreeting final : public HttpSessions::Member,
                           public Deadlines::Entry,
                           public std::enable_shared_from_this<HttpGreeting> {
 public:
  // `tls` may be null.
  HttpGreeting(HttpLink link, HttpSessions& sessions, SSL_CTX* tls);
  ~HttpGreeting() override;

  void start();
  void drain() override;

 private:
  void look();
  void shake_hands();
  void begin_http1();
  void begin_http2();
  void expire(Waits waited_for) override;

  HttpLink link_;
  HttpSessions& sessions_;
  SSL_CTX* const tls_;
  bool hesitant_ = false;  // so few bytes came that the socket was told to wait for more
};

}  // namespace leat::runtime
