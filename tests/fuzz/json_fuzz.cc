// Any bytes as the body of any JSON request: an error, or a struct that can be written and read again.

#include <cstdint>

#include "aws/dynamodb/operations.h"
#include "aws/logs/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/value/attribute_value.h"
#include "service/dynamodb/value/item_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  aws::JsonReader reader;
  for (const auto* model : {&dynamodb::kModel, &logs::kModel}) {
    const auto& operation = model->operations[data[0] % model->operations.size()];
    if (!operation.input) continue;
    const aws::Object input = operation.new_input();
    aws::Violations violations;
    if (reader.read(*operation.input, body, input.get(), violations)) continue;
    if (!violations.empty()) (void)violations.message();
    std::string written;
    aws::append_json(*operation.input, input.get(), written);
  }
  dynamodb::PutItemInput put;
  aws::Violations violations;
  if (!reader.read(dynamodb::PutItemInput::kShape, body, &put, violations) && !dynamodb::first_invalid(put.item)) {
    if (!(dynamodb::decode_item(dynamodb::encode_item(put.item)) == put.item)) __builtin_trap();
    (void)dynamodb::size_of(put.item);
  }
  return 0;
}
