#include "runtime/http1_session.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>

#include "runtime/http1_framing.h"

namespace leat::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t kReadSize = 4U << 10;
constexpr std::size_t kBodyReadSize = 64U << 10;
constexpr std::size_t kSmall = 64U << 10;  // what is no larger waits for no room in memory

std::string_view text(beast::string_view given) { return {given.data(), given.size()}; }
std::string_view bytes_of(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

HttpResponse unreadable(int status) {
  return {status,
          {{"Content-Type", "application/x-amz-json-1.0"}},
          R"({"__type":"com.amazon.coral.service#SerializationException","message":"The request could not be read"})"};
}

}  // namespace

Http1Session::Http1Session(HttpLink link, HttpSessions& sessions)
    : link_(std::move(link)), sessions_(sessions), ends_(link_.socket.ends()), writer_(link_.socket, *this) {
  sessions_.add(this);
}

Http1Session::~Http1Session() { sessions_.remove(this); }

void Http1Session::drain() {
  asio::post(link_.socket.get_executor(), [weak = weak_from_this()] {
    if (auto self = weak.lock(); self && self->phase_ == Phase::kIdle) self->hang_up();
  });
}

void Http1Session::tell_when_gone(std::shared_ptr<Departure> departure) {
  if (ended_) return departure->happen();
  departure_ = std::move(departure);
  read_ahead();
}

// --- reading

void Http1Session::await_request() {
  phase_ = Phase::kIdle;
  parser_.reset();
  share_.release();
  if (sessions_.draining) return close();
  if (buffer_.size() > 0) return parse_head();
  if (ended_) return hang_up();
  if (buffer_.capacity() > kReadSize) buffer_ = {};
  wait(Waits::kIdle);
  read(kReadSize);
}

void Http1Session::read(std::size_t size) {
  if (reading_) return;
  if (ended_) return hang_up();
  reading_ = true;
  link_.socket.read(buffer_.prepare(size), [self = shared_from_this()](Error error, std::size_t size) {
    self->reading_ = false;
    self->buffer_.commit(size);
    error ? self->lose_peer() : self->received();
  });
}

// While a request is answered, only this shows that the peer is gone. Peeking would not: where the next request is there
// already, or TLS's farewell, the end lies behind it.
void Http1Session::read_ahead() {
  if (reading_ || ended_ || buffer_.size() >= kReadSize) return;
  reading_ = true;
  ahead_.resize(kReadSize);
  link_.socket.read(asio::buffer(ahead_), [self = shared_from_this()](Error error, std::size_t size) {
    self->reading_ = false;
    self->buffer_.commit(asio::buffer_copy(self->buffer_.prepare(size), asio::buffer(self->ahead_, size)));
    self->ahead_ = {};
    error ? self->lose_peer() : self->received();
  });
}

void Http1Session::received() {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kHead: return parse_head();
    case Phase::kBody: return parse_body();
    case Phase::kHandling:
    case Phase::kAnswering: return read_ahead();
    case Phase::kSink:
    case Phase::kRoom: return;
    case Phase::kClosing: buffer_.clear(); return read(kReadSize);
  }
}

// A head is parsed once it is there as a whole: what is refused depends on where its lines end.
void Http1Session::parse_head() {
  static constexpr std::string_view kEnd = "\r\n\r\n";
  const std::string_view here = bytes_of(buffer_);
  const auto end = here.find(kEnd, searched_);
  if (std::min(end, here.size()) > sessions_.options.header_limit) return refuse(400);
  if (end == std::string_view::npos) return await_head();
  phase_ = Phase::kHead;
  searched_ = 0;
  parser_.emplace();
  parser_->body_limit(boost::none);
  parser_->header_limit(sessions_.options.header_limit + kEnd.size());
  fields_ = kAllFields;
  parser_->on_chunk_header(count_fields_);
  Error error;
  const std::size_t used = parser_->put(buffer_.data(), error);
  if (error) return refuse(400);
  if (const int problem = framing_problem(here.substr(0, used), parser_->get())) return refuse(problem);
  buffer_.consume(used);
  begin_body();
}

void Http1Session::await_head() {
  if (phase_ == Phase::kIdle) wait(Waits::kHead);
  phase_ = Phase::kHead;
  searched_ = buffer_.size() - std::min<std::size_t>(buffer_.size(), 3);
  read(kReadSize);
}

void Http1Session::begin_body() {
  parser_->eager(true);
  if (parser_->is_done()) return handle();
  phase_ = Phase::kBody;
  const auto length = parser_->content_length();
  if (length && *length <= std::min(kSmall, buffer_.size())) return parse_body();  // it is all there
  describe();
  sink_ = sessions_.handler->stream_body(request_);
  if (!sink_ && length.value_or(kSmall + 1) > kSmall) {
    limit_ = sessions_.handler->body_limit(request_);
    if (length && *length > limit_.bytes) return refuse(limit_.refuse());
    parser_->body_limit(limit_.bytes);
  }
  wait(sink_ ? Waits::kNothing : Waits::kBody);
  needs_room() ? wait_for_room() : go_on_with_body();
}

void Http1Session::go_on_with_body() {
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return parse_body();
  parser_->get().erase(http::field::expect);
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  link_.socket.write({asio::buffer(kContinue), {}}, [self = shared_from_this()](Error error, std::size_t) {
    if (!error && self->phase_ == Phase::kBody) self->parse_body();
  });
}

