#include "runtime/http_server.h"

#include <fcntl.h>

#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>
#include <map>
#include <thread>

#include "runtime/certificate_authority.h"
#include "runtime/http1_session.h"
#include "runtime/http2_session.h"
#include "runtime/loop.h"

namespace leat::runtime {

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

namespace {

constexpr unsigned char kTlsHandshakeRecord = 0x16;

constexpr std::string_view kHttp2Begins = "PRI";
using TlsStream = asio::ssl::stream<tcp::socket>;

// HTTP/2 where the client offers it, else HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";
  const int chosen = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kProtocols,
                                           sizeof kProtocols - 1, offered, offered_size);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// Asio opens sockets that a program started meanwhile would inherit, and keep the port with.
void close_on_exec(int descriptor) { fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

}  // namespace

struct HttpServer::State {
  State(HttpServerOptions given, const Clock& clock) : options(std::move(given)), sessions(options, clock) {
    for (unsigned i = 0; i < options.threads; ++i) contexts.push_back(std::make_unique<asio::io_context>(1));
    acceptor = listen_on(options.port);
    if (options.certificate_pem.empty()) return;
    tls.emplace(asio::ssl::context::tls_server);
    tls->use_certificate_chain(asio::buffer(options.certificate_pem));
    tls->use_private_key(asio::buffer(options.private_key_pem), asio::ssl::context::pem);
    SSL_CTX_set_alpn_select_cb(tls->native_handle(), &choose_protocol, nullptr);
    if (options.authority) options.authority->serve(tls->native_handle());
  }

  using Acceptor = std::shared_ptr<tcp::acceptor>;

  Acceptor listen_on(std::uint16_t port) {
    auto made = std::make_shared<tcp::acceptor>(*contexts[0]);
    const tcp::endpoint endpoint(asio::ip::make_address(options.address), port);
    made->open(endpoint.protocol());
    close_on_exec(made->native_handle());
    made->set_option(tcp::acceptor::reuse_address(true));
    made->bind(endpoint);
    made->listen();
    return made;
  }

  void accept(const Acceptor& from, const HttpServer::Admit& admit, std::uint32_t door) {
    asio::io_context& target = *contexts[next++ % contexts.size()];
    from->async_accept(target, [this, from, admit, door](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !from->is_open()) return;
      if (!error) {
        error_code ignored;
        close_on_exec(socket.native_handle());
        (void)socket.set_option(tcp::no_delay(true), ignored);
        auto executor = socket.get_executor();
        asio::dispatch(executor, [this, admit, door, socket = std::move(socket)]() mutable {
          const HttpEnds ends = admit ? ends_of(socket) : HttpEnds{};
          if (!admit || admit(ends.port, ends.peer_port)) greet(std::move(socket), {door, false});
        });
      }
      accept(from, admit, door);
    });
  }

  // Looks at the first byte: a TLS handshake, or HTTP.
  void greet(tcp::socket socket, HttpArrival arrival) {
    if (!tls) return listen(std::move(socket), arrival);
    auto held = std::make_shared<tcp::socket>(std::move(socket));
    held->async_wait(tcp::socket::wait_read, [this, held, arrival](error_code error) {
      unsigned char first = 0;
      if (!error) held->receive(asio::buffer(&first, 1), tcp::socket::message_peek, error);
      if (error) return;
      if (first == kTlsHandshakeRecord)
        shake_hands(TlsStream(std::move(*held), *tls), arrival);
      else
        listen(std::move(*held), arrival);
    });
  }

