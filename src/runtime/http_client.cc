#include "runtime/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace leat::runtime {

std::optional<HttpResponse> http_request(const std::string& address, std::uint16_t port, const HttpRequest& given) {
  namespace http = boost::beast::http;
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  boost::system::error_code error;
  tcp::socket socket(context);
  if (socket.connect({boost::asio::ip::make_address(address), port}, error)) return std::nullopt;
  http::request<http::string_body> request(http::string_to_verb({given.method.data(), given.method.size()}),
                                           {given.target.data(), given.target.size()}, 11);
  request.set(http::field::host, address);
  for (const HttpHeader& header : given.headers)
    request.set({header.name.data(), header.name.size()}, {header.value.data(), header.value.size()});
  request.body() = given.body;
  request.prepare_payload();
  http::write(socket, request, error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  if (!error) http::read(socket, buffer, parser, error);
  if (error) return std::nullopt;
  HttpResponse out;
  out.status = static_cast<int>(parser.get().result_int());
  out.body = std::move(parser.get().body());
  return out;
}

}  // namespace leat::runtime
