#pragma once
// Paths into key attributes, which are scalars: refused once the table is known.

#include "service/dynamodb/expression/ast.h"
#include "service/dynamodb/table/table.h"

namespace leat::dynamodb {

aws::Result<void> check_key_paths(const Table& table, const expression::Condition& condition);
aws::Result<void> check_key_paths(const Table& table, const expression::Projection& paths);

// Also refuses a change of the table's own key.
aws::Result<void> check_key_paths(const Table& table, const expression::Update& update);
aws::Result<void> check_not_key(const Table& table, const std::string& attribute);

}  // namespace leat::dynamodb