  // In clear text, a client that knows that we speak HTTP/2 just begins with it.
  // https://www.rfc-editor.org/rfc/rfc9113#name-starting-http-2-with-prior-
  void listen(tcp::socket socket, HttpArrival arrival) {
    struct Opening {
      tcp::socket socket;
      std::array<char, 4096> bytes;
    };
    auto opening = std::make_shared<Opening>(Opening{std::move(socket), {}});
    asio::async_read(opening->socket, asio::buffer(opening->bytes), asio::transfer_at_least(kHttp2Begins.size()),
                     [this, opening, arrival](error_code error, std::size_t size) {
                       if (error) return;
                       std::string first(opening->bytes.data(), size);
                       const bool http2 = first.starts_with(kHttp2Begins);
                       begin(std::move(opening->socket), std::move(first), http2, arrival);
                     });
  }

  void shake_hands(TlsStream stream, HttpArrival arrival) {
    arrival.secure = true;
    auto held = std::make_shared<TlsStream>(std::move(stream));
    held->async_handshake(asio::ssl::stream_base::server, [this, held, arrival](error_code error) {
      if (error) return;
      const unsigned char* chosen = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(held->native_handle(), &chosen, &size);
      begin(std::move(*held), std::string(), size == 2, arrival);
    });
  }

  template <class Stream>
  void begin(Stream stream, std::string first, bool http2, HttpArrival arrival) {
    if (http2)
      std::make_shared<Http2Session<Stream>>(std::move(stream), sessions, std::move(first), arrival)->start();
    else
      std::make_shared<Http1Session<Stream>>(std::move(stream), sessions, first, arrival)->start();
  }

  HttpServerOptions options;
  HttpSessions sessions;
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work;
  Acceptor acceptor;
  std::mutex others_mutex;
  std::map<std::uint16_t, Acceptor> others;
  std::multimap<std::uint32_t, Acceptor> adopted;  // by door; of the first context's thread
  std::optional<asio::ssl::context> tls;
  std::vector<std::thread> threads;
  std::size_t next = 0;
};

HttpServer::HttpServer(HttpServerOptions options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

void HttpServer::start(HttpHandler& handler) {
  state_->sessions.handler = &handler;
  state_->accept(state_->acceptor, nullptr, 0);
  for (auto& context : state_->contexts) {
    state_->work.emplace_back(context->get_executor());
    state_->threads.emplace_back([&context = *context] {
      pthread_setname_np(pthread_self(), "http");
      run_guarded(context, "http");
    });
  }
}

std::uint16_t HttpServer::port() const { return state_->acceptor->local_endpoint().port(); }

std::uint16_t HttpServer::open(Admit admit) {
  auto made = state_->listen_on(0);
  const std::uint16_t port = made->local_endpoint().port();
  {
    std::lock_guard lock(state_->others_mutex);
    state_->others[port] = made;
  }
  asio::post(*state_->contexts[0],
             [state = state_.get(), made, admit = std::move(admit)] { state->accept(made, admit, 0); });
  return port;
}

void HttpServer::close(std::uint16_t port) {
  std::lock_guard lock(state_->others_mutex);
  const auto found = state_->others.extract(port);
  if (found) asio::post(*state_->contexts[0], [acceptor = found.mapped()] { acceptor->close(); });
}

void HttpServer::adopt(int descriptor, std::uint32_t door) {
  auto made = std::make_shared<tcp::acceptor>(*state_->contexts[0], tcp::v4(), descriptor);
  asio::post(*state_->contexts[0], [state = state_.get(), made, door] {
    state->adopted.emplace(door, made);
    state->accept(made, nullptr, door);
  });
}

void HttpServer::release(std::uint32_t door) {
  asio::post(*state_->contexts[0], [state = state_.get(), door] {
    const auto [begin, end] = state->adopted.equal_range(door);
    for (auto each = begin; each != end; ++each) each->second->close();
    state->adopted.erase(begin, end);
  });
}

void HttpServer::stop(std::chrono::milliseconds patience) {
  if (state_->threads.empty()) return;
  asio::post(*state_->contexts[0], [this] { state_->acceptor->close(); });
  state_->sessions.drain(patience);
  for (auto& context : state_->contexts) context->stop();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
}

}  // namespace leat::runtime
