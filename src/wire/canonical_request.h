#pragma once
// What a signature is made of.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request

#include <string>

#include "runtime/http.h"
#include "wire/sigv4.h"

namespace leat::wire {

void append_canonical_request(std::string& out, const runtime::HttpRequest& request, const Signature& signature);

}  // namespace leat::wire
