#include "aws/policy/parser.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>

#include "aws/policy/values.h"
#include "base/encoding.h"

namespace leat::aws {
namespace {

using simdjson::dom::element;

// AWS looks for these in turn; the first is what it answers with.
enum class Rank : std::uint8_t { kSyntax, kPrincipal, kVersion, kLegacy, kSid, kActions, kResources, kForm };

constexpr std::string_view kSyntaxError = "Syntax errors in policy.";
constexpr std::string_view kLegacyError = "The policy failed legacy parsing";
const PolicyName kEverybody{PolicyName::Kind::kEverybody, "*"};

// Of Action and NotAction, and other such pairs: the one that stands there.
struct Part {
  std::vector<std::string> texts = {};
  bool there = false;
  bool negated = false;
  bool clear = true;
};

class Parser {
 public:
  explicit Parser(PolicyKind kind) : kind_(kind) {}

  ParsedPolicy parse(std::string_view text);

 private:
  using Elements = std::map<std::string_view, element>;

  // Keeps the problem that AWS would find first. False, for what cannot be clear any more.
  bool found(Rank rank, std::string_view problem);
  bool syntax() { return found(Rank::kSyntax, kSyntaxError); }

  void read_statement(element value);
  bool read_head(element root);
  bool read_effect(const Elements& elements, PolicyStatement& out);
  bool read_actions(const Elements& elements, PolicyStatement& out);
  bool read_resources(const Elements& elements, PolicyStatement& out);
  bool read_principals(const Elements& elements, PolicyStatement& out);
  bool read_names(element value, std::vector<PolicyName>& out);
  bool read_name(std::string_view kind, const std::string& text, std::vector<PolicyName>& out);
  bool read_conditions(const Elements& elements, PolicyStatement& out);
  bool read_condition(std::string_view operation, element keys, PolicyStatement& out);
  void check_sid(const Elements& elements);
  void check_action(const std::string& action);
  void check_resource(const std::string& resource);
  Part part_of(const Elements& elements, std::string_view name);

