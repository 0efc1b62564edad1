#include "wire/s3_error.h"

#include "wire/xml_writer.h"

namespace leat::wire {
namespace {

using namespace aws::errors;

// What S3 calls the errors that all services share.
struct OwnWords {
  const aws::ErrorType* type;
  std::string_view code;
  int status;
  std::string_view message;  // instead of the error's own, where there is one
};
constexpr OwnWords kWords[] = {
    {&kSerialization, "MalformedXML", 400,
     "The XML you provided was not well-formed or did not validate against our published schema"},
    {&kValidation, "InvalidArgument", 400, ""},
    {&kUnknownOperation, "MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
    {&kInternalFailure, "InternalError", 500, "We encountered an internal error. Please try again."},
    {&kRequestTooLarge, "EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
    {&kMissingToken, "AccessDenied", 403, "Access Denied"},
    {&kIncompleteSignature, "AuthorizationHeaderMalformed", 400, ""},
    {&kInvalidSignature, "SignatureDoesNotMatch", 403, ""},
    {&kUnrecognizedClient, "InvalidAccessKeyId", 403,
     "The AWS Access Key Id you provided does not exist in our records."},
};

OwnWords words_of(const aws::Error& error) {
  for (const OwnWords& each : kWords) {
    if (each.type == error.type) return {each.type, each.code, each.status, each.message.empty() ? error.message : each.message};
  }
  return {error.type, error.type->query_code, error.type->http_status, error.message};
}

}  // namespace

bool is_s3(std::string_view service_id) { return service_id == "s3" || service_id == "s3express"; }

void add_s3_ids(runtime::HttpResponse& response, std::string_view request_id) {
  response.headers.emplace_back("x-amz-request-id", request_id);
  response.headers.emplace_back("x-amz-id-2", request_id);
}

runtime::HttpResponse s3_error(const ErrorContext& context, const aws::Error& error) {
  constexpr int kNotModified = 304;
  const OwnWords words = words_of(error);
  runtime::HttpResponse response{words.status, {}, ""};
  add_s3_ids(response, context.request_id);
  if (words.status == kNotModified) return response;
  response.headers.emplace_back("Content-Type", "application/xml");
  XmlWriter xml(response.body);
  xml.declaration();
  xml.open("Error");
  xml.element("Code", words.code);
  xml.element("Message", words.message);
  if (error.details && error.type->shape) xml.inner(*error.type->shape, error.details.get());
  xml.element("RequestId", context.request_id);
  xml.element("HostId", context.request_id);
  xml.close("Error");
  return response;
}

}  // namespace leat::wire
