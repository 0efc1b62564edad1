#pragma once
// JSON of any form, which a model says no more of.

#include <string>

#include "aws/shape.h"

namespace leat::aws {

struct Document {
  std::string json = "null";
  static const CustomAccess kJson;
};

}  // namespace leat::aws
