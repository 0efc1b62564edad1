#pragma once
// One channel for what a request can be refused with.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace leat::aws {

struct Shape;

// One error of a service model, or one that all services share. Generated constants, compared by address.
struct ErrorType {
  std::string_view name;        // the shape's name: ResourceNotFoundException
  std::string_view query_code;  // the code in Query and XML protocols: NoSuchEntity
  int http_status;
  bool sender_fault;
  const Shape* shape;            // of its modelled members; null for a shared error
  std::string_view wire_prefix;  // before '#' in __type, empty where the service writes none
  std::string_view message = "Message";  // the member in REST JSON
};

struct Error {
  const ErrorType* type;
  std::string message;
  // Members beyond the message, an object of type->shape. Null where there are none.
  std::shared_ptr<const void> details = nullptr;
};

template <class T>
using Result = leat::Result<T, Error>;

inline std::unexpected<Error> fail(const ErrorType& type, std::string message) {
  return std::unexpected(Error{&type, std::move(message)});
}

template <class Details>
std::unexpected<Error> fail_with(const ErrorType& type, std::string message, Details details) {
  return std::unexpected(Error{&type, std::move(message), std::make_shared<const Details>(std::move(details))});
}

// The errors that any AWS service may answer with.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and the DynamoDB developer guide.
namespace errors {
inline constexpr std::string_view kCoral = "com.amazon.coral.service";
inline constexpr ErrorType kValidation{"ValidationException",      "ValidationError", 400, true, nullptr,
                                       "com.amazon.coral.validate"};
inline constexpr ErrorType kSerialization{"SerializationException", "MalformedInput", 400, true, nullptr, kCoral};
inline constexpr ErrorType kUnknownOperation{"UnknownOperationException", "InvalidAction", 400, true, nullptr, kCoral};
inline constexpr ErrorType kNotOffered{"NotImplementedException", "NotImplemented", 501, true, nullptr, kCoral};
inline constexpr ErrorType kAccessDenied{"AccessDeniedException", "AccessDenied", 403, true, nullptr, kCoral};
inline constexpr ErrorType kInternalFailure{"InternalServerError", "InternalFailure", 500, false, nullptr, kCoral};
inline constexpr ErrorType kServiceUnavailable{"ServiceUnavailable", "ServiceUnavailable", 503, false, nullptr, kCoral};
inline constexpr ErrorType kRequestTooLarge{
    "RequestEntityTooLargeException", "RequestEntityTooLarge", 413, true, nullptr, kCoral};
inline constexpr ErrorType kMissingToken{
    "MissingAuthenticationTokenException", "MissingAuthenticationToken", 400, true, nullptr, kCoral};
inline constexpr ErrorType kIncompleteSignature{
    "IncompleteSignatureException", "IncompleteSignature", 400, true, nullptr, kCoral};
inline constexpr ErrorType kInvalidSignature{
    "InvalidSignatureException", "SignatureDoesNotMatch", 400, true, nullptr, kCoral};
inline constexpr ErrorType kUnrecognizedClient{
    "UnrecognizedClientException", "InvalidClientTokenId", 400, true, nullptr, kCoral};
inline constexpr ErrorType kExpiredToken{"ExpiredTokenException", "ExpiredToken", 400, true, nullptr, kCoral};
inline constexpr ErrorType kMissingBody{"MissingRequestBodyError", "MissingRequestBodyError", 400, true, nullptr, kCoral};
}  // namespace errors

}  // namespace leat::aws
