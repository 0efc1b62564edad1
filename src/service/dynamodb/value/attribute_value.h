#pragma once
// AttributeValue and Item: DynamoDB's dynamic values. Hand-written, for they are on the path of every item.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/request_rules.h"
#include "aws/shape.h"
#include "base/result.h"

namespace leat::dynamodb {

class AttributeValue;

// Attributes by name, in byte order of the names: equal items have equal contents.
class Item {
 public:
  using Attribute = std::pair<std::string, AttributeValue>;
  using Attributes = std::vector<Attribute>;

  // Defined where AttributeValue is complete: an item holds values, and a value may be an item.
  Item();
  Item(const Item& other);
  Item(Item&& other) noexcept;
  Item& operator=(const Item& other);
  Item& operator=(Item&& other) noexcept;
  ~Item();

  const AttributeValue* find(std::string_view name) const;
  AttributeValue* find(std::string_view name);
  void set(std::string_view name, AttributeValue value);
  bool erase(std::string_view name);

  // Appends without looking for the place; sort() must follow. The last of equal names wins.
  void add_unsorted(std::string_view name, AttributeValue value);
  void sort();

  bool empty() const;
  std::size_t size() const;
  Attributes::const_iterator begin() const;
  Attributes::const_iterator end() const;
  bool operator==(const Item& other) const;

  static const aws::CustomAccess kJson;

 private:
  Attributes attributes_;
};

struct Null {
  bool operator==(const Null&) const = default;
};
// A number in DynamoDB's canonical notation.
struct Number {
  std::string text;
  bool operator==(const Number&) const = default;
};
struct Binary {
  std::string bytes;
  bool operator==(const Binary&) const = default;
};
using List = std::vector<AttributeValue>;
// Sets are sorted and hold no value twice.
struct StringSet {
  std::vector<std::string> values;
  bool operator==(const StringSet&) const = default;
};
struct NumberSet {
  std::vector<std::string> values;
  bool operator==(const NumberSet&) const = default;
};
struct BinarySet {
  std::vector<std::string> values;
  bool operator==(const BinarySet&) const = default;
};
// What a request held that is JSON of the right form but no value. Found while decoding, reported by first_invalid()
// where AWS reports it: after the parameters.
struct Invalid {
  std::string message;
  std::string older = {};  // in the older layer's words; empty where both say the same
  bool operator==(const Invalid&) const = default;
};

class AttributeValue {
 public:
  // The order of the alternatives is the persisted type tag; append only.
  using Variant =
      std::variant<Null, bool, Number, std::string, Binary, List, Item, StringSet, NumberSet, BinarySet, Invalid>;

  AttributeValue() = default;
  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, AttributeValue>)
  AttributeValue(T&& value) : variant_(std::forward<T>(value)) {}

  template <class T>
  const T* get() const {
    return std::get_if<T>(&variant_);
  }
  template <class T>
  T* get() {
    return std::get_if<T>(&variant_);
  }
  const Variant& variant() const { return variant_; }
  bool operator==(const AttributeValue&) const = default;

  // AWS's name of the type: S, N, B, BOOL, NULL, L, M, SS, NS, BS.
  std::string_view type() const;

  static const aws::CustomAccess kJson;

 private:
  Variant variant_;
};

inline bool Item::empty() const { return attributes_.empty(); }
inline std::size_t Item::size() const { return attributes_.size(); }
inline Item::Attributes::const_iterator Item::begin() const { return attributes_.begin(); }
inline Item::Attributes::const_iterator Item::end() const { return attributes_.end(); }

// The message of the first invalid value in reading order.
std::optional<std::string> first_invalid(const Item& item, aws::Layer layer);
std::optional<std::string> first_invalid(const AttributeValue& value, aws::Layer layer);

// Orders values of one type among S, N and B. nullopt for other types or two types.
std::optional<int> compare(const AttributeValue& left, const AttributeValue& right);

void append_json(const AttributeValue& value, std::string& out);
void append_json(const Item& item, std::string& out);

// Bytes as DynamoDB counts them for its limits and capacity.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
std::size_t size_of(const AttributeValue& value);
std::size_t size_of(const Item& item);

// Levels of lists and maps.
std::size_t depth_of(const AttributeValue& value);
std::size_t depth_of(const Item& item);  // of its attributes

inline constexpr std::size_t kMaxItemSize = 400UL * 1024;
inline constexpr std::size_t kMaxDepth = 31;  // of what is stored
inline constexpr std::string_view kNestedTooDeeply =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

}  // namespace leat::dynamodb
