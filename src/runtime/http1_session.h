#pragma once
// An HTTP/1.1 connection: a request at a time, with keep-alive.

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "runtime/http1_writer.h"
#include "runtime/http_sessions.h"

namespace leat::runtime {

class Http1Session final : public HttpSessions::Member,
                           public HttpWaiter,
                           public Deadlines::Entry,
                           public std::enable_shared_from_this<Http1Session>,
                           private Http1Writer::Owner {
 public:
  Http1Session(HttpLink link, HttpSessions& sessions);
  ~Http1Session() override;

  void start() { await_request(); }
  void drain() override;
  void tell_when_gone(std::shared_ptr<Departure> departure) override;

 private:
  using Error = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class Phase : std::uint8_t { kIdle, kHead, kBody, kSink, kRoom, kHandling, kAnswering, kClosing };
  static constexpr std::size_t kAllFields = static_cast<std::size_t>(-1);

  void await_request();
  void read(std::size_t size);
  void read_ahead();
  void received();
  void parse_head();
  void await_head();
  void begin_body();
  void go_on_with_body();
  void parse_body();
  void hand_on(const std::string& piece);
  bool needs_room() const;
  void wait_for_room();
  void describe();
  void handle();
  void answer(HttpResponse response);
  void free_body();
  void refuse(HttpResponse response);
  void refuse(int status);
  void lose_peer();
  void close();
  void hang_up();
  void wait(Waits waits) { link_.context.deadlines.wait(*this, waits); }

  void expire(Waits waited_for) override;
  std::uint64_t progress() const override { return link_.socket.moved(); }
  void sending() override { link_.context.deadlines.go_on(*this, Waits::kReader); }
  void resting() override { wait(Waits::kNothing); }
  void answered() override;
  void forsaken() override;

  HttpLink link_;
  HttpSessions& sessions_;
  const HttpEnds ends_;
  Phase phase_ = Phase::kIdle;
  boost::beast::flat_buffer buffer_;
  std::string ahead_;  // what is read while a request is answered, and buffer_ may be parsed
  std::size_t searched_ = 0;  // of buffer_, for the end of a head
  bool reading_ = false;
  bool ended_ = false;  // the peer says nothing more
  std::optional<Parser> parser_;
  HttpRequest request_;
  HttpBodySink sink_;  // of the request that is being read
  // How many fields are the head's. Those behind a body in chunks are no headers, but to who takes that body in pieces.
  std::size_t fields_ = kAllFields;
  std::function<void(std::uint64_t, boost::beast::string_view, Error&)> count_fields_ = [this](auto, auto, auto&) {
    const auto& message = parser_->get();
    if (fields_ == kAllFields) fields_ = static_cast<std::size_t>(std::distance(message.begin(), message.end()));
  };
  HttpBodyLimit limit_;
  HttpMemory::Share share_;  // of its body, then of its answer
  std::shared_ptr<Departure> departure_;  // of who waits for the answer
  Http1Form form_;
  Http1Writer writer_;
};

}  // namespace leat::runtime
