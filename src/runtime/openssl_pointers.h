#pragma once
// OpenSSL's objects, freed when they go; and what they are in PEM.

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace leat::runtime {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;

inline BioPtr reader_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string pem_of(X509* certificate);
std::string pem_of(EVP_PKEY* key);

// P-256: made in a millisecond, where an RSA key would double the time to the first start.
KeyPtr make_key();

// Named leat, good for that many seconds from a day before `now` on; not signed yet.
CertificatePtr begin_certificate(EVP_PKEY* key, TimePoint now, long seconds);
void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value);
void sign_certificate(X509* certificate, EVP_PKEY* key);

}  // namespace leat::runtime
