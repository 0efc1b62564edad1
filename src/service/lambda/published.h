#pragma once
// Versions, aliases and reserved concurrency, as several operations need them.

#include <vector>

#include "service/lambda/lambda.h"

namespace leat::lambda {

// A new version of $LATEST, or the newest one where nothing has changed since. Under the definition mutex.
// It joins `rows`, to be saved, where it is new.
FunctionConfiguration stage_version(Lambda& lambda, const aws::Caller& caller, const FunctionConfiguration& latest,
                                    const std::optional<std::string>& description,
                                    std::vector<FunctionConfiguration>& rows);

// As a new one is answered: State Pending.
void set_pending(FunctionConfiguration& answer);

// As lists show it, without its states.
FunctionConfiguration listed(FunctionConfiguration configuration);

// Oldest first, without $LATEST.
std::vector<FunctionConfiguration> versions_of(Lambda& lambda, const aws::Caller& caller, std::string_view name);

// In the order of their names.
std::vector<AliasConfiguration> aliases_of(Lambda& lambda, const aws::Caller& caller, std::string_view name);

// ResourceConflictException where an alias leads to that version.
aws::Result<void> check_unaliased(Lambda& lambda, const aws::Caller& caller, std::string_view name,
                                  std::string_view version);

// What the account's functions have reserved, without the one of that name.
std::int32_t reserved_in_all(Lambda& lambda, const aws::Caller& caller, std::string_view without);

}  // namespace leat::lambda
