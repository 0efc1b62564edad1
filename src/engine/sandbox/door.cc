#include "engine/sandbox/door.h"

#include <spdlog/spdlog.h>

#include "engine/sandbox/way_out.h"

namespace leat::sandbox {

Door::Door(boost::asio::io_context& context, const Settings& settings)
    : context_(context),
      network_(settings.network),
      number_(settings.number),
      pid_(settings.pid),
      answer_(context, settings.answer) {}

void Door::await_sockets() {
  answer_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](auto error) {
    if (!error && !self->closed_) self->take_sockets();
  });
}

void Door::take_sockets() {
  const auto sockets = receive_sockets(answer_.native_handle(), network_.ports.size());
  answer_.close();
  if (sockets.empty()) return spdlog::error("a worker got no network of its own, and ends");
  for (std::size_t i = 0; i < sockets.size(); ++i) network_.opened(number_, network_.ports[i], sockets[i]);
  if (network_.way_out != WayOut::kNone) way_out_ = open_way_out(context_, network_.way_out, pid_);
}

void Door::close() {
  closed_ = true;
  answer_.close();
  way_out_.reset();
  network_.closed(number_);
}

}  // namespace leat::sandbox
