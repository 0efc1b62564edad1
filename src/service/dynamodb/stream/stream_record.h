#pragma once
// The change record that is committed with its item.
//
//   record := version(1 byte, 1) event(1 byte; kExpire: removed by time to live) length keys length old length new an
//   absent image has length 0
//
// keys, old and new are items in the form of item_codec.h.

#include <string>
#include <string_view>

namespace leat::dynamodb {

enum class ChangeEvent : char { kInsert = 'I', kModify = 'M', kRemove = 'R', kExpire = 'T' };

struct StreamRecord {
  ChangeEvent event;
  std::string_view keys;
  std::string_view old_image;  // empty where there is none
  std::string_view new_image;
};

std::string encode_record(const StreamRecord& record);

// Views into `bytes`. Throws kv::StoreFailure where they are damaged.
StreamRecord decode_record(std::string_view bytes);

}  // namespace leat::dynamodb
