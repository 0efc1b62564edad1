#pragma once
// Serves HTTP/1.1 with keep-alive and HTTP/2, in clear text and over TLS on the same port.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "runtime/http.h"
#include "runtime/http_limits.h"

namespace leat::runtime {

class CertificateAuthority;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  unsigned threads = 1;
  std::uint32_t header_limit = 16U << 10;  // bytes; 400 above
  std::size_t max_connections = 1024;      // others wait until one of them goes; idle ones go for them
  std::uint32_t max_guests = 256;          // of them, by one door, or one port of those that were opened
  bool http2 = true;
  std::uint64_t memory_limit = 256U << 20;  // bytes of bodies that wait for more, or for their readers
  // Told of what connections took and have given back, in bytes. From any thread.
  std::function<void(std::uint64_t bytes)> freed = [](std::uint64_t) {};
  HttpPatience patience;
  std::string certificate_pem;              // empty: no TLS
  std::string private_key_pem;
  CertificateAuthority* authority = nullptr;  // for names that the certificate is not for
};

class HttpServer {
 public:
  // Listens at once and throws std::system_error where it cannot; requests are served from start() on.
  HttpServer(HttpServerOptions options, const Clock& clock);
  ~HttpServer();

  // `handler` must live until stop() has returned.
  void start(HttpHandler& handler);
  std::uint16_t port() const;

  // Whether a connection is served, by the ports of its two ends. Called on a thread of the server.
  using Admit = std::function<bool(std::uint16_t port, std::uint16_t peer_port)>;

  // Listens on one more port of the same address, whichever is free, until close(). Throws std::system_error.
  std::uint16_t open(Admit admit);
  void close(std::uint16_t port);

  // Serves a listening socket of IPv4 that somebody else made, until release(). It owns the descriptor from now on. Its
  // requests say by which `door` they came.
  void adopt(int descriptor, std::uint32_t door);
  void release(std::uint32_t door);

  // Takes no new requests, answers those in flight and returns when they are answered or `patience` is over.
  void stop(std::chrono::milliseconds patience);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A self-signed certificate and its key for localhost and its names: (certificate, key) in PEM.
std::pair<std::string, std::string> make_certificate(TimePoint now);

}  // namespace leat::runtime
