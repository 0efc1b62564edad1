#pragma once
// What a service's model does not say of how requests are refused: lines of its operations.list.

#include <cstdint>
#include <span>
#include <string_view>

namespace leat::aws {

// DynamoDB moves to a new framework of validation operation by operation.
enum class Layer : std::uint8_t {
  kOlder,      // names all that is wrong, with its values
  kCurrent,    // names what is wrong first, as the API spells it, without its value
  kEnveloped,  // the same; also what is wrong with the request otherwise begins with "1 validation error detected: "
};

struct MemberText {
  std::string_view member;
  std::string_view text;
};

struct RequestRules {
  Layer layer;
  std::span<const std::string_view> order;  // in which members of the request are named; others follow
  std::span<const MemberText> first;        // enums that are looked at first, and their values as they are printed
  std::span<const MemberText> missing;      // what is said alone where a member is missing
  std::span<const MemberText> empty;        // and where it is empty
};

}  // namespace leat::aws
