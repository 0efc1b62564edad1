#pragma once
// An item as it stands in the store, decoded when somebody looks.

#include <optional>
#include <string>
#include <string_view>

#include "service/dynamodb/value/attribute_value.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {

class StoredItem {
 public:
  StoredItem() = default;
  explicit StoredItem(std::optional<std::string> bytes) : bytes_(std::move(bytes)) {}

  static StoredItem of(Item item) {
    StoredItem out(encode_item(item));
    out.item_ = std::move(item);
    return out;
  }

  bool exists() const { return bytes_.has_value(); }
  // Empty where there is none.
  std::string_view bytes() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
  // As DynamoDB counts it; 0 where there is none.
  std::size_t size() const { return stored_size(bytes()); }
  // Nothing where there is no item, or no attribute of that name.
  std::optional<AttributeValue> attribute(std::string_view name) const {
    if (!item_) return bytes_ ? stored_attribute(*bytes_, name) : std::nullopt;
    const AttributeValue* found = item_->find(name);
    return found ? std::optional(*found) : std::nullopt;
  }
  std::string take_bytes() && { return std::move(*bytes_); }
  // An empty item where there is none.
  const Item& item() const {
    if (!item_) item_ = bytes_ ? decode_item(*bytes_) : Item();
    return *item_;
  }

 private:
  std::optional<std::string> bytes_;
  mutable std::optional<Item> item_;
};

}  // namespace leat::dynamodb
