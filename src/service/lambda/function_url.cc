#include "service/lambda/function_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "runtime/http_stream.h"
#include "service/lambda/http_event.h"

namespace leat::lambda {
namespace {

using runtime::HttpRequest;
using runtime::HttpRespond;
using runtime::HttpResponse;

constexpr std::string_view kHostMark = ".lambda-url.";
constexpr std::string_view kWithPrelude = "application/vnd.awslambda.http-integration-response";

std::string place_row(std::string_view id) {
  return kv::make_key(std::string_view(), std::string_view()) + 'u' + kv::make_key(id);
}

HttpResponse refusal(int status, std::string_view type, std::string_view message) {
  return {status,
          {{"Content-Type", "application/json"}, {"x-amzn-ErrorType", std::string(type)}},
          fmt::format("{{\"Message\":{}}}", message.empty() ? "null" : json_string(message))};
}

// --- CORS: what the configuration allows is said by the URL, not by the function.

std::string joined(const std::optional<std::vector<std::string>>& texts) {
  return texts ? fmt::format("{}", fmt::join(*texts, ",")) : "";
}

bool allows_origin(const Cors& cors, std::string_view origin) {
  if (!cors.allow_origins) return false;
  return std::any_of(cors.allow_origins->begin(), cors.allow_origins->end(),
                     [&](const std::string& each) { return each == "*" || each == origin; });
}

void add_cors(const std::optional<Cors>& cors, const HttpRequest& request, HttpResponse& response) {
  const std::string_view origin = request.header("origin");
  if (!cors || origin.empty() || !allows_origin(*cors, origin)) return;
  std::erase_if(response.headers,
                [](const auto& header) { return lower_case(header.first).starts_with("access-control-"); });
  const bool anybody = joined(cors->allow_origins) == "*" && !cors->allow_credentials.value_or(false);
  response.headers.emplace_back("Access-Control-Allow-Origin", anybody ? "*" : std::string(origin));
  if (!anybody) response.headers.emplace_back("Vary", "Origin");
  if (cors->allow_credentials.value_or(false))
    response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  if (cors->expose_headers)
    response.headers.emplace_back("Access-Control-Expose-Headers", joined(cors->expose_headers));
  if (request.method != "OPTIONS") return;
  if (cors->allow_methods) response.headers.emplace_back("Access-Control-Allow-Methods", joined(cors->allow_methods));
  if (cors->allow_headers) response.headers.emplace_back("Access-Control-Allow-Headers", joined(cors->allow_headers));
  if (cors->max_age) response.headers.emplace_back("Access-Control-Max-Age", std::to_string(*cors->max_age));
}

// One request and its answer, on the way through a function.
class Exchange {
 public:
  Exchange(const HttpRequest& request, std::optional<Cors> cors, HttpRespond respond)
      : request_(request), cors_(std::move(cors)), respond_(std::move(respond)) {}

  void finish(HttpResponse response) {
    add_cors(cors_, request_, response);
    respond_(std::move(response));
  }

  void done(const InvocationResult& result) {
    if (stream_) return stream_->end();
    switch (result.outcome) {
      case InvocationResult::Outcome::kThrottled:
        return finish(refusal(429, "TooManyRequestsException", "Rate Exceeded."));
      case InvocationResult::Outcome::kRecursive:
        return finish(refusal(400, "RecursiveInvocationException", result.payload));
      case InvocationResult::Outcome::kFailed:
        return finish({502, {{"Content-Type", "application/json"}}, "Internal Server Error"});
      case InvocationResult::Outcome::kSucceeded: break;
    }
    finish(http_response(result.payload));
  }

  bool full(std::function<void()> room) { return stream_ && stream_->full(std::move(room)); }

  // Of a streamed response: the head stands before eight zero bytes, where the function says so.
  void piece(std::string_view content_type, std::string_view bytes) {
    if (stream_) return stream_->write(bytes);
    if (content_type != kWithPrelude) {
      HttpResponse response;
      response.headers.emplace_back("Content-Type", std::string(content_type));
      return begin(std::move(response), bytes);
    }
    static constexpr std::string_view kEndOfPrelude("\0\0\0\0\0\0\0\0", 8);
    static constexpr std::size_t kMaxPrelude = 1U << 20;
    const auto searched = std::max(prelude_.size(), kEndOfPrelude.size()) - kEndOfPrelude.size();
    prelude_ += bytes;
    const auto end = prelude_.find(kEndOfPrelude, searched);
    if (end == std::string::npos) {
      if (prelude_.size() > kMaxPrelude) begin(HttpResponse{502}, {});
      return;
    }
    const std::string rest = prelude_.substr(end + kEndOfPrelude.size());
    auto head = http_prelude(std::string_view(prelude_).substr(0, end));
    begin(head ? std::move(*head) : HttpResponse{502}, rest);
  }

 private:
  void begin(HttpResponse response, std::string_view bytes) {
    stream_ = std::make_shared<runtime::HttpStream>();
    stream_->write(bytes);
    response.stream = stream_;
    finish(std::move(response));
  }

