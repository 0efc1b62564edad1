#include "runtime/http_server.h"

#include <fcntl.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/string.hpp>
#include <map>
#include <optional>
#include <thread>

#include "runtime/certificate_authority.h"
#include "runtime/http_listener.h"
#include "runtime/loop.h"

namespace leat::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

namespace {

// HTTP/2 where the client offers it, else HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";
  const int chosen = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kProtocols,
                                           sizeof kProtocols - 1, offered, offered_size);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

asio::ssl::context make_tls(const HttpServerOptions& options) {
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.use_certificate_chain(asio::buffer(options.certificate_pem));
  tls.use_private_key(asio::buffer(options.private_key_pem), asio::ssl::context::pem);
  SSL_CTX_set_alpn_select_cb(tls.native_handle(), &choose_protocol, nullptr);
  SSL_CTX_set_mode(tls.native_handle(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(tls.native_handle(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);  // clients keep tickets
  SSL_CTX_set_read_ahead(tls.native_handle(), 1);
  if (options.authority) options.authority->serve(tls.native_handle());
  return tls;
}

}  // namespace

struct HttpServer::State {
  State(HttpServerOptions given, const Clock& clock) : options(std::move(given)), sessions(options, clock) {
    if (!options.certificate_pem.empty()) tls.emplace(make_tls(options));
    listener = listen_on(options.port, nullptr);
  }

  using ListenerPtr = std::shared_ptr<HttpListener>;

  asio::io_context& first_context() { return sessions.contexts[0]->io; }

  ListenerPtr make_listener(tcp::acceptor acceptor, HttpServer::Admit admit, std::uint32_t door) {
    return std::make_shared<HttpListener>(
        std::move(acceptor), sessions,
        HttpListener::Settings{tls ? tls->native_handle() : nullptr, door, std::move(admit)});
  }

  ListenerPtr listen_on(std::uint16_t port, HttpServer::Admit admit) {
    const tcp::endpoint endpoint(asio::ip::make_address(options.address), port);
    tcp::acceptor made(first_context(), endpoint.protocol());
    fcntl(made.native_handle(), F_SETFD, FD_CLOEXEC);
    made.set_option(tcp::acceptor::reuse_address(true));
    made.bind(endpoint);
    made.listen();
    return make_listener(std::move(made), std::move(admit), 0);
  }

  HttpServerOptions options;
  HttpSessions sessions;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::optional<asio::ssl::context> tls;
  ListenerPtr listener;
  std::mutex others_mutex;
  std::map<std::uint16_t, ListenerPtr> others;
  std::multimap<std::uint32_t, ListenerPtr> adopted;  // by door; of the first context's thread
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(HttpServerOptions options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

void HttpServer::start(HttpHandler& handler) {
  state_->sessions.handler = &handler;
  state_->listener->accept();
  for (auto& context : state_->sessions.contexts) {
    state_->work.emplace_back(context->io.get_executor());
    state_->threads.emplace_back([&context = context->io] {
      pthread_setname_np(pthread_self(), "http");
      run_guarded(context, "http");
    });
  }
}

std::uint16_t HttpServer::port() const { return state_->listener->port(); }

std::uint16_t HttpServer::open(Admit admit) {
  auto made = state_->listen_on(0, std::move(admit));
  const std::uint16_t port = made->port();
  {
    std::lock_guard lock(state_->others_mutex);
    state_->others[port] = made;
  }
  asio::post(state_->first_context(), [made] { made->accept(); });
  return port;
}

void HttpServer::close(std::uint16_t port) {
  std::lock_guard lock(state_->others_mutex);
  const auto found = state_->others.extract(port);
  if (found) asio::post(state_->first_context(), [listener = found.mapped()] { listener->close(); });
}

void HttpServer::adopt(int descriptor, std::uint32_t door) {
  auto made = state_->make_listener(tcp::acceptor(state_->first_context(), tcp::v4(), descriptor), nullptr, door);
  asio::post(state_->first_context(), [state = state_.get(), made, door] {
    state->adopted.emplace(door, made);
    made->accept();
  });
}

void HttpServer::release(std::uint32_t door) {
  asio::post(state_->first_context(), [state = state_.get(), door] {
    const auto [begin, end] = state->adopted.equal_range(door);
    for (auto each = begin; each != end; ++each) each->second->close();
    state->adopted.erase(begin, end);
  });
}

void HttpServer::stop(std::chrono::milliseconds patience) {
  if (state_->threads.empty()) return;
  asio::post(state_->first_context(), [this] { state_->listener->close(); });
  state_->sessions.drain(patience);
  for (auto& context : state_->sessions.contexts) context->io.stop();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
}

}  // namespace leat::runtime
