#pragma once
// A request's body into an operation's input, and its outcome into a response: one codec a protocol.

#include <string>
#include <string_view>

#include "aws/constraints.h"
#include "aws/error.h"
#include "aws/operation.h"
#include "base/query_string.h"
#include "runtime/http.h"
#include "wire/paths.h"

namespace leat::wire {

// What the route has read of a request.
struct Read {
  Labels labels;               // of the operation's path
  QueryParameters parameters;  // of the query string; of Query those of the body, too
};

// Of the query string and the body.
QueryParameters form_parameters(const runtime::HttpRequest& request);

// What a codec reads from, beyond the operation.
struct Call {
  const runtime::HttpRequest& request;
  const aws::ServiceModel& service;
  const aws::Operation& operation;
  const Read& read;
  std::string_view request_id;
};

class Codec {
 public:
  virtual ~Codec() = default;

  // Fills `input`. SerializationException where the body cannot be read.
  virtual aws::Result<void> decode(const Call& call, void* input, aws::Violations& violations) const = 0;

  // `output` is null where the operation returns nothing.
  virtual runtime::HttpResponse encode(const Call& call, const void* output) const = 0;
};

const Codec& codec_for(aws::Protocol protocol);

// An error needs no operation: it may have been found before one was.
struct ErrorContext {
  aws::Protocol protocol;
  std::string_view service_id;
  std::string_view json_version;
  std::string_view xml_namespace;
  std::string_view request_id;
  bool speaks_query;  // its JSON errors name their Query code too, in x-amzn-query-error
};
runtime::HttpResponse encode_error(const ErrorContext& context, const aws::Error& error);

// S3 has forms of its own for what other services of REST-XML have as Query.
bool is_s3(std::string_view service_id);
void add_s3_ids(runtime::HttpResponse& response, std::string_view request_id);

// Of a service that has a protocol of its own.
runtime::HttpResponse encode_ec2_error(const ErrorContext& context, const aws::Error& error);

}  // namespace leat::wire
