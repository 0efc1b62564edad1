#pragma once
// Takes the connections of one listening socket while there is room for them. Of the server's first thread.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/http_sessions.h"

namespace leat::runtime {

class HttpListener : public std::enable_shared_from_this<HttpListener> {
 public:
  using Acceptor = boost::asio::ip::tcp::acceptor;

  struct Settings {
    SSL_CTX* tls = nullptr;    // null: none
    std::uint32_t door = 0;    // as in HttpRequest
    HttpServer::Admit admit;  // empty: everybody
  };

  HttpListener(Acceptor acceptor, HttpSessions& sessions, Settings settings);

  void accept();
  void close();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  bool is_full() const;
  std::shared_ptr<void> make_guest();
  void wait_for_room();
  void pause();
  void greet(boost::asio::ip::tcp::socket socket, HttpContext& context);

  Acceptor acceptor_;
  HttpSessions& sessions_;
  const Settings settings_;
  const std::shared_ptr<std::atomic<std::uint32_t>> guests_ = std::make_shared<std::atomic<std::uint32_t>>(0);
  boost::asio::steady_timer pause_;
  std::size_t next_ = 0;
};

}  // namespace leat::runtime
