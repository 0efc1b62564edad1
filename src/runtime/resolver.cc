#include "runtime/resolver.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

namespace leat::runtime {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

class Resolver::Socket : public std::enable_shared_from_this<Socket> {
 public:
  Socket(asio::io_context& context, int descriptor, const IsHere& is_here)
      : socket_(context, udp::v4(), descriptor), is_here_(is_here) {
    socket_.non_blocking(true);  // who does not read its answers must not hold up others'
  }

  // An answer that cannot be sent at once is lost, as datagrams are.
  void read() {
    socket_.async_receive_from(asio::buffer(buffer_), from_,
                               [self = shared_from_this()](error_code error, std::size_t size) {
                                 if (!self->socket_.is_open()) return;
                                 const std::string answer =
                                     error ? std::string() : answer_dns({self->buffer_.data(), size}, self->is_here_);
                                 error_code lost;
                                 if (!answer.empty()) self->socket_.send_to(asio::buffer(answer), self->from_, 0, lost);
                                 self->read();
                               });
  }
  void close() { socket_.close(); }

 private:
  udp::socket socket_;
  const IsHere& is_here_;
  udp::endpoint from_;
  std::array<char, 1232> buffer_{};
};

Resolver::Resolver(IsHere is_here) : is_here_(std::move(is_here)) {}

Resolver::~Resolver() {
  loop_.stop();
  sockets_.clear();
}

void Resolver::adopt(int descriptor, std::uint32_t door) {
  auto made = std::make_shared<Socket>(loop_.context(), descriptor, is_here_);
  loop_.post([this, made = std::move(made), door] {
    sockets_[door] = made;
    made->read();
  });
}

void Resolver::release(std::uint32_t door) {
  loop_.post([this, door] {
    if (auto found = sockets_.extract(door)) found.mapped()->close();
  });
}

}  // namespace leat::runtime
