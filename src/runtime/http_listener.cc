#include "runtime/http_listener.h"

#include <fcntl.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "runtime/http_greeting.h"

namespace leat::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

namespace {

constexpr auto kPause = std::chrono::milliseconds(100);

// The connection stays where it is, so that to accept it again at once would go on for ever.
bool is_shortage(const Error& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
         error == asio::error::no_memory || error.value() == ENFILE;
}

}  // namespace

HttpListener::HttpListener(Acceptor acceptor, HttpSessions& sessions, Settings settings)
    : acceptor_(std::move(acceptor)),
      sessions_(sessions),
      settings_(std::move(settings)),
      pause_(acceptor_.get_executor()) {}

void HttpListener::accept() {
  if (!acceptor_.is_open() || is_full()) return;
  if (!sessions_.has_room()) return wait_for_room();
  HttpContext& context = *sessions_.contexts[next_++ % sessions_.contexts.size()];
  acceptor_.async_accept(context.io, [self = shared_from_this(), &context](Error error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
    if (is_shortage(error)) return self->pause();
    if (!error) self->greet(std::move(socket), context);
    self->accept();
  });
}

// Whoever stands behind a door must not take what the server has for all. An SDK keeps fifty for each client.
bool HttpListener::is_full() const {
  return (settings_.door != 0 || settings_.admit) && *guests_ >= sessions_.options.max_guests;
}

// Goes with its connection, on whatever thread; the first to go from a full listener has it accept again.
std::shared_ptr<void> HttpListener::make_guest() {
  ++*guests_;
  const auto leave = [guests = guests_, &sessions = sessions_, weak = weak_from_this()](void*) {
    if ((*guests)-- != sessions.options.max_guests || sessions.draining) return;
    if (auto self = weak.lock())
      asio::post(self->acceptor_.get_executor(), [self] { self->accept(); });
  };
  return {guests_.get(), leave};
}

// When somebody comes, the longest idle connection goes for him.
void HttpListener::wait_for_room() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](Error error) {
    if (error || !self->acceptor_.is_open()) return;
    if (!self->sessions_.has_room()) self->sessions_.close_an_idle_one();
    self->sessions_.when_there_is_room([self] {
      asio::post(self->acceptor_.get_executor(), [self] { self->accept(); });
    });
  });
}

void HttpListener::pause() {
  sessions_.close_an_idle_one();
  pause_.expires_after(kPause);
  pause_.async_wait([self = shared_from_this()](Error error) {
    if (!error) self->accept();
  });
}

void HttpListener::greet(tcp::socket socket, HttpContext& context) {
  Error ignored;
  // Asio opens sockets that a program started meanwhile would inherit, and keep the port with.
  fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  (void)socket.set_option(tcp::no_delay(true), ignored);
  HttpLink link{HttpPlace(sessions_), make_guest(), context, HttpSocket(std::move(socket)), {settings_.door, false}};
  asio::dispatch(context.io, [self = shared_from_this(), link = std::move(link)]() mutable {
    const HttpEnds ends = self->settings_.admit ? link.socket.ends() : HttpEnds{};
    if (self->settings_.admit && !self->settings_.admit(ends.port, ends.peer_port)) return;
    std::make_shared<HttpGreeting>(std::move(link), self->sessions_, self->settings_.tls)->start();
  });
}

void HttpListener::close() {
  Error ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

}  // namespace leat::runtime
