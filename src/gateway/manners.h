#pragma once
// In what AWS's services differ where they refuse a caller.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and the CommonErrors page of
// each API reference.

#include <chrono>
#include <string_view>

namespace leat::gateway {

struct Manners {
  std::string_view signing_name;
  int refusal_status;          // in the service's JSON and CBOR protocols; in Query and REST it is 403 everywhere
  std::chrono::minutes skew;  // how far a caller's clock may be from ours
};

inline constexpr Manners kManners[] = {
    {"dynamodb", 400, std::chrono::minutes(15)},  {"kinesis", 400, std::chrono::minutes(15)},
    {"logs", 400, std::chrono::minutes(5)},       {"monitoring", 400, std::chrono::minutes(5)},
    {"lambda", 403, std::chrono::minutes(5)},     {"sqs", 403, std::chrono::minutes(15)},
    {"iam", 403, std::chrono::minutes(15)},       {"sts", 403, std::chrono::minutes(15)},
};
inline constexpr Manners kUsualManners{"", 403, std::chrono::minutes(15)};

constexpr const Manners& manners_of(std::string_view signing_name) {
  for (const Manners& each : kManners) {
    if (each.signing_name == signing_name) return each;
  }
  return kUsualManners;
}

}  // namespace leat::gateway
