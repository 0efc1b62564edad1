#include "runtime/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace leat::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// What a session needs of its server, and how the server finds its sessions again when it stops.
class Sessions {
 public:
  class Member {
   public:
    virtual ~Member() = default;
    virtual void drain() = 0;  // close now if idle, else after the answer
  };

  Sessions(const HttpServerOptions& options, const Clock& clock) : options(options), clock(clock) {}

  void add(Member* member) {
    std::lock_guard lock(mutex_);
    members_.insert(member);
  }
  void remove(Member* member) {
    std::lock_guard lock(mutex_);
    members_.erase(member);
    if (members_.empty()) empty_.notify_all();
  }
  bool drain(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    draining = true;
    for (Member* member : members_) member->drain();
    return empty_.wait_for(lock, patience, [this] { return members_.empty(); });
  }

  const HttpServerOptions& options;
  const Clock& clock;
  HttpHandler* handler = nullptr;
  std::atomic<bool> draining{false};

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  std::set<Member*> members_;
};

// RFC 7231 date, remade once a second for each thread.
std::string_view http_date(const Clock& clock) {
  thread_local std::time_t last = -1;
  thread_local char text[40];
  const std::time_t now = to_millis(clock.unmoved()) / 1000;
  if (now != last) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    last = now;
  }
  return text;
}

template <class Stream>
class Session final : public Sessions::Member, public std::enable_shared_from_this<Session<Stream>> {
 public:
  static constexpr bool kSecure = !std::is_same_v<Stream, tcp::socket>;

  Session(Stream stream, Sessions& sessions) : stream_(std::move(stream)), sessions_(sessions) { sessions_.add(this); }
  ~Session() override { sessions_.remove(this); }

  void start() {
    if constexpr (kSecure) {
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        if (!error) self->read();
      });
    } else {
      read();
    }
  }

  void drain() override {
    asio::post(stream_.get_executor(), [weak = this->weak_from_this()] {
      if (auto self = weak.lock(); self && self->idle_) self->close();
    });
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void read() {
    if (sessions_.draining) return close();
    idle_ = buffer_.size() == 0;
    parser_.emplace();
    parser_->eager(true);
    parser_->body_limit(sessions_.options.body_limit);
    parser_->header_limit(sessions_.options.header_limit);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                              self->idle_ = false;
                              if (error) return self->refuse(error);
                              if (self->parser_->is_done()) return self->handle();
                              self->read_body();
                            });
  }

  void read_body() {
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(kContinue),
                        [self = this->shared_from_this()](error_code error, std::size_t) {
                          if (!error) self->read_rest();
                        });
      return;
    }
    read_rest();
  }

  void read_rest() {
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->refuse(error);
      self->handle();
    });
  }

  void handle() {
    const auto& message = parser_->get();
    request_.method = view(message.method_string());
    request_.target = view(message.target());
    request_.body = message.body();
    request_.secure = kSecure;
    request_.headers.clear();
    for (const auto& field : message) request_.headers.push_back({view(field.name_string()), view(field.value())});
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == http::verb::head;
    sessions_.handler->handle(request_, [self = this->shared_from_this()](HttpResponse response) mutable {
      auto& stream = self->stream_;
      asio::dispatch(stream.get_executor(), [self = std::move(self), response = std::move(response)]() mutable {
        self->write(std::move(response));
      });
    });
  }

  void write(HttpResponse response) {
    if (sessions_.draining) keep_alive_ = false;
    head_.clear();
    auto out = std::back_inserter(head_);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status,
                   view(http::obsolete_reason(http::status(response.status))));
    for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
    fmt::format_to(out, "Date: {}\r\n", http_date(sessions_.clock));
    if (!keep_alive_) fmt::format_to(out, "Connection: close\r\n");
    if (response.status != 204 && response.status >= 200)
      fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
    fmt::format_to(out, "\r\n");
    body_ = head_only_ ? std::string() : std::move(response.body);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(stream_, buffers, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return;
      if (self->keep_alive_)
        self->read();
      else
        self->close();
    });
  }

  // Answers what could not be parsed, where the peer still listens.
  void refuse(error_code error) {
    if (error == http::error::end_of_stream ||
        error.category() != http::make_error_code(http::error::bad_method).category())
      return;
    keep_alive_ = false;
    head_only_ = false;
    HttpResponse response;
    response.status = error == http::error::body_limit ? 413 : error == http::error::header_limit ? 431 : 400;
    response.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
    response.body =
        R"({"__type":"com.amazon.coral.service#SerializationException","message":"The request could not be read"})";
    write(std::move(response));
  }

  void close() {
    error_code ignored;
    auto& socket = beast::get_lowest_layer(stream_);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    if (idle_)
      socket.close(ignored);
    else
      linger();
  }

  // Reads away what the peer still sends, so that a reset does not destroy the answer on its way.
  void linger() {
    idle_ = true;
    buffer_.clear();
    auto& socket = beast::get_lowest_layer(stream_);
    socket.async_wait(tcp::socket::wait_read, [self = this->shared_from_this()](error_code) {
      error_code ignored;
      beast::get_lowest_layer(self->stream_).close(ignored);
    });
  }

  Stream stream_;
  Sessions& sessions_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  std::string head_, body_;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool idle_ = true;
};