  PolicyKind kind_;
  Rank rank_ = Rank::kForm;
  std::set<std::string> sids_;
  ParsedPolicy out_;
};

bool Parser::found(Rank rank, std::string_view problem) {
  if (out_.problem && rank_ <= rank) return false;
  rank_ = rank;
  out_.problem = problem;
  return false;
}

PolicyStatement deny_all() {
  PolicyStatement out;
  out.actions = out.resources = {"*"};
  out.principals = {kEverybody};
  return out;
}

ParsedPolicy Parser::parse(std::string_view text) {
  simdjson::dom::parser parser;
  element root, statements;
  if (parser.parse(text.data(), text.size()).get(root) || !root.is_object())
    return {{deny_all()}, "This policy contains invalid Json"};
  if (!read_head(root) || root["Statement"].get(statements)) return {{deny_all()}, std::string(kSyntaxError)};
  simdjson::dom::array array;
  if (statements.get(array)) {
    read_statement(statements);
  } else {
    if (array.size() == 0 && kind_ != PolicyKind::kResource) syntax();
    for (element each : array) read_statement(each);
  }
  return std::move(out_);
}

// False where nothing of the document can be trusted: it has an element twice.
bool Parser::read_head(element root) {
  std::set<std::string_view> seen;
  std::string_view version;
  simdjson::dom::object object = root;
  for (const auto& [name, value] : object) {
    if (!seen.insert(name).second) return false;
    if (name != "Version" && name != "Id" && name != "Statement") syntax();
    if ((name == "Id" || name == "Version") && !value.is_string()) syntax();
    if (name == "Version" && !value.get(version) && version != "2012-10-17" && version != "2008-10-17") syntax();
  }
  if (kind_ == PolicyKind::kIdentity && version != "2012-10-17")
    found(Rank::kVersion, "Policy document must be version 2012-10-17 or greater.");
  return true;
}

// An Allow that is not clear is left out; a Deny has been widened by what was not.
void Parser::read_statement(element value) {
  static constexpr std::string_view kElements[] = {"Sid",         "Effect",    "Action",       "NotAction", "Resource",
                                                   "NotResource", "Principal", "NotPrincipal", "Condition"};
  simdjson::dom::object object;
  if (value.get(object)) {
    syntax();
    return out_.statements.push_back(deny_all());
  }
  Elements elements;
  bool clear = true;
  for (const auto& [name, part] : object) {
    const bool known = std::find(std::begin(kElements), std::end(kElements), name) != std::end(kElements);
    if (!known || !elements.emplace(name, part).second) clear = syntax();
  }
  PolicyStatement statement;
  check_sid(elements);
  // Each is read, whatever the others are: AWS's first problem may be in any.
  for (const bool each : {read_effect(elements, statement), read_actions(elements, statement),
                          read_resources(elements, statement), read_principals(elements, statement),
                          read_conditions(elements, statement)})
    clear = clear && each;
  if (clear || !statement.allows) out_.statements.push_back(std::move(statement));
}

Part Parser::part_of(const Elements& elements, std::string_view name) {
  Part out;
  const std::string negated = "Not" + std::string(name);
  const auto plain = elements.find(name), opposite = elements.find(negated);
  out.negated = plain == elements.end();
  const auto which = out.negated ? opposite : plain;
  if (which == elements.end()) return Part{.clear = false};
  out.there = true;
  auto texts = texts_of(which->second);
  if (!texts || (!out.negated && opposite != elements.end())) {
    syntax();
    return Part{.there = true, .clear = false};
  }
  out.texts = std::move(*texts);
  return out;
}

void Parser::check_sid(const Elements& elements) {
  const auto sid = elements.find("Sid");
  if (sid == elements.end()) return;
  std::string_view text;
  if (sid->second.get(text)) return void(syntax());
  if (kind_ == PolicyKind::kResource || text.empty()) return;
  if (!is_alphanumeric(text))
    found(Rank::kSid,
          "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
          "[0-9A-Za-z]*");
  if (!sids_.emplace(text).second) found(Rank::kSid, "Statement IDs (SID) in a single policy must be unique.");
}

bool Parser::read_effect(const Elements& elements, PolicyStatement& out) {
  std::string_view effect;
  const auto value = elements.find("Effect");
  if (value == elements.end() || value->second.get(effect)) return syntax();
  out.allows = effect == "Allow";
  if (out.allows || effect == "Deny") return true;
  const bool nearly = lower_case(effect) == "allow" || lower_case(effect) == "deny";
  return nearly ? found(Rank::kLegacy, kLegacyError) : syntax();
}

bool Parser::read_actions(const Elements& elements, PolicyStatement& out) {
  Part part = part_of(elements, "Action");
  if (part.texts.empty()) {
    out.actions = {"*"};
    return found(Rank::kActions, "Policy statement must contain actions.");
  }
  for (const auto& each : part.texts) {
    check_action(each);
    out.actions.push_back(lower_case(each));
  }
  out.not_action = part.negated;
  return true;
}

void Parser::check_action(const std::string& action) {
  if (action == "*") return;
  const auto colon = action.find(':');
  const std::string vendor = action.substr(0, colon);
  if (colon == std::string::npos)
    found(Rank::kForm, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  else if (action.find(':', colon + 1) != std::string::npos)
    found(Rank::kForm, "Actions/Condition can contain only one colon.");
  else if (vendor != "*" && vendor.find_first_of("*? ") != std::string::npos)
    found(Rank::kForm, fmt::format("Vendor {} is not valid", vendor));
  else if (kind_ == PolicyKind::kTrust && lower_case(vendor) != "sts")
    found(Rank::kForm, "AssumeRole policy may only specify STS AssumeRole actions.");
}

bool Parser::read_resources(const Elements& elements, PolicyStatement& out) {
  Part part = part_of(elements, "Resource");
  out.resources = {"*"};
  if (kind_ == PolicyKind::kTrust) return !part.there || found(Rank::kForm, "Has prohibited field Resource");
  // The resource whose policy it is.
  if (!part.there && kind_ == PolicyKind::kResource) return true;
  if (part.texts.empty()) return found(Rank::kResources, "Policy statement must contain resources.");
  for (const auto& each : part.texts) check_resource(each);
  out.resources = std::move(part.texts);
  out.not_resource = part.negated;
  return true;
}

void Parser::check_resource(const std::string& resource) {
  if (resource == "*" || kind_ != PolicyKind::kIdentity) return;
  const auto parts = std::count(resource.begin(), resource.end(), ':');
  if (parts == 0) {
    found(Rank::kForm, fmt::format("Resource {} must be in ARN format or \"*\".", resource));
    return;
  }
  const std::string rest = resource.substr(resource.find(':') + 1);
  const std::string partition = rest.substr(0, rest.find(':'));
  if (!resource.starts_with("arn:") || !partition.starts_with("aws"))
    found(Rank::kForm, fmt::format("Partition \"{}\" is not valid for resource \"{}\".", partition, resource));
  else if (parts < 2)
    found(Rank::kForm, "Resource vendor must be fully qualified and cannot contain regexes.");
  else if (parts < 5 && resource.find("::") != std::string::npos)
    found(Rank::kLegacy, kLegacyError);
}

bool Parser::read_principals(const Elements& elements, PolicyStatement& out) {
  const auto plain = elements.find("Principal"), opposite = elements.find("NotPrincipal");
  const bool named = plain != elements.end(), left_out = opposite != elements.end();
  if (kind_ == PolicyKind::kIdentity)
    return !(named || left_out) || found(Rank::kPrincipal, "Policy document should not specify a principal.");
  if (named == left_out) {
    out.principals = {kEverybody};
    return named ? syntax() : found(Rank::kForm, "Missing required field Principal");
  }
  const bool clear = read_names(named ? plain->second : opposite->second, out.principals);
  out.not_principal = left_out;
  if (named) {
    // Whom a Deny means must be read whole; an Allow is for those who can be read.
    if (!clear && !out.allows) out.principals = {kEverybody};
    return true;
  }
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
  if (kind_ == PolicyKind::kTrust) return found(Rank::kForm, "Has prohibited field NotPrincipal");
  return !out.allows || found(Rank::kForm, "Allow with NotPrincipal is not supported.");
}

bool Parser::read_names(element value, std::vector<PolicyName>& out) {
  std::string_view text;
  simdjson::dom::object kinds;
  if (!value.get(text)) {
    if (text != "*") return syntax();
    out.push_back(kEverybody);
    return true;
  }
  if (value.get(kinds)) return syntax();
  bool clear = kinds.size() > 0 || syntax();
  for (const auto& [kind, named] : kinds) {
    const auto texts = texts_of(named);
    if (!texts || texts->empty()) clear = syntax();
    for (const auto& each : texts.value_or(std::vector<std::string>())) clear = read_name(kind, each, out) && clear;
  }
  return clear;
}

bool Parser::read_name(std::string_view kind, const std::string& text, std::vector<PolicyName>& out) {
  if (kind == "Service" || kind == "Federated" || kind == "CanonicalUser") {
    out.push_back({kind == "Service" ? PolicyName::Kind::kService : PolicyName::Kind::kOther, text});
    return true;
  }
  if (kind != "AWS") return syntax();
  auto name = aws_principal(text);
  if (!name) return found(Rank::kForm, fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", text));
  out.push_back(std::move(*name));
  return true;
}

bool Parser::read_conditions(const Elements& elements, PolicyStatement& out) {
  const auto value = elements.find("Condition");
  if (value == elements.end()) return true;
  simdjson::dom::object operators;
  if (value->second.get(operators)) return syntax();
  bool clear = true;
  for (const auto& [operation, keys] : operators) clear = read_condition(operation, keys, out) && clear;
  return clear;
}

// One that cannot be read is not asked: that leaves a Deny wider.
bool Parser::read_condition(std::string_view operation, element keys, PolicyStatement& out) {
  simdjson::dom::object pairs;
  if (keys.get(pairs)) return syntax();
  bool clear = true;
  for (const auto& [key, value] : pairs) {
    auto values = scalars_of(value);
    auto condition = values ? make_condition(operation, key, std::move(*values)) : std::nullopt;
    if (condition)
      out.conditions.push_back(std::move(*condition));
    else
      clear = syntax();
    if (key.find(':') == std::string_view::npos)
      found(Rank::kForm, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  return clear;
}

}  // namespace

ParsedPolicy parse_policy(std::string_view text, PolicyKind kind) { return Parser(kind).parse(text); }

}  // namespace leat::aws
