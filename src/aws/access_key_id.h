#pragma once
// Access key ids that leat makes. They name their account where AWS's do, and carry a mark: one that bears it was issued,
// here or by another leat, and is never taken for a key that nobody knows.
//
//   id := AKIA | ASIA, then 80 bits in base32: 0, account (40), random (25), mark (14)
//
// AWS's own ids begin with a 1 there, or with I or J where they are old, so real keys are not mistaken for leat's.

#include <string>
#include <string_view>

#include "base/random.h"

namespace leat::aws {

inline constexpr std::string_view kPermanentKey = "AKIA";
inline constexpr std::string_view kTemporaryKey = "ASIA";

// One id of many; whether it is taken is the caller's to ask.
std::string make_access_key_id(std::string_view prefix, std::string_view account, Random& random);

bool was_issued(std::string_view access_key_id);

}  // namespace leat::aws
