#pragma once
// What creating and updating a function refuse: InvalidParameterValueException, but where it is said.

#include <optional>
#include <string>

#include "service/lambda/lambda.h"

namespace leat::lambda {

// Also AccessDeniedException.
aws::Result<void> check_role(Lambda& lambda, const aws::Caller& caller, const std::string& role,
                             const std::string& function);

aws::Result<void> check_runtime(Lambda& lambda, const std::string& name);

aws::Result<void> check_dead_letters(Lambda& lambda, const std::optional<DeadLetterConfig>& given,
                                     const std::string& role);

aws::Result<void> check_environment(const std::optional<Environment>& given);

aws::Result<void> check_logging(const std::optional<LoggingConfig>& given, const std::string& format);

aws::Result<void> check_tags(const aws::Map<std::string>& tags);

// PreconditionFailedException.
aws::Result<void> check_revision(const FunctionConfiguration& latest, const std::optional<std::string>& wanted);

}  // namespace leat::lambda
