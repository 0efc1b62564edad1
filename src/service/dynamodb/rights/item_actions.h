#pragma once
// What DynamoDB's requests on items ask for: of each table that they name, with the condition keys of its items.

#include <optional>
#include <vector>

#include "aws/service.h"
#include "service/dynamodb/table/table.h"

namespace leat::dynamodb {

// nullopt for the operations that are on no items.
std::optional<aws::RequestedActions> item_actions(const aws::Authorization& asked, Tables& tables);

}  // namespace leat::dynamodb
