#include "runtime/http2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/encoding.h"
#include "runtime/http_stream.h"

namespace leat::runtime {
namespace {

constexpr std::uint32_t kMaxStreams = 128;
constexpr std::int32_t kWindow = 1 << 20;        // bytes that a peer may send unasked on all streams together
constexpr std::int32_t kStreamWindow = 64 << 10;  // and on one; a body that is no larger waits for no room in memory
constexpr std::uint64_t kUnshared = kWindow / 2;  // of such bodies, on a connection
constexpr std::size_t kPieceSize = 64U << 10;

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv header(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// What HTTP/2 forbids: the frames say it.
bool belongs_to_http1(std::string_view lower_name) {
  return lower_name == "connection" || lower_name == "transfer-encoding" || lower_name == "keep-alive";
}

}  // namespace

struct Http2Connection::Stream {
  RequestPtr request;
  std::size_t header_bytes = 0;
  bool refused = false;
  bool complete = false;
  HttpBodyLimit limit;
  // Bytes of the body that no share stands for, and those of them that hold up the whole connection.
  bool asked = false;
  std::size_t unshared = 0, withheld = 0;
  bool head_only = false;
  // The answer's body: `rest` from `sent` on, then what comes from `source`.
  std::string rest;
  std::size_t sent = 0;
  std::shared_ptr<HttpStream> source;
  bool last = true;
  HttpMemory::Share share;
};

struct Http2Connection::Callbacks {
  static Http2Connection& self(void* user) { return *static_cast<Http2Connection*>(user); }

  static Stream* find(void* user, std::int32_t id) {
    const auto found = self(user).streams_.find(id);
    return found == self(user).streams_.end() ? nullptr : found->second.get();
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto stream = std::make_unique<Stream>();
    stream->request = std::make_shared<Request>();
    stream->request->stream = frame->hd.stream_id;
    self(user).streams_[frame->hd.stream_id] = std::move(stream);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name_bytes, std::size_t name_size,
                    const std::uint8_t* value_bytes, std::size_t value_size, std::uint8_t, void* user) {
    Stream* stream = find(user, frame->hd.stream_id);
    if (!stream || stream->refused) return 0;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // trailers are no headers
    const std::string_view name = view(name_bytes, name_size), value = view(value_bytes, value_size);
    Request& request = *stream->request;
    stream->header_bytes += name_size + value_size;
    if (stream->header_bytes > self(user).limits_.header_bytes) {
      self(user).refuse(*stream, HttpResponse{400});
    } else if (name == ":method") {
      request.method = value;
    } else if (name == ":path") {
      request.target = value;
    } else if (name == ":authority") {
      request.headers.emplace_back("host", value);
    } else if (!name.starts_with(':')) {
      request.headers.emplace_back(name, value);
    }
    return 0;
  }

  static int data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    Stream* stream = find(user, id);
    if (!stream || stream->refused) return nghttp2_session_consume(session, id, size);
    std::string& body = stream->request->body;
    if (body.size() + size > stream->limit.bytes) {
      nghttp2_session_consume(session, id, size);
      self(user).refuse(*stream, stream->limit.refuse());
      return 0;
    }
    body += view(bytes, size);
    self(user).count(*stream, size);
    return 0;
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    Stream* stream = find(user, frame->hd.stream_id);
    if (!stream || stream->refused) return 0;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
      self(user).complete(*stream);
    else if (frame->hd.type == NGHTTP2_HEADERS)
      self(user).begin_body(*stream);
    return 0;
  }

