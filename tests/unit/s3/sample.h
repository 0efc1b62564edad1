#pragma once
// Whose operations s3.list names. Nothing calls them.

#include "aws/service.h"

namespace leat::sample_s3 {

class Sample : public aws::Service {};

}  // namespace leat::sample_s3