void Http1Session::parse_body() {
  Error error;
  if (buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), error));
  if (error == http::error::body_limit) return refuse(limit_.refuse());
  if (error && error != http::error::need_more) return refuse(400);
  // A chunk's head, or what stands behind the last, is parsed once it is there as a whole.
  if (error && buffer_.size() > sessions_.options.header_limit) return refuse(400);
  if (parser_->is_done()) return handle();
  if (sink_) {
    const std::string piece = std::exchange(parser_->get().body(), {});
    if (!piece.empty()) return hand_on(piece);
  }
  needs_room() ? wait_for_room() : read(kBodyReadSize);
}

// Nothing is read until the sink goes on: it keeps the session.
void Http1Session::hand_on(const std::string& piece) {
  phase_ = Phase::kSink;
  sink_(piece, [self = shared_from_this()] {
    asio::post(self->link_.socket.get_executor(), [self] {
      if (self->phase_ != Phase::kSink) return;
      self->phase_ = Phase::kBody;
      self->read(kBodyReadSize);
    });
  });
}

bool Http1Session::needs_room() const {
  if (sink_ || share_) return false;
  return parser_->content_length().value_or(parser_->get().body().size()) > kSmall;
}

// Nothing is read meanwhile: it is the queue that keeps the session.
void Http1Session::wait_for_room() {
  phase_ = Phase::kRoom;
  wait(Waits::kRoom);
  sessions_.memory.ask(parser_->content_length().value_or(limit_.bytes),
                       [self = shared_from_this()](HttpMemory::Share share) {
                         asio::dispatch(self->link_.socket.get_executor(), [self, share = std::move(share)]() mutable {
                           if (self->phase_ != Phase::kRoom) return;
                           self->share_ = std::move(share);
                           self->phase_ = Phase::kBody;
                           self->wait(Waits::kLargeBody);
                           self->go_on_with_body();
                         });
                       });
}

void Http1Session::describe() {
  const auto& message = parser_->get();
  request_.method = text(message.method_string());
  request_.target = text(message.target());
  request_.body = message.body();
  request_.secure = link_.arrival.secure;
  request_.port = ends_.port;
  request_.door = link_.arrival.door;
  request_.peer = ends_.peer;
  request_.waiter = this;
  request_.headers.clear();
  for (const auto& field : message) {
    if (request_.headers.size() == fields_) break;
    request_.headers.push_back({text(field.name_string()), text(field.value())});
  }
  form_ = {message.keep_alive(), message.method() == http::verb::head, message.version() >= 11};
}

// --- answering

void Http1Session::handle() {
  phase_ = Phase::kHandling;
  wait(Waits::kNothing);
  if (std::exchange(sink_, nullptr)) fields_ = kAllFields;
  describe();
  if (share_) request_.room = std::make_shared<HttpMemory::Share>(std::move(share_));
  sessions_.handler->handle(request_, [self = shared_from_this()](HttpResponse response) mutable {
    auto executor = self->link_.socket.get_executor();
    asio::dispatch(executor, [self = std::move(self), response = std::move(response)]() mutable {
      self->answer(std::move(response));
    });
  });
  request_.room = nullptr;
}

void Http1Session::answer(HttpResponse response) {
  phase_ = Phase::kAnswering;
  departure_ = nullptr;
  limit_.pass = nullptr;
  if (parser_) free_body();
  if (response.stream) read_ahead();
  if (response.body.size() > kSmall) {
    share_ = sessions_.memory.take(response.body.size());
    if (sessions_.memory.overdrawn()) sessions_.relieve_memory();
  }
  if (sessions_.draining) form_.keep_alive = false;
  writer_.write(std::move(response), form_, http_date(sessions_.clock), shared_from_this());
}

void Http1Session::free_body() {
  const std::string gone = std::exchange(parser_->get().body(), {});
  if (gone.size() > kSmall) sessions_.options.freed(gone.size());
}

void Http1Session::answered() {
  form_.keep_alive &= writer_.keeps_alive();
  form_.keep_alive ? await_request() : close();
}

void Http1Session::forsaken() { hang_up(); }

void Http1Session::refuse(int status) { refuse(unreadable(status)); }

// What is not read to its end cannot be followed by anything.
void Http1Session::refuse(HttpResponse response) {
  form_ = {false, false, true};
  answer(std::move(response));
}

// --- the end

void Http1Session::lose_peer() {
  ended_ = true;
  if (auto departure = std::exchange(departure_, nullptr)) departure->happen();
  if (phase_ == Phase::kHandling || (phase_ == Phase::kAnswering && !writer_.streams())) return;
  hang_up();
}

void Http1Session::expire(Waits waited_for) {
  const auto self = shared_from_this();
  if (waited_for == Waits::kRoom) return refuse(unreadable(503));
  hang_up();
}

// Gives the peer time to read the answer, which a reset would destroy on its way, and to close its end. What it goes on
// to send is dropped.
void Http1Session::close() {
  phase_ = Phase::kClosing;
  link_.socket.say_farewell();
  buffer_.clear();
  if (ended_) return hang_up();
  wait(Waits::kFarewell);
  read(kReadSize);
}

void Http1Session::hang_up() {
  phase_ = Phase::kClosing;
  wait(Waits::kNothing);
  writer_.abandon();
  limit_.pass = nullptr;
  share_.release();
  link_.socket.close();
}

}  // namespace leat::runtime