constexpr unsigned char kTlsHandshakeRecord = 0x16;

// Asio opens sockets that a program started meanwhile would inherit, and keep the port with.
void close_on_exec(int descriptor) { fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

}  // namespace

struct HttpServer::State {
  State(HttpServerOptions given, const Clock& clock) : options(std::move(given)), sessions(options, clock) {
    for (unsigned i = 0; i < options.threads; ++i) contexts.push_back(std::make_unique<asio::io_context>(1));
    acceptor.emplace(*contexts[0]);
    if (options.certificate_pem.empty()) return;
    tls.emplace(asio::ssl::context::tls_server);
    tls->use_certificate_chain(asio::buffer(options.certificate_pem));
    tls->use_private_key(asio::buffer(options.private_key_pem), asio::ssl::context::pem);
  }

  void accept() {
    asio::io_context& target = *contexts[next++ % contexts.size()];
    acceptor->async_accept(target, [this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (!error) {
        error_code ignored;
        close_on_exec(socket.native_handle());
        (void)socket.set_option(tcp::no_delay(true), ignored);
        auto executor = socket.get_executor();
        asio::dispatch(executor, [this, socket = std::move(socket)]() mutable { greet(std::move(socket)); });
      }
      accept();
    });
  }

  // Looks at the first byte: a TLS handshake, or HTTP.
  void greet(tcp::socket socket) {
    if (!tls) return std::make_shared<Session<tcp::socket>>(std::move(socket), sessions)->start();
    auto held = std::make_shared<tcp::socket>(std::move(socket));
    held->async_wait(tcp::socket::wait_read, [this, held](error_code error) {
      unsigned char first = 0;
      if (!error) held->receive(asio::buffer(&first, 1), tcp::socket::message_peek, error);
      if (error) return;
      if (first == kTlsHandshakeRecord) {
        std::make_shared<Session<asio::ssl::stream<tcp::socket>>>(
            asio::ssl::stream<tcp::socket>(std::move(*held), *tls), sessions)
            ->start();
      } else {
        std::make_shared<Session<tcp::socket>>(std::move(*held), sessions)->start();
      }
    });
  }

  HttpServerOptions options;
  Sessions sessions;
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::optional<tcp::acceptor> acceptor;
  std::optional<asio::ssl::context> tls;
  std::vector<std::thread> threads;
  std::size_t next = 0;
};

HttpServer::HttpServer(HttpServerOptions options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {
  const tcp::endpoint endpoint(asio::ip::make_address(state_->options.address), state_->options.port);
  auto& acceptor = *state_->acceptor;
  acceptor.open(endpoint.protocol());
  close_on_exec(acceptor.native_handle());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen();
}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

void HttpServer::start(HttpHandler& handler) {
  state_->sessions.handler = &handler;
  state_->accept();
  for (auto& context : state_->contexts) {
    state_->work.emplace_back(context->get_executor());
    state_->threads.emplace_back([&context = *context] {
      pthread_setname_np(pthread_self(), "http");
      context.run();
    });
  }
}

std::uint16_t HttpServer::port() const { return state_->acceptor->local_endpoint().port(); }

void HttpServer::stop(std::chrono::milliseconds patience) {
  if (state_->threads.empty()) return;
  asio::post(*state_->contexts[0], [this] { state_->acceptor->close(); });
  state_->sessions.drain(patience);
  for (auto& context : state_->contexts) context->stop();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
}

}  // namespace leat::runtime
