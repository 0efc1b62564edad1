#pragma once
// Function URLs: a host name for a function or an alias. What comes to it is an event of payload version 2.0.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
//
//   url   := home 'u' text(name) text(qualifier)   FunctionUrlConfig, JSON
//   place := text("") text("") 'u' text(url id)    text(account) text(region) text(name) text(qualifier)

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {

struct FunctionUrl {
  std::string account, region, name, qualifier;
  FunctionUrlConfig config;

  std::string id() const;   // the first label of its host name
  std::string row() const;  // of its config
};

std::optional<FunctionUrl> find_url(Lambda& lambda, const aws::Caller& caller, std::string_view name,
                                    std::string_view qualifier);
void save_url(Lambda& lambda, const FunctionUrl& url);
void stage_erase_url(kv::Batch& batch, const FunctionUrl& url);
// All of a function.
std::vector<FunctionUrl> urls_of(const kv::Store& store, const aws::Caller& caller, std::string_view name);

// Serves what comes to the host names of function URLs.
class FunctionUrls {
 public:
  // Whether a caller, or anybody, may invoke a function by its URL. `auth_type` is NONE or AWS_IAM.
  using Authorize = std::function<bool(const std::optional<aws::Caller>& caller, const std::string& function_arn,
                                       const std::string& auth_type)>;
  FunctionUrls(Lambda& lambda, Authorize authorize) : lambda_(lambda), authorize_(std::move(authorize)) {}

  static bool owns(std::string_view host);
  static runtime::HttpBodyLimit body_limit();
  void handle(const runtime::HttpRequest& request, const std::optional<aws::Caller>& caller,
              runtime::HttpRespond respond);

 private:
  std::optional<FunctionUrl> find(std::string_view host) const;
  void invoke(const FunctionUrl& url, const runtime::HttpRequest& request, const std::optional<aws::Caller>& caller,
              runtime::HttpRespond respond);

  Lambda& lambda_;
  Authorize authorize_;
};

}  // namespace leat::lambda
