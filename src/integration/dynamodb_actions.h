#pragma once
// What DynamoDB's requests on items ask for: of each table that they name, with the condition keys of its items.

#include <optional>
#include <vector>

#include "aws/authorizer.h"
#include "integration/requested_actions.h"
#include "service/dynamodb/table/table.h"

namespace leat::integration {

// nullopt for the operations that are on no items.
std::optional<std::vector<RequestedAction>> item_actions(const aws::Authorization& asked, dynamodb::Tables& tables);

}  // namespace leat::integration
