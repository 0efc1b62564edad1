#pragma once
// The protocols that services are spoken in.

#include "aws/shape_cbor.h"
#include "wire/codec.h"

namespace leat::wire {

class JsonCodec final : public Codec {
 public:
  aws::Result<void> decode(const Call& call, void* input, aws::Violations& violations) const override;
  runtime::HttpResponse encode(const Call& call, const void* output) const override;
};

class RestJsonCodec final : public Codec {
 public:
  aws::Result<void> decode(const Call& call, void* input, aws::Violations& violations) const override;
  runtime::HttpResponse encode(const Call& call, const void* output) const override;
};

class RestXmlCodec final : public Codec {
 public:
  aws::Result<void> decode(const Call& call, void* input, aws::Violations& violations) const override;
  runtime::HttpResponse encode(const Call& call, const void* output) const override;
};

class QueryCodec final : public Codec {
 public:
  aws::Result<void> decode(const Call& call, void* input, aws::Violations& violations) const override;
  runtime::HttpResponse encode(const Call& call, const void* output) const override;
};

class CborCodec final : public Codec {
 public:
  enum class Form : std::uint8_t { kAws, kRpcV2 };
  explicit CborCodec(Form form) : form_(form) {}

  aws::Result<void> decode(const Call& call, void* input, aws::Violations& violations) const override;
  runtime::HttpResponse encode(const Call& call, const void* output) const override;

  std::vector<std::pair<std::string, std::string>> headers() const;

 private:
  aws::CborTime time() const;
  Form form_;
};

// SerializationException where `body` is no JSON object of that shape.
aws::Result<void> read_json_body(const aws::Shape& shape, std::string_view body, void* input,
                                 aws::Violations& violations);

// A scalar from text, as URIs, headers and forms carry it. False where it cannot be read.
// Times have the form that the model gives them, or `form`.
bool read_scalar(const aws::Shape& shape, std::string_view text, void* value, aws::TimeForm form);
std::string write_scalar(const aws::Shape& shape, const void* value, aws::TimeForm form);

}  // namespace leat::wire
