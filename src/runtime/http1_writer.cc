#include "runtime/http1_writer.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/beast/http/status.hpp>

namespace leat::runtime {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;

namespace {

constexpr std::size_t kPieceSize = 64U << 10;

std::string head_of(const HttpResponse& response, std::string_view date) {
  std::string head;
  auto out = std::back_inserter(head);
  const auto reason = http::obsolete_reason(http::status(response.status));
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status, std::string_view(reason.data(), reason.size()));
  for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
  fmt::format_to(out, "Date: {}\r\n", date);
  return head;
}

}  // namespace

void Http1Writer::write(HttpResponse response, const Http1Form& form, std::string_view date,
                        const std::shared_ptr<void>& self) {
  form_ = form;
  head_ = head_of(response, date);
  if (response.stream) {
    if (!form_.chunked) form_.keep_alive = false;
    if (form_.chunked) head_ += "Transfer-Encoding: chunked\r\n";
  } else if (response.status != 204 && response.status >= 200) {
    fmt::format_to(std::back_inserter(head_), "Content-Length: {}\r\n",
                   response.length.value_or(response.body.size()));
  }
  if (!form_.keep_alive) head_ += "Connection: close\r\n";
  head_ += "\r\n";
  if (form_.head_only && response.stream) std::exchange(response.stream, nullptr)->close();
  body_ = form_.head_only || response.stream ? std::string() : std::move(response.body);
  owner_.sending();
  if (response.stream) return begin_stream(std::move(response.stream), self);
  send([this, self](Error error, std::size_t) {
    body_ = {};
    error ? owner_.forsaken() : owner_.answered();
  });
}

void Http1Writer::send(HttpSocket::Done done) {
  socket_.write({asio::buffer(head_), asio::buffer(body_)}, std::move(done));
}

void Http1Writer::begin_stream(std::shared_ptr<HttpStream> source, const std::shared_ptr<void>& self) {
  source_ = std::move(source);
  writing_ = true;
  send([this, self](Error error, std::size_t) {
    writing_ = false;
    head_.clear();
    if (!source_) return;
    if (error) return owner_.forsaken();
    source_->attach([this, waiting = std::weak_ptr(self)] {
      if (const auto self = waiting.lock()) {
        asio::post(socket_.get_executor(), [this, self] {
          if (source_ && !writing_) write_piece(self);
        });
      }
    });
    write_piece(self);
  });
}

void Http1Writer::write_piece(const std::shared_ptr<void>& self) {
  HttpStream::Piece piece = source_->take(kPieceSize);
  if (piece.bytes.empty() && !piece.last) {
    owner_.resting();
    if (source_->closed()) owner_.forsaken();
    return;
  }
  body_.clear();
  if (!form_.chunked)
    body_ = std::move(piece.bytes);
  else if (!piece.bytes.empty())
    fmt::format_to(std::back_inserter(body_), "{:x}\r\n{}\r\n", piece.bytes.size(), piece.bytes);
  if (form_.chunked && piece.last) body_ += "0\r\n\r\n";
  owner_.sending();
  writing_ = true;
  send([this, self, last = piece.last](Error error, std::size_t) {
    writing_ = false;
    if (!source_) return;
    if (error) return owner_.forsaken();
    if (!last) return write_piece(self);
    source_.reset();
    owner_.answered();
  });
}

void Http1Writer::abandon() {
  if (const auto source = std::exchange(source_, nullptr)) source->close();
}

}  // namespace leat::runtime
