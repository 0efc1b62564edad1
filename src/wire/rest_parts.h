#pragma once
// Members that do not stand in the body: in the path, the query string, headers and the status. REST-JSON and REST-XML
// have them in the same places.

#include <string_view>

#include "wire/codec.h"

namespace leat::wire {

aws::Result<void> decode_located(const Call& call, void* input, aws::Violations& violations);
void encode_located(const Call& call, const void* output, runtime::HttpResponse& response);

bool has_header(const runtime::HttpResponse& response, std::string_view name);
// In place of one of that name.
void set_header(runtime::HttpResponse& response, std::string_view name, std::string value);

}  // namespace leat::wire
