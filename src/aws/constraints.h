#pragma once
// The model's constraints, checked while a request is decoded, reported in AWS's words.

#include <string>
#include <string_view>
#include <vector>

#include "aws/shape.h"

namespace leat::aws {

// Where in a request a value stands; a linked list on the stack, spelled out only for a violation.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;  // a member or a map key
  std::size_t index = 0;  // of a list element, from 1
  bool is_key = false;    // a map key is spelled as it is, a member with a small first letter
  bool is_root() const { return !parent && name.empty() && index == 0; }
  // Of a structure's member. The request itself is not spelled out.
  Path inner(std::string_view member) const { return Path{is_root() ? nullptr : this, member}; }
  std::string text() const;  // requestItems.Music.member.1.member.putRequest
};

class Violations {
 public:
  // "Value null at 'tableName' failed to satisfy constraint: Member must not be null"
  void missing(const Path& path);

  // Checks length, range, pattern and enum of a decoded value. Structures have none of their own.
  void check(const Shape& shape, const void* value, const Path& path);

  bool empty() const { return texts_.empty(); }

  // A few bytes of a request can ask for much memory: so many structures may it have, and so many violations are read.
  bool admit_structure() { return ++structures_ <= 50'000; }
  bool enough() const { return texts_.size() >= 100; }

  // "1 validation error detected: …", as AWS joins them.
  std::string message() const;

 private:
  void add(std::string_view value, const Path& path, std::string_view constraint);

  std::vector<std::string> texts_;
  std::size_t structures_ = 0;
};

// A value as AWS prints it in a message: Java's toString of its own objects.
std::string describe(const Shape& shape, const void* value);

}  // namespace leat::aws
