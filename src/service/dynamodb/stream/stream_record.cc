#include "service/dynamodb/stream/stream_record.h"

#include "base/varint.h"
#include "engine/kv/rows.h"
#include "engine/kv/store.h"

namespace leat::dynamodb {
namespace {

constexpr char kVersion = 1;

std::string_view take_part(std::string_view& bytes) {
  const auto size = take_varint(bytes);
  if (!size || *size > bytes.size()) throw kv::DamagedRow("damaged stream record");
  const std::string_view part = bytes.substr(0, *size);
  bytes.remove_prefix(*size);
  return part;
}

}  // namespace

std::string encode_record(const StreamRecord& record) {
  std::string out{kVersion, static_cast<char>(record.event)};
  for (std::string_view part : {record.keys, record.old_image, record.new_image}) {
    append_varint(out, part.size());
    out += part;
  }
  return out;
}

StreamRecord decode_record(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != kVersion) throw kv::DamagedRow("damaged stream record");
  StreamRecord record{static_cast<ChangeEvent>(bytes[1]), {}, {}, {}};
  bytes.remove_prefix(2);
  record.keys = take_part(bytes);
  record.old_image = take_part(bytes);
  record.new_image = take_part(bytes);
  return record;
}

}  // namespace leat::dynamodb
