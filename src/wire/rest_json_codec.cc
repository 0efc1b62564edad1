// REST-JSON: members in the path, the query string, headers and the body.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

#include <map>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "wire/codecs.h"
#include "wire/uri.h"

namespace leat::wire {
namespace {

using aws::Location;
using aws::Member;

// Text of a member that does not stand in the body, or nothing.
std::optional<std::string> located_text(const Call& call, const Member& member,
                                        const std::map<std::string, std::string>& labels,
                                        const QueryParameters& query) {
  switch (member.location) {
    case Location::kUri: {
      const auto found = labels.find(std::string(member.wire_name));
      if (found == labels.end()) return std::nullopt;
      return found->second;
    }
    case Location::kQuery: {
      for (const auto& [name, value] : query) {
        if (name == member.wire_name) return value;
      }
      return std::nullopt;
    }
    case Location::kHeader: {
      const std::string_view value = call.request.header(member.wire_name);
      if (value.empty()) return std::nullopt;
      return std::string(value);
    }
    default: return std::nullopt;
  }
}

aws::Result<void> decode_located(const Call& call, void* input, aws::Violations& violations) {
  const auto [path, query_text] = split_target(call.request.target);
  const auto labels = match_uri(call.operation.http_uri, path).value_or(std::map<std::string, std::string>());
  const QueryParameters query = parse_query_string(query_text);
  for (const Member& member : call.operation.input->members) {
    if (member.location == Location::kBody || member.location == Location::kPayload) continue;
    const aws::Path where{nullptr, member.name};
    if (member.location == Location::kQuery && member.shape->kind == aws::Kind::kList) {
      void* list = nullptr;
      for (const auto& [name, value] : query) {
        if (name != member.wire_name) continue;
        if (!list) list = member.emplace(input);
        if (!read_scalar(*member.shape->element, value, member.shape->list->append(list)))
          return aws::fail(aws::errors::kSerialization, "");
      }
      continue;
    }
    const auto text = located_text(call, member, labels, query);
    if (!text) {
      if (member.required) violations.missing(where);
      continue;
    }
    void* value = member.emplace(input);
    if (!read_scalar(*member.shape, *text, value)) return aws::fail(aws::errors::kSerialization, "");
    violations.check(*member.shape, value, where);
  }
  return {};
}

}  // namespace

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
  for (const Member& member : call.operation.output->members) {
    const void* value = member.find(output);
    if (!value) continue;
    if (member.location == Location::kHeader)
      response.headers.emplace_back(member.wire_name, write_scalar(*member.shape, value));
    if (member.location == Location::kStatusCode) response.status = *static_cast<const std::int32_t*>(value);
  }
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
