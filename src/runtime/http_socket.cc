#include "runtime/http_socket.h"

#include <openssl/err.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

namespace leat::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;

void HttpSocket::shake_hands(SSL_CTX* context, Done done) {
  Error ignored;
  socket_.native_non_blocking(true, ignored);
  ssl_.reset(SSL_new(context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1) {
    asio::post(get_executor(), [done = std::move(done)]() mutable { done(asio::error::no_memory, 0); });
    return;
  }
  drive([this] { return step(SSL_accept(ssl_.get()), 0); }, std::move(done), true);
}

bool HttpSocket::chose_http2() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  if (ssl_) SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  return size == 2;
}

// What came of a call of OpenSSL's that has just returned.
HttpSocket::Step HttpSocket::step(int result, std::size_t size) {
  if (result > 0) {
    moved_ += size;
    return {Next::kDone, {}, size};
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {Next::kReadable, {}, 0};
    case SSL_ERROR_WANT_WRITE: return {Next::kWritable, {}, 0};
    case SSL_ERROR_ZERO_RETURN: return {Next::kFailed, asio::error::eof, 0};
    default: return {Next::kFailed, asio::error::connection_reset, 0};
  }
}

// Repeats an attempt whenever the socket lets it go on.
void HttpSocket::drive(std::move_only_function<Step()> attempt, Done done, bool from_within) {
  ERR_clear_error();
  const Step outcome = attempt();
  if (outcome.next == Next::kReadable || outcome.next == Next::kWritable) {
    const auto awaited = outcome.next == Next::kReadable ? tcp::socket::wait_read : tcp::socket::wait_write;
    socket_.async_wait(awaited, [this, attempt = std::move(attempt), done = std::move(done)](Error error) mutable {
      if (error) return done(error, 0);
      drive(std::move(attempt), std::move(done), false);
    });
    return;
  }
  if (!from_within) return done(outcome.error, outcome.size);
  asio::post(get_executor(), [outcome, done = std::move(done)]() mutable { done(outcome.error, outcome.size); });
}

void HttpSocket::read(asio::mutable_buffer into, Done done) {
  if (!ssl_) {
    socket_.async_read_some(into, [this, done = std::move(done)](Error error, std::size_t size) mutable {
      moved_ += size;
      done(error, size);
    });
    return;
  }
  drive(
      [this, into] {
        std::size_t size = 0;
        const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
        return step(result, size);
      },
      std::move(done), true);
}

void HttpSocket::write(const Buffers& bytes, Done done) {
  if (ssl_) return write_securely(bytes, std::move(done));
  constexpr std::size_t kAtOnce = 1U << 20;
  const auto count = [this, counted = std::size_t{0}](const Error& error, std::size_t size) mutable -> std::size_t {
    moved_ += size - std::exchange(counted, size);
    return error ? 0 : kAtOnce;
  };
  asio::async_write(socket_, bytes, count, std::move(done));
}

// A short answer goes in one record, head and body.
void HttpSocket::write_securely(Buffers bytes, Done done) {
  constexpr std::size_t kRecord = 16U << 10;
  std::unique_ptr<std::string> joined;
  if (asio::buffer_size(bytes) <= kRecord) {
    joined = std::make_unique<std::string>();
    for (const auto& each : bytes) joined->append(static_cast<const char*>(each.data()), each.size());
    bytes = {asio::buffer(*joined), asio::const_buffer()};
  }
  drive(
      [this, bytes, joined = std::move(joined)]() mutable {
        Step outcome{Next::kDone, {}, 0};
        for (auto& each : bytes) {
          while (each.size() > 0) {
            std::size_t size = 0;
            const int result = SSL_write_ex(ssl_.get(), each.data(), each.size(), &size);
            outcome = step(result, size);
            if (outcome.next != Next::kDone) return outcome;
            each += size;
          }
        }
        return outcome;
      },
      std::move(done), true);
}

void HttpSocket::wait_readable(Done done) {
  socket_.async_wait(tcp::socket::wait_read, [done = std::move(done)](Error error) mutable { done(error, 0); });
}

std::string HttpSocket::peek(std::size_t size, Error& error) {
  std::string out(size, '\0');
  out.resize(socket_.receive(asio::buffer(out), tcp::socket::message_peek, error));
  return out;
}

// A socket of both versions writes one of version 4 as ::ffff:192.0.2.1, which no policy means.
static asio::ip::address unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

HttpEnds HttpSocket::ends() const {
  Error ours, peers;
  const auto local = socket_.local_endpoint(ours), remote = socket_.remote_endpoint(peers);
  if (ours || peers) return {};
  return {local.port(), remote.port(), unmapped(remote.address()).to_string()};
}

void HttpSocket::say_farewell() {
  Error ignored;
  if (ssl_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void HttpSocket::close() {
  Error ignored;
  ssl_.reset();  // it knows the descriptor, which may soon be another's
  socket_.close(ignored);
}

}  // namespace leat::runtime
