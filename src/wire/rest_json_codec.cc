// REST-JSON: members in the path, the query string, headers and the body.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

#include "aws/shape_json.h"
#include "wire/codecs.h"
#include "wire/rest_parts.h"

namespace leat::wire {

using aws::Member;

aws::Result<void> RestJsonCodec::decode(const Call& call, void* input, aws::Violations& violations) const {
  if (!call.operation.input) return {};
  TRY_VOID(decode_located(call, input, violations));
  const Member* payload = call.operation.payload_in;
  const std::string_view body = call.request.body;
  if (!payload) return read_json_body(*call.operation.input, body.empty() ? "{}" : body, input, violations);
  if (body.empty()) return {};
  void* value = payload->emplace(input);
  if (payload->shape->kind == aws::Kind::kStructure) return read_json_body(*payload->shape, body, value, violations);
  static_cast<std::string*>(value)->assign(body);  // a blob or string payload is the body itself
  return {};
}

runtime::HttpResponse RestJsonCodec::encode(const Call& call, const void* output) const {
  runtime::HttpResponse response;
  response.status = call.operation.http_status;
  response.headers.emplace_back("Content-Type", "application/json");
  if (!output) return response;
  encode_located(call, output, response);
  const Member* payload = call.operation.payload_out;
  if (!payload) {
    aws::append_json(*call.operation.output, output, response.body);
  } else if (const void* value = payload->find(output)) {
    if (payload->shape->kind == aws::Kind::kStructure)
      aws::append_json(*payload->shape, value, response.body);
    else
      response.body = *static_cast<const std::string*>(value);
  }
  return response;
}

}  // namespace leat::wire
