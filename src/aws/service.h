#pragma once
// What a service is to the rest of the server: the gateway routes requests to it, authorization asks it what their names
// lead to, the app starts and ends it. None of them knows which services there are.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/condition_keys.h"
#include "aws/operation.h"

namespace leat::aws {

class Service;

// A request, as authorization sees it.
struct Authorization {
  const Caller& caller;
  Service& service;
  const Operation& operation;
  const void* input;  // of operation.input
};

// What a request asks of IAM.
struct RequestedAction {
  std::string action;    // dynamodb:PutItem
  std::string resource;  // an ARN, or *
  // Adds the condition keys of this action alone. While the request lives.
  std::function<void(ConditionKeys& keys)> conditions = {};
};
using RequestedActions = std::vector<RequestedAction>;

class Service {
 public:
  explicit Service(const ServiceModel& model) : model_(model) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  const ServiceModel& model() const { return model_; }

  // Whether it is asked at that path, too, beside "/".
  virtual bool owns_path(std::string_view /*path*/) const { return false; }

  // What goes on by itself goes on. Before the first request.
  virtual void start() {}
  // What runs of what is stored ends, before the store is emptied.
  virtual void halt() {}
  // What was remembered of the store is not, after it was emptied.
  virtual void forget() {}
  // Who waits for an answer gets one: the server stops.
  virtual void release() {}

  // Of a resource by its ARN; nothing where it has none, or is not this service's. For all that belongs to a resource
  // (an index, a version) both are the resource's own. From any thread, for each request: fast.
  virtual std::string resource_policy(std::string_view /*arn*/) { return {}; }
  virtual Map<std::string> resource_tags(std::string_view /*arn*/) { return {}; }

  // The ARNs that the pattern of a right means in a request (aws/rights.h): nothing where a value is missing.
  virtual std::vector<std::string> resources(const Authorization& asked, std::string_view pattern) const;

  // What a request really asks for: what its line in operations.list says, where a service has nothing to add to that.
  // Of some operations the resource stands in a token, or in each of many items, or has a longer name than the request
  // says.
  virtual RequestedActions requested_actions(const Authorization& asked);

 private:
  const ServiceModel& model_;
};

// All of them.
class Services {
 public:
  // Throws std::logic_error where two of them keep their rows in the same place.
  explicit Services(std::vector<Service*> all);

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

  // By the model's id; null where there is none.
  Service* find(std::string_view id) const;

  // The policy and the tags of a resource, whosever it is.
  std::string resource_policy(std::string_view arn) const;
  Map<std::string> resource_tags(std::string_view arn) const;

 private:
  template <class Ask>
  auto ask_owner(std::string_view arn, Ask ask) const;

  std::vector<Service*> all_;
};

}  // namespace leat::aws