  static void answer_expectation(nghttp2_session* session, const Request& request) {
    for (const auto& [name, value] : request.headers) {
      if (name != "expect" || value != "100-continue") continue;
      const nghttp2_nv status = runtime::header(":status", "100");
      nghttp2_submit_headers(session, NGHTTP2_FLAG_NONE, request.stream, nullptr, &status, 1, nullptr);
    }
  }

  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    auto gone = self(user).streams_.extract(id);
    if (gone.empty()) return 0;
    self(user).settle(*gone.mapped());
    self(user).leave(*gone.mapped());
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size, std::uint32_t* flags,
                           nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    if (stream.sent == stream.rest.size() && stream.source && !stream.last) {
      HttpStream::Piece piece = stream.source->take(kPieceSize);
      stream.rest = std::move(piece.bytes);
      stream.sent = 0;
      stream.last = piece.last;
      if (stream.rest.empty() && !stream.last) return NGHTTP2_ERR_DEFERRED;
    }
    const std::size_t count = std::min(size, stream.rest.size() - stream.sent);
    std::copy_n(stream.rest.data() + stream.sent, count, out);
    stream.sent += count;
    if (stream.sent == stream.rest.size() && stream.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
};

Http2Connection::Http2Connection(Http2Limits limits) : limits_(std::move(limits)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Callbacks::stream_close);
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_session_server_new2(&session_, callbacks, this, options);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.header_bytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
}

Http2Connection::~Http2Connection() {
  nghttp2_session_del(session_);
  abandon();
}

void Http2Connection::abandon() {
  for (const auto& [id, stream] : streams_) leave(*stream);
}

// A body begins that has not come with its head.
void Http2Connection::begin_body(Stream& stream) {
  describe(stream);
  std::uint64_t length = 0;
  const std::string_view text = stream.request->view.header("content-length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || length > kStreamWindow) stream.limit = limits_.body(stream.request->view);
  if (length > stream.limit.bytes) return refuse(stream, stream.limit.refuse());
  if (length > kStreamWindow) ask(stream, length);
  Callbacks::answer_expectation(session_, *stream.request);
}

void Http2Connection::ask(Stream& stream, std::uint64_t size) {
  if (std::exchange(stream.asked, true)) return;
  hungry_.push_back({stream.request->stream, size});
}

// Bytes of a body came. The peer may send as many more where memory is kept for them.
void Http2Connection::count(Stream& stream, std::size_t size) {
  const std::int32_t id = stream.request->stream;
  if (stream.request->share) {
    nghttp2_session_consume(session_, id, size);
    return;
  }
  stream.unshared += size;
  unshared_ += size;
  if (unshared_ <= kUnshared)
    nghttp2_session_consume_connection(session_, size);
  else
    stream.withheld += size;
  if (stream.withheld > 0)
    ask(stream, kStreamWindow);
  else if (stream.unshared >= kStreamWindow / 2)
    ask(stream, stream.limit.bytes);
}

void Http2Connection::grant(std::int32_t id, HttpMemory::Share share) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second->complete || found->second->refused) return;
  Stream& stream = *found->second;
  stream.request->share = std::move(share);
  nghttp2_session_consume_stream(session_, id, stream.unshared);
  settle(stream);
}

// What came of a body unshared is another's affair now.
void Http2Connection::settle(Stream& stream) {
  unshared_ -= std::exchange(stream.unshared, 0);
  nghttp2_session_consume_connection(session_, std::exchange(stream.withheld, 0));
}

void Http2Connection::leave(Stream& stream) {
  if (stream.source) stream.source->close();
  stream.share.release();
  stream.request->share.release();
  if (stream.request->departure) departures_.push_back(std::move(stream.request->departure));
}

bool Http2Connection::receive(std::string_view bytes) {
  const auto taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return taken >= 0;
}

void Http2Connection::describe(Stream& stream) {
  Request& request = *stream.request;
  request.view.method = request.method;
  request.view.target = request.target;
  request.view.body = request.body;
  request.view.headers.clear();
  for (const auto& [name, value] : request.headers) request.view.headers.push_back({name, value});
  stream.head_only = request.method == "HEAD";
}

void Http2Connection::complete(Stream& stream) {
  stream.complete = true;
  settle(stream);
  describe(stream);
  arrived_.push_back(stream.request);
}

void Http2Connection::refuse(Stream& stream, HttpResponse response) {
  stream.refused = true;
  settle(stream);
  stream.request->body = {};
  stream.request->share.release();
  respond(stream.request->stream, std::move(response), {});
}

void Http2Connection::respond(std::int32_t id, HttpResponse response, std::string_view date) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) {
    if (response.stream) response.stream->close();
    return;
  }
  Stream& stream = *found->second;
  stream.request->departure = nullptr;
  const std::string status = std::to_string(response.status), size = std::to_string(response.length.value_or(response.body.size()));
  std::vector<nghttp2_nv> headers{header(":status", status)};
  for (auto& [name, value] : response.headers) {
    name = lower_case(name);
    if (!belongs_to_http1(name)) headers.push_back(header(name, value));
  }
  if (!date.empty()) headers.push_back(header("date", date));
  if (!response.stream && response.status != 204) headers.push_back(header("content-length", size));
  const bool bodiless = stream.head_only || (response.body.empty() && !response.stream);
  if (response.body.size() > kStreamWindow) stream.share = limits_.memory.take(response.body.size());
  stream.rest = std::move(response.body);
  stream.source = std::move(response.stream);
  stream.last = !stream.source;
  nghttp2_data_provider body{{.ptr = &stream}, &Callbacks::read_body};
  nghttp2_submit_response(session_, id, headers.data(), headers.size(), bodiless ? nullptr : &body);
}

void Http2Connection::resume(std::int32_t stream) { nghttp2_session_resume_data(session_, stream); }

void Http2Connection::append_output(std::string& out, std::size_t limit) {
  while (out.size() < limit) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) return;
    out += view(bytes, static_cast<std::size_t>(size));
  }
}

void Http2Connection::go_away() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

bool Http2Connection::awaits_body() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& each) { return !each.second->complete; });
}

bool Http2Connection::awaits_reader() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& each) { return each.second->sent < each.second->rest.size(); });
}

bool Http2Connection::holds_room() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& each) { return static_cast<bool>(each.second->request->share); });
}

bool Http2Connection::over() const {
  return !nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_);
}

}  // namespace leat::runtime
