#pragma once
// The operations of a service whose requests are told apart by method and path.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/operation.h"
#include "base/query_string.h"
#include "runtime/http.h"

namespace leat::wire {

// What stands in a path where its operation has {Label}, decoded.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

class Paths {
 public:
  explicit Paths(const aws::ServiceModel& model);

  // Null where there is none. {Key+} takes slashes too.
  const aws::Operation* find(const runtime::HttpRequest& request, const QueryParameters& query, Labels& labels) const;

 private:
  // "?acl", "uploadId", "x-amz-copy-source:" of Operation::selector.
  struct Need {
    std::string_view name, value;
    bool in_header;
  };
  struct End {
    const aws::Operation* operation;
    std::vector<std::string_view> labels;
    std::vector<Need> constants, needs;
  };
  // One for each beginning of a path, up to a slash.
  struct Node {
    std::map<std::string_view, Node> literals;
    std::unique_ptr<Node> label, greedy;
    std::vector<End> ends;
  };
  struct Walk;

  void add(const aws::Operation& operation);
  const End* follow(const Node& node, std::string_view rest, Walk& walk) const;

  Node root_;
  bool exact_ = false;  // where keys are part of paths, their slashes count
};

}  // namespace leat::wire
