// Any bytes as a stored item: read, written as JSON, or refused as damaged; the ways of reading agree.

#include <cstdint>
#include <cstdlib>

#include "engine/kv/rows.h"
#include "service/dynamodb/value/item_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat::dynamodb;
  const std::string_view stored(reinterpret_cast<const char*>(data), size);
  try {
    (void)stored_size(stored);
    (void)stored_attribute(stored, "id");
    (void)project_stored(stored, {"a", "id"});
  } catch (const leat::kv::DamagedRow&) {
  }
  try {
    const Item item = decode_item(stored);
    // What was decoded is stored again, and both forms of it give the same JSON.
    const std::string again = encode_item(item);
    std::string from_item, from_stored;
    append_json(decode_item(again), from_item);
    append_stored_json(again, from_stored);
    if (from_item != from_stored || stored_size(again) != size_of(item)) std::abort();
  } catch (const leat::kv::DamagedRow&) {
  }
  return 0;
}
