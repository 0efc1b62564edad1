#pragma once
// Whether values satisfy the constraints of their shapes, and how AWS words those.

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/shape.h"

namespace leat::aws {

// The number that min and max speak of, or false where the kind has none.
bool measure(const Shape& shape, const void* value, std::int64_t& size);

bool matches(std::string_view pattern, std::string_view text);

bool contains(std::span<const std::string_view> values, std::string_view value);

bool is_constrained(const Shape& shape);

// Of the value alone, not of what is in it.
bool satisfies(const Shape& shape, const void* value);

// "Member must have length less than or equal to 25", …
std::string at_least(const Shape& shape);
std::string at_most(const Shape& shape);
std::string enum_constraint(std::string_view values);
std::string enum_constraint(const Shape& shape);
std::string pattern_constraint(const Shape& shape);

// All that a shape demands, joined, in the order in which AWS names it for elements.
std::string all_constraints(const Shape& shape, std::string_view also);

}  // namespace leat::aws
