// CBOR, in two protocols: Smithy's RPC v2, and AWS's own of the older Java SDK, which is AWS JSON 1.1 in CBOR.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html

#include "aws/shape_cbor.h"
#include "wire/codecs.h"

namespace leat::wire {

aws::Result<void> CborCodec::decode(const Call& call, void* input, aws::Violations& violations) const {
  if (!call.operation.input || call.request.body.empty()) return {};
  if (auto error = aws::read_cbor(*call.operation.input, call.request.body, input, time(), violations))
    return aws::fail(aws::errors::kSerialization, std::move(*error));
  return {};
}

runtime::HttpResponse CborCodec::encode(const Call& call, const void* output) const {
  runtime::HttpResponse response;
  response.headers = headers();
  if (output)
    aws::append_cbor(*call.operation.output, output, time(), response.body);
  else if (form_ == Form::kRpcV2)
    aws::append_cbor_map(response.body, 0);
  return response;
}

std::vector<std::pair<std::string, std::string>> CborCodec::headers() const {
  if (form_ == Form::kAws) return {{"Content-Type", "application/x-amz-cbor-1.1"}};
  return {{"Content-Type", "application/cbor"}, {"Smithy-Protocol", "rpc-v2-cbor"}};
}

aws::CborTime CborCodec::time() const {
  return form_ == Form::kAws ? aws::CborTime::kMilliseconds : aws::CborTime::kSeconds;
}

}  // namespace leat::wire
