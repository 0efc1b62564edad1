#include "runtime/relay.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <set>

#include "runtime/loop.h"

namespace leat::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxConnections = 128;  // of a door
constexpr std::size_t kPiece = 32U << 10;
constexpr auto kConnectPatience = std::chrono::seconds(10);
constexpr auto kBreath = std::chrono::milliseconds(100);  // where there is no descriptor

}  // namespace

// All of the loop's thread.
struct Relay::Door {
  std::vector<std::shared_ptr<Listener>> listeners;
  std::set<std::shared_ptr<Connection>> connections;
  bool open = true;

  void ended(const std::shared_ptr<Connection>& connection);
  void close();
};

struct Relay::State {
  std::map<std::uint32_t, std::shared_ptr<Door>> doors = {};
  Loop loop{"relay"};
};

class Relay::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Door& door, tcp::socket near, tcp::socket::executor_type context)
      : door_(door), near_(std::move(near)), far_(context), resolver_(context), timer_(context) {}

  void open(const RelayTarget& target) {
    timer_.expires_after(kConnectPatience);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->close();
    });
    resolver_.async_resolve(target.host, std::to_string(target.port),
                            [self = shared_from_this()](error_code error, const auto& found) {
                              if (error || self->closed_) return self->close();
                              self->connect(found);
                            });
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    error_code ignored;
    near_.close(ignored);
    far_.close(ignored);
    resolver_.cancel();
    timer_.cancel();
    door_.ended(shared_from_this());
  }

 private:
  // One direction: what is read from one socket and written to the other, a piece at a time.
  struct Pump {
    tcp::socket& from;
    tcp::socket& to;
    std::array<char, kPiece> piece = {};
  };

  void connect(const tcp::resolver::results_type& found) {
    asio::async_connect(far_, found, [self = shared_from_this()](error_code error, const auto&) {
      if (error || self->closed_) return self->close();
      self->timer_.cancel();
      self->read(self->out_);
      self->read(self->back_);
    });
  }

  void read(Pump& pump) {
    pump.from.async_read_some(asio::buffer(pump.piece), [this, self = shared_from_this(), &pump](error_code error, std::size_t size) {
      if (error == asio::error::eof) return finish(pump);
      if (error) return close();
      write(pump, size);
    });
  }

  void write(Pump& pump, std::size_t size) {
    asio::async_write(pump.to, asio::buffer(pump.piece, size), [this, self = shared_from_this(), &pump](error_code error, std::size_t) {
      if (error) return close();
      read(pump);
    });
  }

  // One end has said all; the other may go on.
  void finish(Pump& pump) {
    error_code gone;
    pump.to.shutdown(tcp::socket::shutdown_send, gone);
    if (std::exchange(half_, true)) close();
  }

  Door& door_;  // outlives it: the door closes its connections
  tcp::socket near_, far_;
  Pump out_{near_, far_}, back_{far_, near_};
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  bool half_ = false, closed_ = false;
};

class Relay::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<Door> door, asio::io_context& context, int descriptor, RelayTarget target)
      : door_(std::move(door)), acceptor_(context, tcp::v4(), descriptor), again_(context), target_(std::move(target)) {}

  void accept() {
    if (accepting_ || !door_->open || door_->connections.size() >= kMaxConnections) return;
    accepting_ = true;
    acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket accepted) {
      self->accepting_ = false;
      if (!self->door_->open) return;
      if (error) return self->accept_later();
      const auto executor = accepted.get_executor();
      auto made = std::make_shared<Connection>(*self->door_, std::move(accepted), executor);
      self->door_->connections.insert(made);
      made->open(self->target_);
      self->accept();
    });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    again_.cancel();
  }

 private:
  void accept_later() {
    again_.expires_after(kBreath);
    again_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->accept();
    });
  }

  std::shared_ptr<Door> door_;
  tcp::acceptor acceptor_;
  asio::steady_timer again_;
  RelayTarget target_;
  bool accepting_ = false;
};

void Relay::Door::ended(const std::shared_ptr<Connection>& connection) {
  connections.erase(connection);
  if (!open) return;
  for (const auto& listener : listeners) listener->accept();
}

void Relay::Door::close() {
  open = false;
  for (const auto& each : listeners) each->close();
  while (!connections.empty()) std::shared_ptr(*connections.begin())->close();
  listeners.clear();
}

Relay::Relay() : state_(new State) {}

Relay::~Relay() {
  state_->loop.stop();
  for (auto& [number, door] : state_->doors) door->close();
}

void Relay::adopt(int listener, std::uint32_t number, RelayTarget target) {
  state_->loop.post([state = state_.get(), listener, number, target = std::move(target)]() mutable {
    auto& door = state->doors[number];
    if (!door) door = std::make_shared<Door>();
    door->listeners.push_back(std::make_shared<Listener>(door, state->loop.context(), listener, std::move(target)));
    door->listeners.back()->accept();
  });
}

void Relay::release(std::uint32_t number) {
  state_->loop.post([state = state_.get(), number] {
    if (auto found = state->doors.extract(number)) found.mapped()->close();
  });
}

}  // namespace leat::runtime
