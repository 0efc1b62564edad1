#pragma once
// A connection's bytes, in clear text or through TLS. TLS works on the socket itself and lets its buffers go when they
// are empty, so that a connection that says nothing costs little.

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace leat::runtime {

// Of a connection; nothing of a peer that is gone already.
struct HttpEnds {
  std::uint16_t port = 0, peer_port = 0;
  std::string peer;  // its address
};

// Of one thread. What is called lives until it has completed, with the socket; it is never called from within.
class HttpSocket {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Error = boost::system::error_code;
  using Done = std::move_only_function<void(Error, std::size_t)>;
  using Buffers = std::array<boost::asio::const_buffer, 2>;

  explicit HttpSocket(Socket socket) : socket_(std::move(socket)) {}

  // Speaks TLS from now on, and is there when the peer does.
  void shake_hands(SSL_CTX* context, Done done);
  bool chose_http2() const;  // in the handshake

  void read(boost::asio::mutable_buffer into, Done done);  // some
  void write(const Buffers& bytes, Done done);             // all
  void wait_readable(Done done);

  // The first bytes that are there, without taking them.
  std::string peek(std::size_t size, Error& error);

  // Bytes that went in and out so far.
  std::uint64_t moved() const { return moved_; }

  HttpEnds ends() const;
  Socket& plain() { return socket_; }
  Socket::executor_type get_executor() { return socket_.get_executor(); }

  void say_farewell();  // nothing more is sent
  void close();

 private:
  struct Freed {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  enum class Next : std::uint8_t { kDone, kReadable, kWritable, kFailed };
  struct Step {
    Next next;
    Error error;
    std::size_t size;
  };

  Step step(int result, std::size_t size);
  void drive(std::move_only_function<Step()> attempt, Done done, bool from_within);
  void write_securely(Buffers bytes, Done done);

  Socket socket_;
  std::unique_ptr<SSL, Freed> ssl_;
  std::uint64_t moved_ = 0;
};

}  // namespace leat::runtime
