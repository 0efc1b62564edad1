#include <fmt/format.h>

#include <algorithm>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "wire/codecs.h"

namespace leat::wire {
namespace {

using runtime::HttpResponse;

// Modelled members and the message, as one JSON object. `type` is left out where it is empty.
std::string json_body(const aws::Error& error, std::string_view type, std::string_view message_name) {
  std::string out = "{";
  if (!type.empty()) {
    out += "\"__type\":";
    append_json_string(out, type);
    out += ',';
  }
  append_json_string(out, message_name);
  out += ':';
  append_json_string(out, error.message);
  if (error.details && error.type->shape) {
    std::string details;
    aws::append_json(*error.type->shape, error.details.get(), details);
    if (details.size() > 2) {
      out += ',';
      out.append(details, 1, details.size() - 2);
    }
  }
  out += '}';
  return out;
}

HttpResponse json_error(const ErrorContext& context, const aws::Error& error) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", fmt::format("application/x-amz-json-{}", context.json_version));
  const std::string type = error.type->wire_prefix.empty()
                               ? std::string(error.type->name)
                               : fmt::format("{}#{}", error.type->wire_prefix, error.type->name);
  if (context.speaks_query) {
    response.headers.emplace_back("x-amzn-query-error", fmt::format("{};{}", error.type->query_code,
                                                                    error.type->sender_fault ? "Sender" : "Receiver"));
  }
  // Serialization errors come from the framework, which writes "Message".
  const bool framework = error.type == &aws::errors::kSerialization;
  response.body = json_body(error, type, framework ? "Message" : "message");
  return response;
}

HttpResponse cbor_error(const ErrorContext& context, const aws::Error& error) {
  const auto form = context.protocol == aws::Protocol::kAwsCbor ? CborCodec::Form::kAws : CborCodec::Form::kRpcV2;
  HttpResponse response;
  response.headers = CborCodec(form).headers();
  if (context.speaks_query) {
    response.headers.emplace_back("x-amzn-query-error", fmt::format("{};{}", error.type->query_code,
                                                                    error.type->sender_fault ? "Sender" : "Receiver"));
  }
  const std::string type = error.type->wire_prefix.empty()
                               ? std::string(error.type->name)
                               : fmt::format("{}#{}", error.type->wire_prefix, error.type->name);
  aws::append_cbor_map(response.body, 2);
  for (const auto& [name, value] :
       {std::pair<std::string_view, std::string_view>{"__type", type}, {"message", error.message}}) {
    aws::append_cbor_text(response.body, name);
    aws::append_cbor_text(response.body, value);
  }
  return response;
}

// Errors that a model has say who is to blame, but where their details leave it out.
bool has_type(const aws::Shape* shape) {
  return shape && std::any_of(shape->members.begin(), shape->members.end(),
                              [](const aws::Member& each) { return each.name == "Type"; });
}

HttpResponse rest_json_error(const aws::Error& error) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("x-amzn-ErrorType", std::string(error.type->name));
  response.body = json_body(error, "", error.type->message);
  if (error.type->sender_fault && has_type(error.type->shape) && !error.details)
    response.body.insert(1, "\"Type\":\"User\",");
  return response;
}

HttpResponse xml_error(const aws::Error& error, std::string body) {
  return {error.type->http_status, {{"Content-Type", "text/xml"}}, std::move(body)};
}

std::string code_and_message(const aws::Error& error) {
  std::string message;
  append_xml_text(message, error.message);
  return fmt::format("<Code>{}</Code><Message>{}</Message>", error.type->query_code, message);
}

HttpResponse query_error(const ErrorContext& context, const aws::Error& error) {
  const std::string space = context.xml_namespace.empty() ? "" : fmt::format(" xmlns=\"{}\"", context.xml_namespace);
  return xml_error(error, fmt::format("<ErrorResponse{}><Error><Type>{}</Type>{}</Error><RequestId>{}</RequestId>"
                                      "</ErrorResponse>",
                                      space, error.type->sender_fault ? "Sender" : "Receiver",
                                      code_and_message(error), context.request_id));
}

}  // namespace

const Codec& codec_for(aws::Protocol protocol) {
  static const JsonCodec kJson;
  static const RestJsonCodec kRestJson;
  static const QueryCodec kQuery;
  static const CborCodec kAwsCbor(CborCodec::Form::kAws), kRpcCbor(CborCodec::Form::kRpcV2);
  switch (protocol) {
    case aws::Protocol::kJson: return kJson;
    case aws::Protocol::kRestJson: return kRestJson;
    case aws::Protocol::kQuery: return kQuery;
    case aws::Protocol::kAwsCbor: return kAwsCbor;
    case aws::Protocol::kRpcCbor: return kRpcCbor;
  }
  return kJson;
}

HttpResponse encode_error(const ErrorContext& context, const aws::Error& error) {
  HttpResponse response;
  switch (context.protocol) {
    case aws::Protocol::kJson: response = json_error(context, error); break;
    case aws::Protocol::kRestJson: response = rest_json_error(error); break;
    case aws::Protocol::kQuery: response = query_error(context, error); break;
    case aws::Protocol::kAwsCbor:
    case aws::Protocol::kRpcCbor: response = cbor_error(context, error); break;
  }
  response.status = error.type->http_status;
  return response;
}

HttpResponse encode_s3_error(const ErrorContext& context, const aws::Error& error) {
  return xml_error(error, fmt::format("<Error>{}<RequestId>{}</RequestId></Error>", code_and_message(error),
                                      context.request_id));
}

HttpResponse encode_ec2_error(const ErrorContext& context, const aws::Error& error) {
  return xml_error(error, fmt::format("<Response><Errors><Error>{}</Error></Errors><RequestID>{}</RequestID></Response>",
                                      code_and_message(error), context.request_id));
}

}  // namespace leat::wire
