#include "runtime/http_greeting.h"

#include <boost/asio/post.hpp>

#include "runtime/http1_session.h"
#include "runtime/http2_session.h"

namespace leat::runtime {

namespace asio = boost::asio;

namespace {

constexpr char kTlsHandshakeRecord = 0x16;

// In clear text, a client that knows that we speak HTTP/2 just begins with it.
// https://www.rfc-editor.org/rfc/rfc9113#name-starting-http-2-with-prior-
constexpr std::string_view kHttp2Begins = "PRI";

// A handshake costs the server work and memory before anybody is known. Where so many are begun on a thread, the
// oldest goes for a new one: an honest one takes milliseconds.
constexpr std::size_t kMaxHandshakes = 256;

void set_least_readable(HttpSocket& socket, std::size_t bytes) {
  const int size = static_cast<int>(bytes);
  setsockopt(socket.plain().native_handle(), SOL_SOCKET, SO_RCVLOWAT, &size, sizeof size);
}

}  // namespace

HttpGreeting::HttpGreeting(HttpLink link, HttpSessions& sessions, SSL_CTX* tls)
    : link_(std::move(link)), sessions_(sessions), tls_(tls) {
  sessions_.add(this);
}

HttpGreeting::~HttpGreeting() { sessions_.remove(this); }

void HttpGreeting::start() {
  link_.context.deadlines.wait(*this, Waits::kGreeting);
  look();
}

void HttpGreeting::drain() {
  asio::post(link_.socket.get_executor(), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->link_.socket.close();
  });
}

void HttpGreeting::look() {
  link_.socket.wait_readable([self = shared_from_this()](HttpSocket::Error error, std::size_t) {
    const std::string first = error ? std::string() : self->link_.socket.peek(kHttp2Begins.size(), error);
    if (error) return;
    if (self->tls_ && first.front() == kTlsHandshakeRecord) return self->shake_hands();
    if (self->hesitant_) set_least_readable(self->link_.socket, 1);
    if (first == kHttp2Begins && self->sessions_.options.http2) return self->begin_http2();
    if (self->hesitant_ || !kHttp2Begins.starts_with(first)) return self->begin_http1();
    self->hesitant_ = true;
    set_least_readable(self->link_.socket, kHttp2Begins.size());
    self->look();
  });
}

void HttpGreeting::shake_hands() {
  auto& deadlines = link_.context.deadlines;
  if (deadlines.count(Waits::kHandshake) >= kMaxHandshakes) deadlines.expire_longest(Waits::kHandshake);
  deadlines.wait(*this, Waits::kHandshake);
  link_.arrival.secure = true;
  link_.socket.shake_hands(tls_, [self = shared_from_this()](HttpSocket::Error error, std::size_t) {
    if (error) return;
    self->link_.socket.chose_http2() ? self->begin_http2() : self->begin_http1();
  });
}

void HttpGreeting::begin_http1() {
  link_.context.deadlines.wait(*this, Waits::kNothing);
  std::make_shared<Http1Session>(std::move(link_), sessions_)->start();
}

void HttpGreeting::begin_http2() {
  link_.context.deadlines.wait(*this, Waits::kNothing);
  std::make_shared<Http2Session>(std::move(link_), sessions_)->start();
}

void HttpGreeting::expire(Waits) { link_.socket.close(); }

}  // namespace leat::runtime
