#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "wire/codecs.h"
#include "wire/s3_error.h"
#include "wire/xml_writer.h"

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

// An element for each part of an error, in the order in which AWS writes them.
HttpResponse xml_error(const aws::Error& error, std::string_view content_type,
                       const std::function<void(XmlWriter& xml)>& write) {
  HttpResponse response{error.type->http_status, {{"Content-Type", std::string(content_type)}}, ""};
  XmlWriter xml(response.body);
  write(xml);
  return response;
}

void write_code(XmlWriter& xml, const aws::Error& error) {
  xml.element("Code", error.type->query_code);
  xml.element("Message", error.message);
}

HttpResponse query_error(const ErrorContext& context, const aws::Error& error) {
  return xml_error(error, "text/xml", [&](XmlWriter& xml) {
    xml.open("ErrorResponse");
    if (!context.xml_namespace.empty()) xml.attribute("xmlns", context.xml_namespace);
    xml.open("Error");
    xml.element("Type", error.type->sender_fault ? "Sender" : "Receiver");
    write_code(xml, error);
    xml.close("Error");
    xml.element("RequestId", context.request_id);
    xml.close("ErrorResponse");
  });
}

}  // namespace

const Codec& codec_for(aws::Protocol protocol) {
  static const JsonCodec kJson;
  static const RestJsonCodec kRestJson;
  static const RestXmlCodec kRestXml;
  static const QueryCodec kQuery;
  static const CborCodec kAwsCbor(CborCodec::Form::kAws), kRpcCbor(CborCodec::Form::kRpcV2);
  switch (protocol) {
    case aws::Protocol::kJson: return kJson;
    case aws::Protocol::kRestJson: return kRestJson;
    case aws::Protocol::kRestXml: return kRestXml;
    case aws::Protocol::kQuery: return kQuery;
    case aws::Protocol::kAwsCbor: return kAwsCbor;
    case aws::Protocol::kRpcCbor: return kRpcCbor;
  }
  return kJson;
}

HttpResponse encode_error(const ErrorContext& context, const aws::Error& error) {
  HttpResponse response;
  switch (context.protocol) {
    case aws::Protocol::kRestXml: return is_s3(context.service_id) ? s3_error(context, error) : query_error(context, error);
    case aws::Protocol::kJson: response = json_error(context, error); break;
    case aws::Protocol::kRestJson: response = rest_json_error(error); break;
    case aws::Protocol::kQuery: response = query_error(context, error); break;
    case aws::Protocol::kAwsCbor:
    case aws::Protocol::kRpcCbor: response = cbor_error(context, error); break;
  }
  response.status = error.type->http_status;
  return response;
}

HttpResponse encode_ec2_error(const ErrorContext& context, const aws::Error& error) {
  return xml_error(error, "text/xml", [&](XmlWriter& xml) {
    for (const std::string_view each : {"Response", "Errors", "Error"}) xml.open(each);
    write_code(xml, error);
    xml.close("Error");
    xml.close("Errors");
    xml.element("RequestID", context.request_id);
    xml.close("Response");
  });
}

}  // namespace leat::wire
