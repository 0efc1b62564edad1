#pragma once
// An item in an answer. One that goes out as it is stored is never decoded: its JSON is written from its stored form.

#include <optional>
#include <string>

#include "service/dynamodb/value/attribute_value.h"
#include "service/dynamodb/value/item_codec.h"
#include "service/dynamodb/value/stored_item.h"

namespace leat::dynamodb {

class ReturnedItem {
 public:
  ReturnedItem() : item_(std::in_place) {}
  ReturnedItem(Item item) : item_(std::move(item)) {}
  // The item must exist.
  ReturnedItem(const StoredItem& item) : stored_(item.bytes()) {}
  ReturnedItem(StoredItem&& item) : stored_(std::move(item).take_bytes()) {}
  explicit ReturnedItem(std::string_view stored) : stored_(stored) {}

  const Item& item() const {
    if (!item_) item_ = decode_item(stored_);
    return *item_;
  }
  // Empty where it was made from a decoded item.
  std::string_view stored() const { return stored_; }

  static const aws::CustomAccess kJson;

 private:
  std::string stored_;
  mutable std::optional<Item> item_;
};

}  // namespace leat::dynamodb
