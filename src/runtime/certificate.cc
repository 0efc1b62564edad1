#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

#include "runtime/http_server.h"

namespace leat::runtime {
namespace {

constexpr long kTenYears = 10L * 365 * 24 * 3600;
constexpr const char* kNames =
    "DNS:localhost,DNS:*.localhost,DNS:localhost.localstack.cloud,DNS:*.localhost.localstack.cloud,IP:127.0.0.1,IP:::1";

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

std::string pem_of(auto write) {
  std::unique_ptr<BIO, Freer<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  if (!write(bio.get())) throw std::runtime_error("cannot write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

std::pair<std::string, std::string> make_certificate(TimePoint now) {
  // P-256: made in a millisecond, where an RSA key would double the time to the first start.
  std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  std::unique_ptr<X509, Freer<X509_free>> certificate(X509_new());
  X509* x509 = certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), to_millis(now));
  ASN1_TIME_set(X509_getm_notBefore(x509), to_millis(now) / 1000 - 24L * 3600);
  ASN1_TIME_set(X509_getm_notAfter(x509), to_millis(now) / 1000 + kTenYears);
  X509_set_pubkey(x509, key.get());
  X509_NAME* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("leat"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, kNames));
  X509_add_ext(x509, names.get(), -1);
  if (!X509_sign(x509, key.get(), EVP_sha256())) throw std::runtime_error("cannot sign the certificate");
  return {pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, x509); }), pem_of([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace leat::runtime
