#pragma once
// An HTTP/1.1 connection over its socket: a request at a time, with keep-alive.

#include <fmt/format.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "runtime/http_sessions.h"
#include "runtime/http_stream.h"

namespace leat::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

template <class Stream>
class Http1Session final : public HttpSessions::Member,
                           public HttpWaiter,
                           public std::enable_shared_from_this<Http1Session<Stream>> {
 public:
  // `first` was already read from the stream.
  Http1Session(Stream stream, HttpSessions& sessions, std::string_view first, HttpArrival arrival)
      : stream_(std::move(stream)), sessions_(sessions), arrival_(arrival) {
    buffer_.commit(asio::buffer_copy(buffer_.prepare(first.size()), asio::buffer(first)));
    ends_ = ends_of(beast::get_lowest_layer(stream_));
    sessions_.add(this);
  }
  ~Http1Session() override { sessions_.remove(this); }

  void start() { read(); }

  void drain() override {
    asio::post(stream_.get_executor(), [weak = this->weak_from_this()] {
      if (auto self = weak.lock(); self && self->idle_) self->close();
    });
  }

  void tell_when_gone(std::shared_ptr<Departure> departure) override {
    if (ended_) return departure->happen();
    departure_ = std::move(departure);
    read_ahead();
  }

 private:
  using Parser = http::request_parser<http::string_body>;
  static constexpr std::size_t kPieceSize = 64U << 10;
  static constexpr std::size_t kReadAhead = 4U << 10;
  static constexpr std::size_t kAllFields = static_cast<std::size_t>(-1);

  static std::string_view text(beast::string_view given) { return {given.data(), given.size()}; }

  void read() {
    if (sessions_.draining) return close();
    idle_ = buffer_.size() == 0;
    if (reading_ahead_) return;  // which goes on here
    if (ended_ && idle_) return close();
    parser_.emplace();
    parser_->eager(true);
    parser_->body_limit(sessions_.options.body_limit);
    parser_->header_limit(sessions_.options.header_limit);
    fields_ = kAllFields;
    parser_->on_chunk_header(count_fields_);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                              self->idle_ = false;
                              if (error) return self->refuse(error);
                              if (self->parser_->is_done()) return self->handle();
                              self->describe();
                              self->sink_ = self->sessions_.handler->stream_body(self->request_);
                              if (self->sink_) self->parser_->body_limit(boost::none);
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
    if (sink_) return read_piece();
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->refuse(error);
      self->handle();
    });
  }

  void read_piece() {
    http::async_read_some(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->refuse(error);
      if (self->parser_->is_done()) return self->handle();
      const std::string piece = std::exchange(self->parser_->get().body(), {});
      if (!piece.empty()) self->sink_(piece);
      self->read_piece();
    });
  }

  void handle() {
    if (std::exchange(sink_, nullptr)) fields_ = kAllFields;
    answered_ = false;
    describe();
    sessions_.handler->handle(request_, [self = this->shared_from_this()](HttpResponse response) mutable {
      auto& stream = self->stream_;
      asio::dispatch(stream.get_executor(), [self = std::move(self), response = std::move(response)]() mutable {
        self->write(std::move(response));
      });
    });
  }

  void describe() {
    const auto& message = parser_->get();
    request_.method = text(message.method_string());
    request_.target = text(message.target());
    request_.body = message.body();
    request_.secure = arrival_.secure;
    request_.door = arrival_.door;
    request_.port = ends_.port;
    request_.peer = ends_.peer;
    request_.waiter = this;
    request_.headers.clear();
    for (const auto& field : message) {
      if (request_.headers.size() == fields_) break;
      request_.headers.push_back({text(field.name_string()), text(field.value())});
    }
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == http::verb::head;
  }

  void write(HttpResponse response) {
    departure_ = nullptr;
    if (sessions_.draining) keep_alive_ = false;
    head_.clear();
    auto out = std::back_inserter(head_);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status,
                   text(http::obsolete_reason(http::status(response.status))));
    for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
    fmt::format_to(out, "Date: {}\r\n", http_date(sessions_.clock));
    if (response.stream) return write_head(std::move(response.stream));
    if (!keep_alive_) fmt::format_to(out, "Connection: close\r\n");
    if (response.status != 204 && response.status >= 200)
      fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
    fmt::format_to(out, "\r\n");
    body_ = head_only_ ? std::string() : std::move(response.body);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(stream_, buffers, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (!error) self->finish();
    });
  }

  void finish() {
    answered_ = true;
    if (keep_alive_)
      read();
    else
      close();
  }

  // A body in pieces: in chunks, or until the end of the connection where the peer is of HTTP/1.0.
  void write_head(std::shared_ptr<HttpStream> source) {
    chunked_ = parser_->get().version() >= 11;
    if (!chunked_) keep_alive_ = false;
    if (!keep_alive_) head_ += "Connection: close\r\n";
    if (chunked_) head_ += "Transfer-Encoding: chunked\r\n";
    head_ += "\r\n";
    if (head_only_) std::exchange(source, nullptr)->close();
    asio::async_write(stream_, asio::buffer(head_),
                      [self = this->shared_from_this(), source](error_code error, std::size_t) {
                        if (!source) return error ? void() : self->finish();
                        if (error) return source->close();
                        self->source_ = source;
                        self->read_ahead();
                        source->attach([weak = self->weak_from_this()] {
                          if (auto waiting = weak.lock()) waiting->more();
                        });
                        self->write_piece();
                      });
  }

  void more() {
    asio::post(stream_.get_executor(), [weak = this->weak_from_this()] {
      if (auto self = weak.lock(); self && self->source_ && !self->writing_) self->write_piece();
    });
  }

  void write_piece() {
    HttpStream::Piece piece = source_->take(kPieceSize);
    if (piece.bytes.empty() && !piece.last) {
      if (source_->closed()) abandon();
      return;
    }
    body_.clear();
    auto out = std::back_inserter(body_);
    if (!chunked_)
      body_ = std::move(piece.bytes);
    else if (!piece.bytes.empty())
      fmt::format_to(out, "{:x}\r\n{}\r\n", piece.bytes.size(), piece.bytes);
    if (chunked_ && piece.last) body_ += "0\r\n\r\n";
    writing_ = true;
    asio::async_write(stream_, asio::buffer(body_),
                      [self = this->shared_from_this(), last = piece.last](error_code error, std::size_t) {
                        self->writing_ = false;
                        if (!self->source_) return;
                        if (error) return self->abandon();
                        if (!last) return self->write_piece();
                        self->source_.reset();
                        self->finish();
                      });
  }

  // While nothing is to be sent, only this shows that the peer is gone. Peeking would not: where the next request is
  // there already, or TLS's farewell, the end lies behind it.
  void read_ahead() {
    if (reading_ahead_ || ended_ || buffer_.size() >= kReadAhead) return;
    reading_ahead_ = true;
    stream_.async_read_some(buffer_.prepare(kReadAhead),
                            [self = this->shared_from_this()](error_code error, std::size_t size) {
                              self->reading_ahead_ = false;
                              self->buffer_.commit(size);
                              if (error) return self->lose_peer();
                              if (self->answered_) return self->read();
                              self->read_ahead();
                            });
  }

  void lose_peer() {
    ended_ = true;
    if (answered_) return close();
    if (auto departure = std::exchange(departure_, nullptr)) departure->happen();
    if (source_) abandon();
  }

  void abandon() {
    if (auto source = std::exchange(source_, nullptr)) source->close();
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
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

  // Gives the peer time to read the answer, which a reset would destroy on its way, and to close its end. Some never
  // do.
  void linger() {
    constexpr auto kPatience = std::chrono::seconds(1);
    idle_ = true;
    buffer_.clear();
    const auto end = [self = this->shared_from_this()](error_code error) {
      if (error == asio::error::operation_aborted) return;
      error_code ignored;
      beast::get_lowest_layer(self->stream_).close(ignored);
      self->lingering_->cancel();
    };
    lingering_.emplace(stream_.get_executor(), kPatience).async_wait(end);
    beast::get_lowest_layer(stream_).async_wait(tcp::socket::wait_read, end);
  }

  Stream stream_;
  HttpSessions& sessions_;
  const HttpArrival arrival_;
  HttpEnds ends_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  HttpBodySink sink_;  // of the request that is being read
  // How many fields are the head's. Those behind a body in chunks are no headers, but to who takes that body in pieces.
  std::size_t fields_ = kAllFields;
  std::function<void(std::uint64_t, beast::string_view, error_code&)> count_fields_ = [this](auto, auto, auto&) {
    const auto& message = parser_->get();
    if (fields_ == kAllFields) fields_ = static_cast<std::size_t>(std::distance(message.begin(), message.end()));
  };
  std::string head_, body_;
  std::shared_ptr<HttpStream> source_;  // of the answer that is being sent in pieces
  std::shared_ptr<Departure> departure_;  // of who waits for the answer
  bool reading_ahead_ = false;
  bool ended_ = false;    // the peer says nothing more
  bool answered_ = true;  // no request is being handled
  std::optional<asio::steady_timer> lingering_;
  bool writing_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool idle_ = true;
};

}  // namespace leat::runtime