  const HttpRequest& request_;  // lives until it is answered, and is not looked at later
  const std::optional<Cors> cors_;
  HttpRespond respond_;
  std::shared_ptr<runtime::HttpStream> stream_;
  std::string prelude_;
};

}  // namespace

std::string FunctionUrl::id() const {
  const std::string& url = config.function_url;
  const auto begin = url.find("//") + 2;
  return url.substr(begin, url.find('.') - begin);
}

std::string FunctionUrl::row() const { return qualified_row(account, region, 'u', name, qualifier); }

std::optional<FunctionUrl> find_url(Lambda& lambda, const aws::Caller& caller, std::string_view name,
                                    std::string_view qualifier) {
  FunctionUrl out{caller.account, caller.region, std::string(name), std::string(qualifier), {}};
  auto config = kv::read_row(lambda.parts().store, out.row(), &aws::from_json<FunctionUrlConfig>);
  if (!config) return std::nullopt;
  out.config = std::move(*config);
  return out;
}

void save_url(Lambda& lambda, const FunctionUrl& url) {
  kv::Batch batch;
  batch.put(url.row(), aws::to_json(url.config));
  batch.put(place_row(url.id()), kv::make_key(url.account, url.region, url.name, url.qualifier));
  (void)lambda.parts().store.commit(batch);
}

void stage_erase_url(kv::Batch& batch, const FunctionUrl& url) {
  batch.erase(url.row());
  batch.erase(place_row(url.id()));
}

std::vector<FunctionUrl> urls_of(const kv::Store& store, const aws::Caller& caller, std::string_view name) {
  std::vector<FunctionUrl> out;
  const std::string prefix = room_prefix(caller.account, caller.region, 'u', name);
  const auto cursor = store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view rest = cursor->key().substr(prefix.size());
    if (auto config = kv::read_sound(*cursor, &aws::from_json<FunctionUrlConfig>))
      out.push_back({caller.account, caller.region, std::string(name), kv::take_text(rest), std::move(*config)});
  }
  return out;
}

bool FunctionUrls::owns(std::string_view host) { return host.find(kHostMark) != std::string_view::npos; }

std::optional<FunctionUrl> FunctionUrls::find(std::string_view host) const {
  const auto place = lambda_.parts().store.get(place_row(host.substr(0, host.find('.'))));
  if (!place.value) return std::nullopt;
  std::string_view rest = *place.value;
  aws::Caller owner;
  owner.account = kv::take_text(rest);
  owner.region = kv::take_text(rest);
  const std::string name = kv::take_text(rest);
  return find_url(lambda_, owner, name, kv::take_text(rest));
}

runtime::HttpBodyLimit FunctionUrls::body_limit() {
  constexpr std::uint64_t kMaxBody = 6291456;  // bytes, as of any synchronous invocation
  return {kMaxBody, refusal(413, "RequestEntityTooLargeException", "Request Entity Too Large")};
}

void FunctionUrls::handle(const HttpRequest& request, const std::optional<aws::Caller>& caller, HttpRespond respond) {
  const auto url = find(request.header("host"));
  if (!url) return respond(refusal(404, "ResourceNotFoundException", ""));
  if (request.method == "OPTIONS" && url->config.cors && !request.header("origin").empty()) {
    HttpResponse response;
    add_cors(url->config.cors, request, response);
    return respond(std::move(response));
  }
  const bool signed_enough = url->config.auth_type == "NONE" || caller;
  if (!signed_enough || !authorize_(url->config.auth_type == "NONE" ? std::nullopt : caller, url->config.function_arn,
                                    url->config.auth_type)) {
    HttpResponse response = refusal(403, "AccessDeniedException", "Forbidden");
    add_cors(url->config.cors, request, response);
    return respond(std::move(response));
  }
  invoke(*url, request, url->config.auth_type == "NONE" ? std::nullopt : caller, std::move(respond));
}

void FunctionUrls::invoke(const FunctionUrl& url, const HttpRequest& request, const std::optional<aws::Caller>& caller,
                          HttpRespond respond) {
  aws::Caller owner;
  owner.account = url.account;
  owner.region = url.region;
  auto target = lambda_.resolve(owner, url.config.function_arn, std::nullopt);
  if (!target) return respond(refusal(404, "ResourceNotFoundException", ""));
  auto& parts = lambda_.parts();
  const std::string request_id = parts.random.uuid();
  const auto exchange = std::make_shared<Exchange>(request, url.config.cors, std::move(respond));
  Invocation invocation;
  invocation.function = target->function;
  invocation.arn = std::move(target->arn);
  invocation.request_id = request_id;
  invocation.trace = request.header("x-amzn-trace-id");
  invocation.payload = http_event(request, {url.account, url.id(), request_id, parts.clock.now(), caller});
  if (url.config.invoke_mode == "RESPONSE_STREAM") {
    invocation.streamed = [exchange](std::string_view type, std::string_view piece) { exchange->piece(type, piece); };
    invocation.full = [exchange](std::function<void()> room) { return exchange->full(std::move(room)); };
  }
  invocation.done = [exchange](const InvocationResult& result) { exchange->done(result); };
  parts.invoker.invoke(std::move(invocation));
}

}  // namespace leat::lambda
