#include "service/sts/sts.h"

#include "aws/sts/operations.h"

namespace leat::sts {

Sts::Sts(Roles& roles) : Service(kModel), roles_(roles) {}

}  // namespace leat::sts
