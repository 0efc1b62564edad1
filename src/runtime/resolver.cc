#include "runtime/resolver.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <optional>

namespace leat::runtime {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxMessage = 1232;     // as resolvers of today agree, https://www.dnsflagday.net/2020/
constexpr std::size_t kMaxQuestions = 32;     // of one socket, asked elsewhere at once; more are lost, as datagrams are
constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::uint16_t kDnsPort = 53;

// The first that the machine asks itself.
std::optional<udp::endpoint> machines_resolver() {
  std::ifstream in("/etc/resolv.conf");
  for (std::string word, address; in >> word;) {
    if (word != "nameserver" || !(in >> address)) continue;
    error_code no_address;
    const auto parsed = asio::ip::make_address(address, no_address);
    if (!no_address) return udp::endpoint(parsed, kDnsPort);
  }
  return std::nullopt;
}

}  // namespace

struct Resolver::State {
  IsHere is_here;
  Others others;
  std::map<std::uint32_t, std::shared_ptr<Socket>> sockets = {};  // of the loop's thread
  Loop loop{"resolver"};
};

class Resolver::Socket : public std::enable_shared_from_this<Socket> {
 public:
  Socket(State& state, int descriptor) : state_(state), socket_(state.loop.context(), udp::v4(), descriptor) {
    socket_.non_blocking(true);  // who does not read its answers must not hold up others'
  }

  void read() {
    socket_.async_receive_from(asio::buffer(buffer_), from_,
                               [self = shared_from_this()](error_code error, std::size_t size) {
                                 if (!self->socket_.is_open()) return;
                                 if (!error) self->answer({self->buffer_.data(), size});
                                 self->read();
                               });
  }
  // What cannot be sent at once is lost, as datagrams are.
  void send(std::string_view answer, const udp::endpoint& to) {
    error_code lost;
    if (socket_.is_open() && !answer.empty()) socket_.send_to(asio::buffer(answer), to, 0, lost);
  }
  void close() { socket_.close(); }
  std::size_t questions = 0;

 private:
  void answer(std::string_view query);

  State& state_;
  udp::socket socket_;
  udp::endpoint from_;
  std::array<char, kMaxMessage> buffer_{};
};

// That another resolver is asked, and its answer's way back.
class Resolver::Question : public std::enable_shared_from_this<Question> {
 public:
  Question(State& state, std::shared_ptr<Socket> asker, udp::endpoint from, const udp::endpoint& resolver)
      : state_(state), asker_(std::move(asker)), from_(std::move(from)), socket_(state.loop.context()),
        timer_(state.loop.context()) {
    ++asker_->questions;
    socket_.connect(resolver);
  }
  ~Question() { --asker_->questions; }

  void ask(std::string_view query) {
    id_ = query.substr(0, 2);
    error_code lost;
    socket_.send(asio::buffer(query), 0, lost);
    timer_.expires_after(kPatience);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->socket_.close();
    });
    read();
  }

 private:
  void read() {
    socket_.async_receive(asio::buffer(buffer_), [self = shared_from_this()](error_code error, std::size_t size) {
      const std::string_view answer(self->buffer_.data(), size);
      if (!error && !answer.starts_with(self->id_)) return self->read();
      if (!error) self->asker_->send(answer, self->from_);
      self->timer_.cancel();
    });
  }

  State& state_;
  std::shared_ptr<Socket> asker_;
  udp::endpoint from_;
  udp::socket socket_;
  asio::steady_timer timer_;
  std::string id_;
  std::array<char, 4096> buffer_{};
};

void Resolver::Socket::answer(std::string_view query) {
  const bool elsewhere = state_.others == Others::kAsked && asks_elsewhere(query, state_.is_here);
  if (elsewhere && questions >= kMaxQuestions) return;
  const auto resolver = elsewhere ? machines_resolver() : std::nullopt;
  if (!resolver) return send(answer_dns(query, state_.is_here), from_);
  try {
    std::make_shared<Question>(state_, shared_from_this(), from_, *resolver)->ask(query);
  } catch (const boost::system::system_error&) {  // lint: catch — no descriptor, or no way there: one answer less
    send(answer_dns(query, state_.is_here), from_);
  }
}

Resolver::Resolver(IsHere is_here, Others others) : state_(new State{std::move(is_here), others}) {}

Resolver::~Resolver() {
  state_->loop.stop();
  state_->sockets.clear();
}

void Resolver::adopt(int descriptor, std::uint32_t door) {
  auto made = std::make_shared<Socket>(*state_, descriptor);
  state_->loop.post([state = state_.get(), made = std::move(made), door] {
    state->sockets[door] = made;
    made->read();
  });
}

void Resolver::release(std::uint32_t door) {
  state_->loop.post([state = state_.get(), door] {
    if (auto found = state->sockets.extract(door)) found.mapped()->close();
  });
}

}  // namespace leat::runtime
