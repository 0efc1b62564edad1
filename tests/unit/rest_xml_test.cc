// REST-XML both ways, with shapes of S3.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/sample_s3/operations.h"
#include "unit/s3/sample.h"
#include "wire/codec.h"

namespace leat {

namespace sample_s3 {

#define NEVER(Name, function, Output) \
  aws::Result<Output> function(Sample&, const aws::Caller&, const Name##Request&) { return aws::fail(aws::errors::kNotOffered, #Name); }
NEVER(CopyObject, copy_object, CopyObjectOutput)
NEVER(CreateBucket, create_bucket, CreateBucketOutput)
NEVER(DeleteObjects, delete_objects, DeleteObjectsOutput)
NEVER(GetBucketAcl, get_bucket_acl, GetBucketAclOutput)
NEVER(GetBucketInventoryConfiguration, get_bucket_inventory_configuration, GetBucketInventoryConfigurationOutput)
NEVER(GetBucketLocation, get_bucket_location, GetBucketLocationOutput)
NEVER(GetBucketPolicy, get_bucket_policy, GetBucketPolicyOutput)
NEVER(GetObject, get_object, GetObjectOutput)
NEVER(GetObjectAttributes, get_object_attributes, GetObjectAttributesOutput)
NEVER(HeadObject, head_object, HeadObjectOutput)
NEVER(ListBucketInventoryConfigurations, list_bucket_inventory_configurations, ListBucketInventoryConfigurationsOutput)
NEVER(ListObjectsV2, list_objects_v2, ListObjectsV2Output)
NEVER(PutBucketAcl, put_bucket_acl, void)
NEVER(PutBucketLifecycleConfiguration, put_bucket_lifecycle_configuration, PutBucketLifecycleConfigurationOutput)
NEVER(PutObject, put_object, PutObjectOutput)
NEVER(UploadPart, upload_part, UploadPartOutput)
#undef NEVER

}  // namespace sample_s3

namespace {

using namespace sample_s3;
using runtime::HttpRequest;
using runtime::HttpResponse;

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kSpace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

struct Routed {
  const aws::Operation* operation = nullptr;
  wire::Read read;
};

Routed route(const HttpRequest& request) {
  static const wire::Paths kPaths(kModel);
  Routed out;
  out.read.parameters = parse_query_string(split_target(request.target).second);
  out.operation = kPaths.find(request, out.read.parameters, out.read.labels);
  return out;
}

std::string asked(std::string_view method, std::string_view target, std::vector<runtime::HttpHeader> headers = {}) {
  const Routed routed = route({method, target, std::move(headers), ""});
  if (!routed.operation) return "none";
  std::string out(routed.operation->name);
  for (const auto& [name, value] : routed.read.labels) out += fmt::format(" {}={}", name, value);
  return out;
}

const wire::Codec& codec() { return wire::codec_for(aws::Protocol::kRestXml); }

// "fine", or what is wrong with the request.
template <class Input>
std::string decoded(const HttpRequest& request, Input& input) {
  const Routed routed = route(request);
  if (!routed.operation) return "no such path";
  aws::Violations violations;
  const auto done = codec().decode({request, kModel, *routed.operation, routed.read, "id"}, &input, violations);
  if (!done) return std::string(done.error().type->name);
  return violations.empty() ? "fine" : violations.message();
}

template <class Output>
HttpResponse encoded(std::string_view name, const Output& output, std::string_view method = "GET") {
  const HttpRequest request{method, "/", {}, ""};
  return codec().encode({request, kModel, *kModel.find(name), {}, "id"}, &output);
}

std::string header(const HttpResponse& response, std::string_view name) {
  std::string out;
  for (const auto& [each, value] : response.headers) {
    if (runtime::equals_ignoring_case(each, name)) out += (out.empty() ? "" : "|") + value;
  }
  return out;
}

TEST(Paths, ByMethodPathAndConstants) {
  EXPECT_EQ(asked("GET", "/"), "ListBuckets");
  EXPECT_EQ(asked("GET", "/b"), "ListObjects Bucket=b");
  EXPECT_EQ(asked("GET", "/b/?list-type=2&prefix=a"), "ListObjectsV2 Bucket=b");
  EXPECT_EQ(asked("GET", "/b?acl"), "GetBucketAcl Bucket=b");
  EXPECT_EQ(asked("GET", "/b?acl="), "GetBucketAcl Bucket=b");
  EXPECT_EQ(asked("PUT", "/b?acl"), "PutBucketAcl Bucket=b");
  EXPECT_EQ(asked("GET", "/b/k?acl"), "GetObjectAcl Bucket=b Key=k");
  EXPECT_EQ(asked("POST", "/b/k?select&select-type=2"), "SelectObjectContent Bucket=b Key=k");
  EXPECT_EQ(asked("PATCH", "/b"), "none");
}

TEST(Paths, ByWhatIsRequired) {
  EXPECT_EQ(asked("PUT", "/b/k"), "PutObject Bucket=b Key=k");
  EXPECT_EQ(asked("PUT", "/b/k", {{"X-Amz-Copy-Source", "c/k"}}), "CopyObject Bucket=b Key=k");
  EXPECT_EQ(asked("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart Bucket=b Key=k");
  EXPECT_EQ(asked("PUT", "/b/k?partNumber=1&uploadId=u", {{"x-amz-copy-source", "c/k"}}), "UploadPartCopy Bucket=b Key=k");
  EXPECT_EQ(asked("GET", "/b/k?partNumber=1"), "GetObject Bucket=b Key=k");
  EXPECT_EQ(asked("GET", "/b?inventory"), "ListBucketInventoryConfigurations Bucket=b");
  EXPECT_EQ(asked("GET", "/b?inventory&id=i"), "GetBucketInventoryConfiguration Bucket=b");
}

// A request for a part of a bucket never means the bucket.
TEST(Paths, WhatIsAskedOfAPartIsNotAskedOfTheWhole) {
  EXPECT_EQ(asked("DELETE", "/b"), "DeleteBucket Bucket=b");
  EXPECT_EQ(asked("DELETE", "/b?acl"), "none");
  EXPECT_EQ(asked("DELETE", "/b?inventory"), "DeleteBucketInventoryConfiguration Bucket=b");
  EXPECT_EQ(asked("DELETE", "/b?x-id=DeleteBucket"), "DeleteBucket Bucket=b");
  EXPECT_EQ(asked("DELETE", "/b/k?torrent"), "none");
}

TEST(Paths, KeysKeepTheirSlashes) {
  EXPECT_EQ(asked("GET", "/b/a/b/c"), "GetObject Bucket=b Key=a/b/c");
  EXPECT_EQ(asked("GET", "/b/folder/"), "GetObject Bucket=b Key=folder/");
  EXPECT_EQ(asked("GET", "/b//a"), "GetObject Bucket=b Key=/a");
  EXPECT_EQ(asked("GET", "/b//"), "GetObject Bucket=b Key=/");
  EXPECT_EQ(asked("GET", "/b/a%20b%2Bc+d%2F"), "GetObject Bucket=b Key=a b+c+d/");
  EXPECT_EQ(asked("GET", "//k"), "none");
}

TEST(RestXml, ReadsPathQueryHeadersAndBody) {
  PutObjectRequest put;
  EXPECT_EQ(decoded({"PUT", "/b/a%2Fb", {{"Content-Type", "text/plain"}, {"X-Amz-Meta-Color", "red"}, {"x-amz-meta-n", "1"}, {"x-amz-meta-N", "2"}, {"x-amz-server-side-encryption-bucket-key-enabled", "true"},
                      {"x-amz-object-lock-retain-until-date", "2026-11-26T10:00:00Z"}, {"Content-Length", "4"}}, "a<b"}, put), "fine");
  EXPECT_EQ(put.bucket, "b");
  EXPECT_EQ(put.key, "a/b");
  EXPECT_EQ(put.content_type, "text/plain");
  EXPECT_EQ(put.metadata, (aws::Map<std::string>{{"color", "red"}, {"n", "1,2"}}));
  EXPECT_EQ(put.bucket_key_enabled, true);
  EXPECT_EQ(to_millis(*put.object_lock_retain_until_date), 1795687200000);
  EXPECT_EQ(put.content_length, 4);

  CopyObjectRequest copy;
  EXPECT_EQ(decoded({"PUT", "/b/k", {{"x-amz-copy-source", "c/k"}, {"x-amz-copy-source-if-modified-since", "Thu, 26 Nov 2026 10:00:00 GMT"}}, ""}, copy), "fine");
  EXPECT_EQ(to_millis(*copy.copy_source_if_modified_since), 1795687200000);
  EXPECT_EQ(decoded({"PUT", "/b/k", {{"x-amz-copy-source", "c/k"}, {"x-amz-copy-source-if-modified-since", "yesterday"}}, ""}, copy), "SerializationException");

  GetObjectAttributesRequest attributes;
  EXPECT_EQ(decoded({"GET", "/b/k?attributes", {{"x-amz-object-attributes", "ETag, Checksum"}, {"X-Amz-Object-Attributes", "ObjectSize"}}, ""}, attributes), "fine");
  EXPECT_EQ(attributes.object_attributes, (std::vector<std::string>{"ETag", "Checksum", "ObjectSize"}));
  EXPECT_NE(decoded({"GET", "/b/k?attributes", {}, ""}, attributes), "fine");

  ListObjectsV2Request list;
  EXPECT_EQ(decoded({"GET", "/b?list-type=2&max-keys=7&fetch-owner=true&prefix=a%20b", {}, ""}, list), "fine");
  EXPECT_EQ(list.max_keys, 7);
  EXPECT_EQ(list.fetch_owner, true);
  EXPECT_EQ(list.prefix, "a b");
  EXPECT_EQ(decoded({"GET", "/b?list-type=2&max-keys=many", {}, ""}, list), "SerializationException");
}

TEST(RestXml, ReadsElements) {
  DeleteObjectsRequest request;
  EXPECT_EQ(decoded({"POST", "/b?delete", {},
                     "<?xml version='1.0'?>\n<!-- all --><s:Delete xmlns:s='x'>\n  <Object><Key>a &amp; &#x62;\r\n</Key><VersionId>1</VersionId></Object>\n  "
                     "<Quiet> true </Quiet><Object><Key> </Key></Object><s:Object><Key><![CDATA[<c>]]></Key><Other><Key>x</Key></Other></s:Object></s:Delete>\n"}, request), "fine");
  ASSERT_EQ(request.delete_.objects.size(), 3U);
  EXPECT_EQ(request.delete_.objects[0].key, "a & b\n");
  EXPECT_EQ(request.delete_.objects[0].version_id, "1");
  EXPECT_EQ(request.delete_.objects[1].key, " ");
  EXPECT_EQ(request.delete_.objects[2].key, "<c>");
  EXPECT_EQ(request.delete_.quiet, true);

  PutBucketLifecycleConfigurationRequest lifecycle;
  EXPECT_EQ(decoded({"PUT", "/b?lifecycle", {},
                     "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status><Filter><And><Prefix>p</Prefix><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key>"
                     "<Value/></Tag></And></Filter><Expiration><Date>2026-11-26T00:00:00.000Z</Date></Expiration></Rule></LifecycleConfiguration>"}, lifecycle), "fine");
  const auto& rule = lifecycle.lifecycle_configuration->rules.at(0);
  const auto& tags = *rule.filter->and_->tags;
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[1].key + tags[1].value, "b");
  EXPECT_EQ(to_millis(*rule.expiration->date), 1795651200000);

  PutBucketAclRequest acl;
  EXPECT_EQ(decoded({"PUT", "/b?acl", {},
                     "<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='CanonicalUser'><ID>me</ID></Grantee>"
                     "<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"}, acl), "fine");
  const auto& grant = acl.access_control_policy->grants->at(0);
  EXPECT_EQ(grant.grantee->type, "CanonicalUser");
  EXPECT_EQ(grant.grantee->id, "me");
}

TEST(RestXml, RefusesWhatIsNoSuchDocument) {
  const auto refused = [](std::string_view body) {
    DeleteObjectsRequest request;
    return decoded({"POST", "/b?delete", {}, body}, request);
  };
  EXPECT_EQ(refused(""), "MissingRequestBodyError");
  for (const std::string_view body :
       {"x", "<", "<Delete>", "<Delete/>", "<Other><Object><Key>a</Key></Object></Other>", "<Delete><Object></Delete>", "{}", "<Delete><Object><Key><b/></Key></Object></Delete>",
        "<Delete><Object/></Delete>", "<Delete><Quiet>maybe</Quiet></Delete>", "<Delete><Object><Key>\xff</Key></Object></Delete>",
        "<Delete><Object><Key>a</Key></Object></Delete><Delete/>", "<!DOCTYPE Delete><Delete><Object><Key>a</Key></Object></Delete>"})
    EXPECT_EQ(refused(body), "SerializationException") << body;
}

// Entities that would grow a thousandfold, files, and depth: none of them costs more than its bytes.
TEST(RestXml, AttacksDoNothing) {
  const auto refused = [](const std::string& body) {
    DeleteObjectsRequest request;
    return decoded({"POST", "/b?delete", {}, body}, request);
  };
  std::string laughs = "<!DOCTYPE d [<!ENTITY l0 \"ha\">";
  for (int i = 1; i < 10; ++i) {
    laughs += fmt::format("<!ENTITY l{} \"", i);
    for (int k = 0; k < 10; ++k) laughs += fmt::format("&l{};", i - 1);
    laughs += "\">";
  }
  EXPECT_EQ(refused(laughs + "]><Delete><Object><Key>&l9;</Key></Object></Delete>"), "SerializationException");
  EXPECT_EQ(refused("<!DOCTYPE d [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><Delete><Object><Key>&f;</Key></Object></Delete>"), "SerializationException");
  std::string deep, closed;
  for (int i = 0; i < 100'000; ++i) deep += "<Object>";
  for (int i = 0; i < 100'000; ++i) closed += "</Object>";
  EXPECT_EQ(refused("<Delete>" + deep), "SerializationException");
  EXPECT_EQ(refused("<Delete>" + deep + closed + "</Delete>"), "SerializationException");
  DeleteObjectsRequest unknown;
  EXPECT_EQ(decoded({"POST", "/b?delete", {}, "<Delete><Object><Key>&l9;</Key></Object></Delete>"}, unknown), "fine");
  EXPECT_EQ(unknown.delete_.objects.at(0).key, "&l9;");
}

TEST(RestXml, WritesElements) {
  ListObjectsV2Output list;
  list.is_truncated = false;
  list.name = "b";
  list.prefix = "";
  list.max_keys = 1000;
  list.contents.emplace(2);
  list.contents->at(0).key = "a&<\">\x01\r\n";
  list.contents->at(0).e_tag = "\"e\"";
  list.contents->at(0).size = 3;
  list.contents->at(0).last_modified = from_millis(1795687200000);
  list.contents->at(1).checksum_algorithm = std::vector<std::string>{"CRC32", "SHA1"};
  const HttpResponse response = encoded("ListObjectsV2", list);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "content-type"), "application/xml");
  EXPECT_EQ(header(response, "x-amz-request-id"), "id");
  EXPECT_EQ(response.body,
            fmt::format("{}<ListBucketResult {}><IsTruncated>false</IsTruncated><Contents><Key>a&amp;&lt;&quot;&gt;&#1;&#13;\n</Key><LastModified>2026-11-26T10:00:00.000Z</LastModified>"
                        "<ETag>&quot;e&quot;</ETag><Size>3</Size></Contents><Contents><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>"
                        "</Contents><Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys></ListBucketResult>",
                        kHead, kSpace));

  GetBucketAclOutput acl;
  acl.owner.emplace().id = "me";
  auto& grant = acl.grants.emplace().emplace_back();
  grant.permission = "READ";
  grant.grantee.emplace().type = "Group";
  grant.grantee->uri = "u";
  EXPECT_EQ(encoded("GetBucketAcl", acl).body,
            fmt::format("{}<AccessControlPolicy {}><Owner><ID>me</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">"
                        "<URI>u</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
                        kHead, kSpace));

  EXPECT_EQ(encoded("GetBucketLocation", GetBucketLocationOutput{"eu-west-1"}).body, fmt::format("{}<LocationConstraint {}>eu-west-1</LocationConstraint>", kHead, kSpace));
  EXPECT_EQ(encoded("GetBucketLocation", GetBucketLocationOutput{}).body, fmt::format("{}<LocationConstraint {}></LocationConstraint>", kHead, kSpace));
  CopyObjectOutput copied;
  copied.copy_object_result.emplace().e_tag = "x";
  EXPECT_EQ(encoded("CopyObject", copied).body, fmt::format("{}<CopyObjectResult {}><ETag>x</ETag></CopyObjectResult>", kHead, kSpace));
}

TEST(RestXml, WritesHeadersAndPayloads) {
  GetObjectOutput object;
  object.body = "a<b";
  object.content_type = "text/plain";
  object.content_length = 4;
  object.content_range = "bytes 0-3/9";
  object.content_disposition = "a\r\nSet-Cookie: b";
  object.last_modified = from_millis(1795687200000);
  object.delete_marker = false;
  object.metadata = aws::Map<std::string>{{"color", "red"}};
  const HttpResponse got = encoded("GetObject", object);
  EXPECT_EQ(got.status, 206);
  EXPECT_EQ(got.body, *object.body);
  EXPECT_EQ(header(got, "Content-Type"), "text/plain");
  EXPECT_EQ(header(got, "Content-Length"), "");  // the server's own
  EXPECT_EQ(header(got, "Content-Disposition"), "a  Set-Cookie: b");
  EXPECT_EQ(header(got, "Last-Modified"), "Thu, 26 Nov 2026 10:00:00 GMT");
  EXPECT_EQ(header(got, "x-amz-delete-marker"), "false");
  EXPECT_EQ(header(got, "x-amz-meta-color"), "red");

  HeadObjectOutput head;
  head.content_length = 5'000'000'000;
  const HttpResponse told = encoded("HeadObject", head, "HEAD");
  EXPECT_EQ(told.length, 5'000'000'000U);
  EXPECT_EQ(told.body, "");

  PutObjectOutput put;
  put.e_tag = "\"e\"";
  EXPECT_EQ(encoded("PutObject", put).body, "");
  EXPECT_EQ(header(encoded("PutObject", put), "ETag"), "\"e\"");
  EXPECT_EQ(encoded("GetBucketPolicy", GetBucketPolicyOutput{"{}"}).body, "{}");
}

TEST(RestXml, ErrorsAsS3WritesThem) {
  const auto written = [](const aws::Error& error, std::string_view service = "s3") {
    return wire::encode_error({aws::Protocol::kRestXml, service, "", "", "id", false}, error);
  };
  const HttpResponse tags = written({&errors::kNoSuchTagSet, "a<b"});
  EXPECT_EQ(tags.status, 404);
  EXPECT_EQ(tags.body, fmt::format("{}<Error><Code>NoSuchTagSet</Code><Message>a&lt;b</Message><RequestId>id</RequestId><HostId>id</HostId></Error>", kHead));
  const HttpResponse malformed = written({&aws::errors::kSerialization, ""});
  EXPECT_EQ(malformed.status, 400);
  EXPECT_NE(malformed.body.find("<Code>MalformedXML</Code><Message>The XML you provided"), std::string::npos);
  EXPECT_EQ(written({&aws::errors::kUnknownOperation, ""}).status, 405);
  EXPECT_EQ(written({&aws::errors::kUnrecognizedClient, "x"}).status, 403);
  EXPECT_EQ(written({&aws::errors::kNotOffered, "x"}).status, 501);
  EXPECT_NE(written({&aws::errors::kNotOffered, "x"}, "route53").body.find("<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code>"), std::string::npos);
}

}  // namespace
}  // namespace leat
