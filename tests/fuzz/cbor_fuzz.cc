// Any bytes as the body of any CBOR request: an error, or a struct that can be written and read again.

#include <cstdint>

#include "aws/cloudwatch/operations.h"
#include "aws/kinesis/operations.h"
#include "aws/shape_cbor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  for (const auto* model : {&kinesis::kModel, &cloudwatch::kModel}) {
    const auto& operation = model->operations[data[0] % model->operations.size()];
    if (!operation.input) continue;
    const aws::Object input = operation.new_input(), again = operation.new_input();
    aws::Violations violations;
    if (aws::read_cbor(*operation.input, body, input.get(), aws::CborTime::kMilliseconds, violations)) continue;
    if (!violations.empty()) (void)violations.message();
    std::string written, rewritten;
    aws::append_cbor(*operation.input, input.get(), aws::CborTime::kMilliseconds, written);
    aws::Violations none;
    if (aws::read_cbor(*operation.input, written, again.get(), aws::CborTime::kMilliseconds, none)) __builtin_trap();
    aws::append_cbor(*operation.input, again.get(), aws::CborTime::kMilliseconds, rewritten);
    if (written != rewritten) __builtin_trap();
  }
  return 0;
}
