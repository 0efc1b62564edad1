// The floor: a bare Beast server that answers every request with the same bytes, which it reads from a file.
//
// usage: floor PORT THREADS BODY_FILE

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

std::string g_body;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->write();
    });
  }

 private:
  void write() {
    response_ = {http::status::ok, 11};
    response_.set(http::field::content_type, "application/x-amz-json-1.0");
    response_.set("x-amzn-RequestId", "00000000-0000-0000-0000-000000000000");
    response_.set("x-amz-crc32", "1234567890");
    response_.body() = g_body;
    response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->read();
    });
  }

  tcp::socket socket_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& acceptor, std::vector<std::unique_ptr<asio::io_context>>& contexts, std::size_t next) {
  acceptor.async_accept(*contexts[next % contexts.size()], [&, next](beast::error_code error, tcp::socket socket) {
    if (!error) {
      socket.set_option(tcp::no_delay(true));
      auto executor = socket.get_executor();
      asio::dispatch(executor,
                     [socket = std::move(socket)]() mutable { std::make_shared<Session>(std::move(socket))->read(); });
    }
    accept(acceptor, contexts, next + 1);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream file(argv[3], std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  g_body = text.str();
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[2]); ++i) contexts.push_back(std::make_unique<asio::io_context>(1));
  tcp::acceptor acceptor(*contexts[0],
                         {asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(std::atoi(argv[1]))});
  accept(acceptor, contexts, 0);
  for (auto& context : contexts) {
    threads.emplace_back([&context = *context] {
      auto work = asio::make_work_guard(context);
      context.run();
    });
  }
  std::puts("Ready.");
  std::fflush(stdout);
  for (auto& thread : threads) thread.join();
}
