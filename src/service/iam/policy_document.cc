#include <simdjson.h>

#include "service/iam/iam.h"

namespace leat::iam {
namespace {

using simdjson::dom::element;

// A string, or any string of an array.
template <class Test>
bool any_text(element value, Test test) {
  std::string_view text;
  if (!value.get(text)) return test(text);
  simdjson::dom::array array;
  if (value.get(array)) return false;
  for (element each : array) {
    if (!each.get(text) && test(text)) return true;
  }
  return false;
}

// Calls test(statement) for one statement or each of an array.
template <class Test>
bool any_statement(std::string_view document, Test test) {
  simdjson::dom::parser parser;
  element root, statements;
  if (parser.parse(document.data(), document.size()).get(root) || root["Statement"].get(statements)) return false;
  simdjson::dom::array array;
  if (statements.get(array)) return test(statements);
  for (element each : array) {
    if (test(each)) return true;
  }
  return false;
}

bool allows_assume(element statement) {
  std::string_view effect;
  element action;
  if (statement["Effect"].get(effect) || effect != "Allow" || statement["Action"].get(action)) return false;
  return any_text(action,
                  [](std::string_view text) { return text == "sts:AssumeRole" || text == "sts:*" || text == "*"; });
}

}  // namespace

aws::Result<void> check_policy_document(std::string_view document) {
  simdjson::dom::parser parser;
  element root, statements;
  if (parser.parse(document.data(), document.size()).get(root) || !root.is_object()) {
    return aws::fail(errors::kMalformedPolicyDocument, "This policy contains invalid Json");
  }
  if (root["Statement"].get(statements)) return aws::fail(errors::kMalformedPolicyDocument, "Syntax errors in policy.");
  bool sound = true;
  any_statement(document, [&](element statement) {
    std::string_view effect;
    sound = sound && !statement["Effect"].get(effect) && (effect == "Allow" || effect == "Deny");
    return !sound;
  });
  if (!sound) return aws::fail(errors::kMalformedPolicyDocument, "Syntax errors in policy.");
  return {};
}

bool trusts_service(std::string_view document, std::string_view service) {
  return any_statement(document, [&](element statement) {
    element services;
    return allows_assume(statement) && !statement["Principal"]["Service"].get(services) &&
           any_text(services, [&](std::string_view text) { return text == service; });
  });
}

bool trusts_principal(std::string_view document, std::string_view account, std::string_view arn) {
  const std::string root = "arn:aws:iam::" + std::string(account) + ":root";
  return any_statement(document, [&](element statement) {
    element principal;
    if (!allows_assume(statement) || statement["Principal"].get(principal)) return false;
    std::string_view text;
    if (!principal.get(text)) return text == "*";
    element principals;
    return !principal["AWS"].get(principals) && any_text(principals, [&](std::string_view each) {
      return each == "*" || each == account || each == root || each == arn;
    });
  });
}

}  // namespace leat::iam
