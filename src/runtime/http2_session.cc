#include "runtime/http2_session.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "runtime/http_stream.h"

namespace leat::runtime {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReadSize = 16U << 10;
constexpr std::size_t kWriteSize = 64U << 10;

}  // namespace

Http2Session::Http2Session(HttpLink link, HttpSessions& sessions)
    : link_(std::move(link)),
      sessions_(sessions),
      connection_({sessions.options.header_limit,
                   [this](const HttpRequest& head) { return sessions_.handler->body_limit(head); }, sessions.memory}),
      ends_(link_.socket.ends()) {
  sessions_.add(this);
}

Http2Session::~Http2Session() { sessions_.remove(this); }

void Http2Session::start() { take({}); }

void Http2Session::drain() {
  asio::post(link_.socket.get_executor(), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->connection_.go_away();
    self->write();
  });
}

void Http2Session::read() {
  in_.resize(kReadSize);
  link_.socket.read(asio::buffer(in_), [self = shared_from_this()](Error error, std::size_t size) {
    if (error) return self->close();
    const std::string taken = std::exchange(self->in_, {});
    self->take(std::string_view(taken).substr(0, size));
  });
}

void Http2Session::take(std::string_view bytes) {
  const bool understood = connection_.receive(bytes);
  for (auto& request : connection_.take_requests()) handle(std::move(request));
  for (const auto& [stream, size] : connection_.take_hungry()) ask_for_room(stream, size);
  tell_who_waits();
  write();
  if (understood && !connection_.over()) read();
}

void Http2Session::handle(Http2Connection::RequestPtr request) {
  request->view.secure = link_.arrival.secure;
  request->view.port = ends_.port;
  request->view.door = link_.arrival.door;
  request->view.peer = ends_.peer;
  request->view.waiter = request.get();
  if (request->share) request->view.room = std::make_shared<HttpMemory::Share>(std::move(request->share));
  const auto kept = request;
  sessions_.handler->handle(
      kept->view, [self = shared_from_this(), request = std::move(request)](HttpResponse response) mutable {
        auto executor = self->link_.socket.get_executor();
        asio::dispatch(executor, [self = std::move(self), request = std::move(request),
                                  response = std::move(response)]() mutable {
          self->respond(request->stream, std::move(response));
        });
      });
  kept->view.room = nullptr;
}

void Http2Session::ask_for_room(std::int32_t stream, std::uint64_t size) {
  sessions_.memory.ask(size, [weak = weak_from_this(), executor = link_.socket.get_executor(),
                              stream](HttpMemory::Share share) {
    asio::post(executor, [weak, stream, share = std::move(share)]() mutable {
      const auto self = weak.lock();
      if (!self) return;
      self->connection_.grant(stream, std::move(share));
      self->write();
    });
  });
}

void Http2Session::respond(std::int32_t id, HttpResponse response) {
  if (const auto source = response.stream) {
    source->attach([weak = weak_from_this(), id] {
      if (auto self = weak.lock()) self->more(id);
    });
  }
  connection_.respond(id, std::move(response), http_date(sessions_.clock));
  if (sessions_.memory.overdrawn()) sessions_.relieve_memory();
  write();
}

void Http2Session::more(std::int32_t id) {
  asio::post(link_.socket.get_executor(), [weak = weak_from_this(), id] {
    auto self = weak.lock();
    if (!self) return;
    self->connection_.resume(id);
    self->write();
  });
}

void Http2Session::write() {
  if (writing_) return;
  out_.clear();
  connection_.append_output(out_, kWriteSize);
  if (out_.empty()) {
    out_ = {};
    await();
    if (connection_.over()) close();
    return;
  }
  writing_ = true;
  await();
  link_.socket.write({asio::buffer(out_), {}}, [self = shared_from_this()](Error error, std::size_t) {
    self->writing_ = false;
    if (error) return self->close();
    self->write();
  });
}

// What this connection waits for now, as seen from the whole.
void Http2Session::await() {
  Waits waits = Waits::kNothing;
  if (writing_ || connection_.awaits_reader())
    waits = Waits::kReader;
  else if (connection_.awaits_body())
    waits = connection_.holds_room() ? Waits::kLargeBody : Waits::kBody;
  else if (connection_.is_idle())
    waits = Waits::kIdle;
  link_.context.deadlines.go_on(*this, waits);
}

void Http2Session::expire(Waits) {
  const auto self = shared_from_this();
  close();
}

// That nobody waits for their answers any longer.
void Http2Session::tell_who_waits() {
  for (const auto& departure : connection_.take_departures()) departure->happen();
}

void Http2Session::close() {
  link_.context.deadlines.wait(*this, Waits::kNothing);
  link_.socket.close();
  connection_.abandon();
  tell_who_waits();
}

}  // namespace leat::runtime
