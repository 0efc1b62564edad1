// AWS JSON 1.0 and 1.1: the whole input and output are the body.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html

#include <fmt/format.h>

#include "aws/shape_json.h"
#include "wire/codecs.h"

namespace leat::wire {

aws::Result<void> read_json_body(const aws::Shape& shape, std::string_view body, void* input,
                                 aws::Violations& violations) {
  thread_local aws::JsonReader reader;
  if (auto error = reader.read(shape, body, input, violations))
    return aws::fail(aws::errors::kSerialization, std::move(error->message));
  return {};
}

aws::Result<void> JsonCodec::decode(const Call& call, void* input, aws::Violations& violations) const {
  if (!call.operation.input) return {};
  const std::string_view body = call.request.body;
  return read_json_body(*call.operation.input, body.empty() ? "{}" : body, input, violations);
}

runtime::HttpResponse JsonCodec::encode(const Call& call, const void* output) const {
  runtime::HttpResponse response;
  response.headers.emplace_back("Content-Type", fmt::format("application/x-amz-json-{}", call.service.json_version));
  if (output)
    aws::append_json(*call.operation.output, output, response.body);
  else if (call.service.json_version == "1.0")
    response.body = "{}";
  return response;
}

}  // namespace leat::wire
