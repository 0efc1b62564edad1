#pragma once
// An HTTP/2 connection over its socket.

#include <array>
#include <boost/asio.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <memory>

#include "runtime/http2_connection.h"
#include "runtime/http_sessions.h"
#include "runtime/http_stream.h"

namespace leat::runtime {

template <class Stream>
class Http2Session final : public HttpSessions::Member, public std::enable_shared_from_this<Http2Session<Stream>> {
 public:
  // `first` was already read from the stream.
  Http2Session(Stream stream, HttpSessions& sessions, std::string first, HttpArrival arrival)
      : stream_(std::move(stream)), sessions_(sessions), connection_(sessions.options), arrival_(arrival) {
    first_ = std::move(first);
    ends_ = ends_of(boost::beast::get_lowest_layer(stream_));
    sessions_.add(this);
  }
  ~Http2Session() override { sessions_.remove(this); }

  void start() { take(std::exchange(first_, {})); }

  void drain() override {
    boost::asio::post(stream_.get_executor(), [weak = this->weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->connection_.go_away();
      self->write();
    });
  }

 private:
  static constexpr std::size_t kReadSize = 16U << 10;
  static constexpr std::size_t kWriteSize = 64U << 10;

  void read() {
    stream_.async_read_some(boost::asio::buffer(in_),
                            [self = this->shared_from_this()](boost::system::error_code error, std::size_t size) {
                              if (error) return self->close();
                              self->take({self->in_.data(), size});
                            });
  }

  void take(std::string_view bytes) {
    const bool understood = connection_.receive(bytes);
    for (auto& request : connection_.take_requests()) handle(std::move(request));
    tell_who_waits();
    write();
    if (understood && !connection_.over()) read();
  }

  void handle(Http2Connection::RequestPtr request) {
    request->view.secure = arrival_.secure;
    request->view.door = arrival_.door;
    request->view.port = ends_.port;
    request->view.peer = ends_.peer;
    request->view.waiter = request.get();
    const HttpRequest& view = request->view;
    sessions_.handler->handle(
        view, [self = this->shared_from_this(), request = std::move(request)](HttpResponse response) mutable {
          auto executor = self->stream_.get_executor();
          boost::asio::dispatch(executor, [self = std::move(self), request = std::move(request),
                                           response = std::move(response)]() mutable {
            self->respond(request->stream, std::move(response));
          });
        });
  }

  void respond(std::int32_t id, HttpResponse response) {
    if (const auto source = response.stream) {
      source->attach([weak = this->weak_from_this(), id] {
        if (auto self = weak.lock()) self->more(id);
      });
    }
    connection_.respond(id, std::move(response), http_date(sessions_.clock));
    write();
  }

  void more(std::int32_t id) {
    boost::asio::post(stream_.get_executor(), [weak = this->weak_from_this(), id] {
      auto self = weak.lock();
      if (!self) return;
      self->connection_.resume(id);
      self->write();
    });
  }

  void write() {
    if (writing_) return;
    out_.clear();
    connection_.append_output(out_, kWriteSize);
    if (out_.empty()) {
      if (connection_.over()) close();
      return;
    }
    writing_ = true;
    boost::asio::async_write(stream_, boost::asio::buffer(out_),
                             [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
                               self->writing_ = false;
                               if (error) return self->close();
                               self->write();
                             });
  }

  // That nobody waits for their answers any longer.
  void tell_who_waits() {
    for (const auto& departure : connection_.take_departures()) departure->happen();
  }

  void close() {
    boost::system::error_code ignored;
    boost::beast::get_lowest_layer(stream_).close(ignored);
    connection_.abandon();
    tell_who_waits();
  }

  Stream stream_;
  HttpSessions& sessions_;
  Http2Connection connection_;
  const HttpArrival arrival_;
  HttpEnds ends_;
  std::string first_;
  std::array<char, kReadSize> in_;
  std::string out_;
  bool writing_ = false;
};

}  // namespace leat::runtime
