#include "wire/event_stream.h"

#include <fmt/format.h>
#include <zlib.h>

#include "aws/shape_cbor.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "runtime/http_stream.h"

namespace leat::wire {
namespace {

constexpr char kStringHeader = 7;

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

void append_sum(std::string& out) {
  append_number(out, crc32(0, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(out.size())), 4);
}

struct Payload {
  std::string_view content_type;
  std::string bytes;
};

Payload encode(aws::Protocol protocol, const aws::Shape& shape, const void* value) {
  std::string out;
  switch (protocol) {
    case aws::Protocol::kAwsCbor:
      aws::append_cbor(shape, value, aws::CborTime::kMilliseconds, out);
      return {"application/x-amz-cbor-1.1", std::move(out)};
    case aws::Protocol::kRpcCbor:
      aws::append_cbor(shape, value, aws::CborTime::kSeconds, out);
      return {"application/cbor", std::move(out)};
    default: aws::append_json(shape, value, out); return {"application/json", std::move(out)};
  }
}

class HttpEventSink final : public aws::EventSink {
 public:
  HttpEventSink(aws::Protocol protocol, const std::shared_ptr<runtime::HttpStream>& stream)
      : protocol_(protocol), stream_(stream) {}

  // An RPC protocol's reply has no other place: it is the first event.
  void begin() {
    static constexpr aws::Shape kEmpty{.kind = aws::Kind::kStructure, .name = "Empty"};
    const char nothing = 0;
    if (!aws::is_rest(protocol_)) send_shape("initial-response", kEmpty, &nothing);
  }

  void fail(const aws::Error& error) override {
    std::string payload = "{\"message\":";
    append_json_string(payload, error.message);
    payload += '}';
    write(event_frame(
        {{":message-type", "exception"}, {":exception-type", error.type->name}, {":content-type", "application/json"}},
        payload));
    end();
  }

  void end() override {
    if (const auto stream = stream_.lock()) stream->end();
  }
  void on_wanted(std::function<void()> wanted) override {
    if (const auto stream = stream_.lock()) stream->on_wanted(std::move(wanted));
  }
  void wake() override {
    if (const auto stream = stream_.lock()) stream->wake();
  }
  bool full(std::function<void()> room) override {
    const auto stream = stream_.lock();
    return stream && stream->full(std::move(room));
  }

 protected:
  void send_shape(std::string_view name, const aws::Shape& shape, const void* event) override {
    const Payload payload = payload_of(shape, event);
    write(event_frame({{":message-type", "event"}, {":event-type", name}, {":content-type", payload.content_type}},
                      payload.bytes));
  }

 private:
  void write(std::string_view frame) {
    if (const auto stream = stream_.lock()) stream->write(frame);
  }

  Payload payload_of(const aws::Shape& shape, const void* event) const {
    for (const aws::Member& member : shape.members) {
      if (member.location != aws::Location::kPayload) continue;
      const auto* bytes = static_cast<const aws::Blob*>(member.find(event));
      return {"application/octet-stream", bytes ? *bytes : std::string()};
    }
    return encode(protocol_, shape, event);
  }

  const aws::Protocol protocol_;
  const std::weak_ptr<runtime::HttpStream> stream_;  // its `wanted` may hold this
};

}  // namespace

std::string event_frame(const EventHeaders& headers, std::string_view payload) {
  std::string head;
  for (const auto& [name, value] : headers) {
    append_number(head, name.size(), 1);
    head += name;
    head += kStringHeader;
    append_number(head, value.size(), 2);
    head += value;
  }
  constexpr std::size_t kFixed = 16;  // two sizes and two sums
  std::string out;
  append_number(out, kFixed + head.size() + payload.size(), 4);
  append_number(out, head.size(), 4);
  append_sum(out);
  out += head;
  out += payload;
  append_sum(out);
  return out;
}

void stream_events(aws::Protocol protocol, const aws::EventSource& source, runtime::HttpResponse& response) {
  std::erase_if(response.headers,
                [](const auto& header) { return runtime::equals_ignoring_case(header.first, "content-type"); });
  response.headers.emplace_back("Content-Type", "application/vnd.amazon.eventstream");
  response.body.clear();
  response.stream = std::make_shared<runtime::HttpStream>();
  const auto sink = std::make_shared<HttpEventSink>(protocol, response.stream);
  sink->begin();
  source(sink);
}

}  // namespace leat::wire
