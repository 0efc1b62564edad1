#include <fmt/format.h>
#include <gtest/gtest.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <set>

#include "aws/cloudwatch/operations.h"
#include "aws/dynamodb/operations.h"
#include "aws/dynamodbstreams/operations.h"
#include "aws/iam/operations.h"
#include "aws/kinesis/operations.h"
#include "aws/lambda/operations.h"
#include "aws/logs/operations.h"
#include "aws/shape_cbor.h"
#include "aws/shape_json.h"
#include "aws/sqs/operations.h"
#include "aws/sts/operations.h"
#include "base/encoding.h"
#include "wire/paths.h"
#include "wire/sigv4.h"

namespace leat {
namespace {

// Bytes of RFC 8949's appendix A, and forms that encoders may choose freely.
TEST(Cbor, ReadsWhatEncodersWrite) {
  const auto read = [](std::string_view bytes) {
    cloudwatch::PutMetricDataInput input;
    aws::Violations violations;
    using namespace std::string_view_literals;
    const std::string head("\xA2iNamespaceaxjMetricData\x81\xA2jMetricNameayeValue"sv);
    const auto problem = aws::read_cbor(cloudwatch::PutMetricDataInput::kShape, head + std::string(bytes), &input,
                                        aws::CborTime::kSeconds, violations);
    return problem ? *problem : fmt::format("{}", *input.metric_data->front().value);
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(read("\x00"sv), "0");
  EXPECT_EQ(read("\x18\x64"sv), "100");
  EXPECT_EQ(read("\x39\x03\xE7"sv), "-1000");
  EXPECT_EQ(read("\xF9\x3E\x00"sv), "1.5");
  EXPECT_EQ(read("\xF9\x00\x01"sv), "5.960464477539063e-08");
  EXPECT_EQ(read("\xFA\x47\xC3\x50\x00"sv), "100000");
  EXPECT_EQ(read("\xFB\xC0\x10\x66\x66\x66\x66\x66\x66"sv), "-4.1");
  EXPECT_EQ(read("\x61\x61"sv), "Unexpected CBOR type");
  EXPECT_EQ(read("\xFB\xC0"sv), "Unexpected end of CBOR");
  EXPECT_EQ(read("\x1C"sv), "Invalid CBOR");
  // Indefinite lengths, unknown members, tags and nulls.
  kinesis::PutRecordInput record;
  aws::Violations violations;
  const std::string body(
      "\xBFjStreamName\x7F\x61s\x61t\xFFlPartitionKeyakgUnknown\x9F\xC1\x01\xA1\x61x\xF6\xFF"
      "dData\x5F\x41\x00\x41\x01\xFFoExplicitHashKey\xF6\xFF"sv);
  EXPECT_EQ(aws::read_cbor(kinesis::PutRecordInput::kShape, body, &record, aws::CborTime::kSeconds, violations),
            std::nullopt);
  EXPECT_EQ(*record.stream_name, "st");
  EXPECT_EQ(record.data, std::string("\0\1", 2));
  EXPECT_FALSE(record.explicit_hash_key);
  for (std::size_t size = 0; size + 1 < body.size(); ++size) {
    aws::Violations ignored;
    EXPECT_NE(aws::read_cbor(kinesis::PutRecordInput::kShape, body.substr(0, size), &record, aws::CborTime::kSeconds,
                             ignored),
              std::nullopt)
        << size;
  }
  aws::Violations deep;
  EXPECT_NE(aws::read_cbor(kinesis::PutRecordInput::kShape, "\xA1gUnknown" + std::string(100000, '\x81'), &record,
                           aws::CborTime::kSeconds, deep),
            std::nullopt);
}

// AWS's own test suite for Signature Version 4: get-vanilla and get-vanilla-query-order-key-case.
TEST(SigV4, AgreesWithAwsTestSuite) {
  const auto verified = [](std::string target, std::string_view signature) {
    const std::string authorization =
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" +
        std::string(signature);
    runtime::HttpRequest request{
        "GET",
        target,
        {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}, {"Authorization", authorization}},
        "",
        false};
    wire::Signature parsed;
    std::string problem;
    EXPECT_EQ(wire::parse_signature(request, parsed, problem), wire::SignatureForm::kWellFormed) << problem;
    EXPECT_EQ(parsed.access_key, "AKIDEXAMPLE");
    return wire::verify(request, parsed, wire::signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", parsed));
  };
  EXPECT_TRUE(verified("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
  EXPECT_TRUE(
      verified("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
  EXPECT_FALSE(
      verified("/?Param2=value3&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST(SigV4, SaysWhatAnAuthorizationHeaderLacks) {
  runtime::HttpRequest request{"GET", "/", {{"Authorization", "AWS4-HMAC-SHA256 Credential=x"}}, "", false};
  wire::Signature parsed;
  std::string problem;
  EXPECT_EQ(wire::parse_signature(request, parsed, problem), wire::SignatureForm::kIncomplete);
  EXPECT_EQ(problem,
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
            "parameter. Authorization header requires "
            "existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Credential=x");
}

TEST(Paths, LabelsOfAFunctionsPath) {
  static const wire::Paths kPaths(lambda::kModel);
  wire::Labels labels;
  const auto* found = kPaths.find({"POST", "/2015-03-31/functions/arn%3Aaws%3Ax/invocations/", {}, ""}, {}, labels);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Invoke");
  EXPECT_EQ(labels, (wire::Labels{{"FunctionName", "arn:aws:x"}}));
  const auto name = [](std::string_view method, std::string_view target) {
    wire::Labels ignored;
    const auto* operation = kPaths.find({method, target, {}, ""}, parse_query_string(split_target(target).second), ignored);
    return operation ? operation->name : "none";
  };
  EXPECT_EQ(name("GET", "/2015-03-31/functions"), "ListFunctions");
  EXPECT_EQ(name("GET", "//2015-03-31/functions//"), "ListFunctions");
  EXPECT_EQ(name("GET", "/2015-03-31/functions/x"), "GetFunction");
  EXPECT_EQ(name("POST", "/2015-03-31/functions/x"), "none");
  EXPECT_EQ(name("GET", "/2015-03-31/functions/x/nothing"), "none");
  EXPECT_EQ(name("GET", "/2018-10-31/layers?find=LayerVersion&Arn=a"), "GetLayerVersionByArn");
  EXPECT_EQ(name("GET", "/2018-10-31/layers"), "ListLayers");
}

TEST(Encoding, Base64IsStrict) {
  EXPECT_EQ(base64_decode("AAECAw=="), std::string("\0\1\2\3", 4));
  EXPECT_EQ(base64_encode(std::string("\0\1\2\3", 4)), "AAECAw==");
  for (const char* text : {"A", "AA", "AA=", "A===", "AA==AA==", "A A=", "-_=="})
    EXPECT_FALSE(base64_decode(text)) << text;
}

std::string decoded(std::string_view json) {
  aws::JsonReader reader;
  aws::Violations violations;
  dynamodb::CreateTableInput input;
  if (auto error = reader.read(dynamodb::CreateTableInput::kShape, json, &input, violations))
    return "serialization: " + error->message;
  return violations.empty() ? "fine" : violations.message();
}

TEST(Constraints, InTheWordsOfAws) {
  EXPECT_EQ(decoded(R"({"TableName": "abc", "Unknown": 1})"), "fine");
  EXPECT_EQ(
      decoded("{}"),
      "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(decoded(R"({"TableName": "abc", "BillingMode": "FREE"})"),
            "1 validation error detected: Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must "
            "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]");
  EXPECT_EQ(
      decoded(
          R"({"TableName": "", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "X"}, {"AttributeType": "S"}]})"),
      "3 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length "
      "greater than or equal to 1; "
      "Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy "
      "enum value set: [B, N, S]; "
      "Value null at 'attributeDefinitions.2.member.attributeName' failed to satisfy constraint: Member must not be "
      "null");
  EXPECT_EQ(decoded(R"({"TableName": "abc", "KeySchema": []})"),
            "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1");
}

TEST(Json, TypesThatDoNotFit) {
  EXPECT_EQ(decoded("{"), "serialization: ");
  EXPECT_EQ(decoded("[]"), "serialization: ");
  EXPECT_EQ(decoded(R"({"TableName": 1})"), "serialization: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(decoded(R"({"TableName": {}})"), "serialization: Start of structure or map found where not expected");
  EXPECT_EQ(decoded(R"({"TableName": "abc", "KeySchema": "x"})"), "serialization: Unexpected field type");
  EXPECT_EQ(decoded(R"({"TableName": "abc", "DeletionProtectionEnabled": 1})"),
            "serialization: NUMBER_VALUE cannot be converted to Boolean");
  EXPECT_EQ(decoded(std::string(5000, '[')), "serialization: ");
  EXPECT_EQ(decoded("{\"TableName\": \"\xff\xfe\"}"), "serialization: ");
}

TEST(Json, RoundTrip) {
  dynamodb::TableDescription description;
  description.table_name = "quote \" back \\ line \n";
  description.creation_date_time = from_millis(1700000000123);
  description.item_count = INT64_MAX;
  description.key_schema.emplace().push_back({"a", "HASH"});
  const std::string json = aws::to_json(description);
  EXPECT_EQ(aws::to_json(aws::from_json<dynamodb::TableDescription>(json)), json);
}

void collect(const aws::Shape& shape, std::set<const aws::Shape*>& seen) {
  if (!seen.insert(&shape).second) return;
  for (const auto& member : shape.members) collect(*member.shape, seen);
  if (shape.element) collect(*shape.element, seen);
  if (shape.key) collect(*shape.key, seen);
}

TEST(Models, EveryPatternCanBeRead) {
  std::set<const aws::Shape*> shapes;
  for (const auto* model : {&dynamodb::kModel, &dynamodbstreams::kModel, &lambda::kModel, &logs::kModel, &iam::kModel,
                            &sts::kModel, &sqs::kModel, &kinesis::kModel, &cloudwatch::kModel}) {
    for (const auto& operation : model->operations) {
      if (operation.input) collect(*operation.input, shapes);
    }
  }
  int patterns = 0;
  for (const auto* shape : shapes) {
    if (shape->pattern.empty()) continue;
    ++patterns;
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(shape->pattern.data()), shape->pattern.size(),
                                     PCRE2_UTF | PCRE2_ALT_BSUX, &error, &offset, nullptr);
    EXPECT_TRUE(code) << shape->name << ": " << shape->pattern;
    pcre2_code_free(code);
  }
  EXPECT_GT(patterns, 40);
}

}  // namespace
// A string is escaped eight bytes at a time: every byte at every place is escaped as one by one.
TEST(Json, EscapesEveryByteAtEveryPlace) {
  const auto escaped = [](unsigned char c) -> std::string {
    if (c == '"' || c == '\\') return {'\\', static_cast<char>(c)};
    if (c == '\n') return "\\n";
    if (c == '\r') return "\\r";
    if (c == '\t') return "\\t";
    return c < 0x20 ? fmt::format("\\u{:04x}", c) : std::string(1, static_cast<char>(c));
  };
  for (std::size_t before = 0; before < 18; ++before) {
    for (std::size_t after = 0; after < 10; ++after) {
      for (int c = 0; c < 256; ++c) {
        const std::string text = std::string(before, '~') + static_cast<char>(c) + std::string(after, '\x7f');
        const std::string wanted =
            '"' + std::string(before, '~') + escaped(static_cast<unsigned char>(c)) + std::string(after, '\x7f') + '"';
        ASSERT_EQ(json_string(text), wanted) << before << ' ' << c;
      }
    }
  }
}

}  // namespace leat
