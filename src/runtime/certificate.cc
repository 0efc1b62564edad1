#include "runtime/http_server.h"
#include "runtime/openssl_pointers.h"

namespace leat::runtime {
namespace {

constexpr long kDay = 24L * 3600, kTenYears = 3650 * kDay;
constexpr const char* kNames =
    "DNS:localhost,DNS:*.localhost,DNS:localhost.localstack.cloud,DNS:*.localhost.localstack.cloud,IP:127.0.0.1,IP:::1";

std::string pem_of(auto write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!write(bio.get())) throw std::runtime_error("cannot write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

std::string pem_of(X509* certificate) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

KeyPtr make_key() { return KeyPtr(EVP_EC_gen("P-256")); }

CertificatePtr begin_certificate(EVP_PKEY* key, TimePoint now, long seconds) {
  CertificatePtr out(X509_new());
  X509_set_version(out.get(), 2);
  const std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_new());
  BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(out.get()));
  ASN1_TIME_set(X509_getm_notBefore(out.get()), to_millis(now) / 1000 - kDay);
  ASN1_TIME_set(X509_getm_notAfter(out.get()), to_millis(now) / 1000 + seconds);
  X509_set_pubkey(out.get(), key);
  X509_NAME* name = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("leat"), -1, -1, 0);
  X509_set_issuer_name(out.get(), name);
  return out;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> made(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!made || !X509_add_ext(certificate, made.get(), -1)) throw std::runtime_error("cannot make the certificate");
}

void sign_certificate(X509* certificate, EVP_PKEY* key) {
  if (!X509_sign(certificate, key, EVP_sha256())) throw std::runtime_error("cannot sign the certificate");
}

std::pair<std::string, std::string> make_certificate(TimePoint now) {
  const KeyPtr key = make_key();
  const CertificatePtr certificate = begin_certificate(key.get(), now, kTenYears);
  add_extension(certificate.get(), certificate.get(), NID_subject_alt_name, kNames);
  sign_certificate(certificate.get(), key.get());
  return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace leat::runtime
