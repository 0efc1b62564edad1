#pragma once
// The model's constraints, checked while a request is decoded, reported in AWS's words.

#include <string>
#include <string_view>
#include <vector>

#include "aws/request_rules.h"
#include "aws/shape.h"

namespace leat::aws {

// Where in a request a value stands; a linked list on the stack, spelled out only for a violation.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;  // a member or a map key
  std::size_t index = 0;  // of a list element, from 1
  bool is_key = false;    // a map key is spelled as it is, a member with a small first letter
  bool is_root() const { return !parent && name.empty() && index == 0; }
  // Of a list or map: AWS names the whole where an element is wrong.
  bool is_element() const { return index != 0 || is_key || (parent && parent->is_key && name == "member"); }
  // Of a structure's member. The request itself is not spelled out.
  Path inner(std::string_view member) const { return Path{is_root() ? nullptr : this, member}; }
  std::string_view top() const { return parent ? parent->top() : name; }  // the request's member
  std::string text() const;      // requestItems.Music.member.1.member.putRequest
  std::string api_text() const;  // RequestItems.Music.member.1.member.PutRequest
};

class Violations {
 public:
  explicit Violations(const RequestRules* rules = nullptr) : rules_(rules) {}

  // "Value null at 'tableName' failed to satisfy constraint: Member must not be null"
  void missing(const Path& path);

  // Checks length, range, pattern and enum of a decoded value, and of its elements. Structures have none of their own.
  void check(const Shape& shape, const void* value, const Path& path);

  bool empty() const { return found_.empty(); }

  // A few bytes of a request can ask for much memory: so many structures may it have, and so many violations are read.
  bool admit_structure() { return ++structures_ <= 50'000; }
  bool enough() const { return found_.size() >= 100; }

  // "1 validation error detected: …", as AWS joins them. At most ten are named.
  std::string message() const;

 private:
  enum class Fault : std::uint8_t { kMissing, kEmpty, kSize, kOther };
  struct Found {
    Fault fault;
    std::string member;   // of the request
    std::string text;     // in the older layer's words
    std::string current;  // in those of the current one; empty where it says no other
  };

  void check_own(const Shape& shape, const void* value, const Path& path);
  void check_elements(const Shape& shape, const void* value, const Path& path);
  void check_name(const Shape& plain, const std::string& value, const Path& path);
  void check_enum(const Shape& shape, const std::string& value, const Path& path);
  void check_size(const Shape& shape, const void* value, const Path& path);
  void add(Fault fault, std::string_view echo, const Path& path, std::string_view constraint, std::string current = {});

  std::string_view alone() const;      // what is said instead of all others
  const Found* first_current() const;  // what the current layer names
  std::string joined() const;

  const RequestRules* rules_;
  std::vector<Found> found_;
  std::size_t structures_ = 0;
};

// A value as AWS prints it in a message: Java's toString of its own objects.
std::string describe(const Shape& shape, const void* value);

}  // namespace leat::aws
