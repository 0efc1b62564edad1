#pragma once
// Errors as S3 writes them, under names of its own.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

#include "wire/codec.h"

namespace leat::wire {

runtime::HttpResponse s3_error(const ErrorContext& context, const aws::Error& error);

}  // namespace leat::wire
