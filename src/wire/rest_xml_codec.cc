// REST-XML: members in the path, the query string, headers and the body.
// https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html

#include <algorithm>

#include "wire/codecs.h"
#include "wire/rest_parts.h"
#include "wire/xml_reader.h"
#include "wire/xml_writer.h"

namespace leat::wire {
namespace {

using aws::Location;
using aws::Member;
using runtime::HttpResponse;

bool has_body(const aws::Shape& shape) {
  return std::any_of(shape.members.begin(), shape.members.end(),
                     [](const Member& member) { return member.location == Location::kBody; });
}

// What S3 finds wrong with a body it says in no more words than that.
aws::Result<void> read_body(const Call& call, const aws::Shape& shape, std::string_view root, void* to,
                            aws::Violations& violations) {
  const bool clean = violations.empty();
  const bool read = read_xml(shape, root, call.request.body, to, violations);
  if (!read || (is_s3(call.service.id) && clean && !violations.empty())) return aws::fail(aws::errors::kSerialization, "");
  return {};
}

// An element that holds nothing but a member of its own name is that member: S3's LocationConstraint.
const Member* unwrapped(const aws::Shape& shape, std::string_view root) {
  const Member* only = nullptr;
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody) continue;
    if (only) return nullptr;
    only = &member;
  }
  return only && only->wire_name == root ? only : nullptr;
}

void write_body(const Call& call, std::string_view root, const aws::Shape& shape, const void* value,
                HttpResponse& response) {
  set_header(response, "Content-Type", "application/xml");
  XmlWriter xml(response.body);
  xml.declaration();
  xml.open(root);
  if (!call.service.xml_namespace.empty()) xml.attribute("xmlns", call.service.xml_namespace);
  const Member* only = unwrapped(shape, root);
  if (!only)
    xml.inner(shape, value);
  else if (const void* field = only->find(value))
    xml.inner(*only->shape, field);
  xml.close(root);
}

void write_payload(const Call& call, const Member& payload, const void* value, HttpResponse& response) {
  if (payload.shape->kind == aws::Kind::kStructure)
    return write_body(call, payload.wire_name, *payload.shape, value, response);
  // Text is S3's policies.
  const bool text = payload.shape->kind == aws::Kind::kString;
  if (!has_header(response, "Content-Type"))
    set_header(response, "Content-Type", text ? "application/json" : "binary/octet-stream");
  response.body = *static_cast<const std::string*>(value);
}

}  // namespace

aws::Result<void> RestXmlCodec::decode(const Call& call, void* input, aws::Violations& violations) const {
  if (!call.operation.input) return {};
  TRY_VOID(decode_located(call, input, violations));
  const aws::Shape& shape = *call.operation.input;
  const Member* payload = call.operation.payload_in;
  if (!payload) return has_body(shape) ? read_body(call, shape, "", input, violations) : aws::Result<void>();
  const std::string_view body = call.request.body;
  if (payload->shape->kind != aws::Kind::kStructure) {
    static_cast<std::string*>(payload->emplace(input))->assign(body);
    return {};
  }
  if (!body.empty()) return read_body(call, *payload->shape, payload->wire_name, payload->emplace(input), violations);
  if (payload->required) return aws::fail(aws::errors::kMissingBody, "Request Body is empty");
  return {};
}

HttpResponse RestXmlCodec::encode(const Call& call, const void* output) const {
  HttpResponse response;
  response.status = call.operation.http_status;
  if (is_s3(call.service.id)) add_s3_ids(response, call.request_id);
  if (!output) return response;
  encode_located(call, output, response);
  const Member* payload = call.operation.payload_out;
  if (payload) {
    if (const void* value = payload->find(output)) write_payload(call, *payload, value, response);
  } else if (has_body(*call.operation.output)) {
    write_body(call, call.operation.result_wrapper, *call.operation.output, output, response);
  }
  return response;
}

}  // namespace leat::wire
