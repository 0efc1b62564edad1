#pragma once
// Versions of layers: archives that functions find at /opt.
// https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
//
//   layer   := home 'h' text(name) u64(version)  GetLayerVersionResponse, JSON, without its Location
//   counter := home 'k' text(name)               u64: the newest version's number, also of a deleted one
//   policy  := home 'j' text(name) u64(version)  see resource_policy.h
//   code    := home 'b' text(name) u64(version)  the blob's name; it stays for the functions that have the layer

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/lambda/lambda.h"

namespace leat::lambda {

struct LayerVersionId {
  std::string account, region, name;
  std::uint64_t version = 0;

  std::string layer_arn() const;
  std::string arn() const;
  std::string row(char room) const;
};
// arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION
std::optional<LayerVersionId> parse_layer_version(std::string_view arn);

// AccessDeniedException where another account keeps it to itself.
aws::Result<void> check_layer_access(Lambda& lambda, const aws::Caller& caller, const LayerVersionId& id);

std::optional<GetLayerVersionResponse> find_layer_version(Lambda& lambda, const LayerVersionId& id);

// Of all its versions, newest last.
std::vector<GetLayerVersionResponse> layer_versions_of(Lambda& lambda, const aws::Caller& caller,
                                                       std::string_view name);

// What a function's configuration says of the layers that it asks for. InvalidParameterValueException where there are
// too many, one does not exist, or all of it together is too large; AccessDeniedException where another account keeps
// one to itself.
aws::Result<std::vector<Layer>> check_layers(Lambda& lambda, const aws::Caller& caller,
                                             const std::vector<std::string>& arns, const std::string& code);

// The blobs of a function's layers, in their order.
std::vector<std::string> layer_blobs(const kv::Store& store, const FunctionConfiguration& configuration);

}  // namespace leat::lambda
