#include "runtime/certificate_authority.h"

#include <openssl/sha.h>
#include <openssl/ssl.h>

#include <mutex>
#include <unordered_map>

#include "base/encoding.h"
#include "runtime/openssl_pointers.h"

namespace leat::runtime {
namespace {

constexpr long kDay = 24L * 3600, kAuthorityLife = 3650 * kDay, kLife = 825 * kDay;
constexpr std::size_t kMaxNames = 1024;  // kept
constexpr const char* kAuthorityNames =
    "critical,permitted;DNS:localhost,permitted;DNS:localhost.localstack.cloud,permitted;DNS:amazonaws.com,"
    "permitted;DNS:on.aws";

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 255);
}

void append_entry(std::string& out, X509* certificate, std::size_t index) {
  const std::string alias = std::to_string(index), type = "X.509";
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size < 0) throw std::runtime_error("cannot write a certificate");
  append_number(out, 2, 4);  // trusted, no key
  append_number(out, alias.size(), 2);
  out += alias;
  append_number(out, 0, 8);  // its time
  append_number(out, type.size(), 2);
  out += type;
  append_number(out, static_cast<std::uint64_t>(size), 4);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
}

}  // namespace

std::pair<std::string, std::string> make_authority(TimePoint now) {
  const KeyPtr key = make_key();
  const CertificatePtr made = begin_certificate(key.get(), now, kAuthorityLife);
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("authority"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign");
  add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash");
  add_extension(made.get(), made.get(), NID_name_constraints, kAuthorityNames);
  sign_certificate(made.get(), key.get());
  return {pem_of(made.get()), pem_of(key.get())};
}

struct CertificateAuthority::State {
  CertificatePtr certificate;
  KeyPtr key;
  const Clock& clock;
  Signs signs;
  KeyPtr names_key = make_key();  // of all that is signed: it never leaves this process
  std::mutex mutex;
  std::unordered_map<std::string, CertificatePtr> names;

  CertificatePtr make(const std::string& name) const {
    CertificatePtr out = begin_certificate(names_key.get(), clock.unmoved(), kLife);
    X509_set_issuer_name(out.get(), X509_get_subject_name(certificate.get()));
    add_extension(out.get(), certificate.get(), NID_subject_alt_name, "DNS:" + name);
    add_extension(out.get(), certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(out.get(), certificate.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(out.get(), certificate.get(), NID_ext_key_usage, "serverAuth");
    add_extension(out.get(), certificate.get(), NID_authority_key_identifier, "keyid");
    sign_certificate(out.get(), key.get());
    return out;
  }

  void use(SSL* connection, const std::string& name) {
    std::lock_guard lock(mutex);
    if (names.size() >= kMaxNames) names.clear();
    CertificatePtr& found = names[name];
    if (!found) found = make(name);
    SSL_use_certificate(connection, found.get());
    SSL_use_PrivateKey(connection, names_key.get());
  }
};

CertificateAuthority::CertificateAuthority(const std::pair<std::string, std::string>& authority, const Clock& clock,
                                           Signs signs)
    : state_(new State{CertificatePtr(PEM_read_bio_X509(reader_of(authority.first).get(), nullptr, nullptr, nullptr)),
                       KeyPtr(PEM_read_bio_PrivateKey(reader_of(authority.second).get(), nullptr, nullptr, nullptr)),
                       clock, std::move(signs)}) {
  if (!state_->certificate || !state_->key) throw std::runtime_error("the authority's certificate cannot be read");
}

CertificateAuthority::~CertificateAuthority() = default;

void CertificateAuthority::serve(SSL_CTX* context) { SSL_CTX_set_cert_cb(context, &choose, this); }

int CertificateAuthority::choose(SSL* connection, void* authority) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  State& state = *static_cast<CertificateAuthority*>(authority)->state_;
  const char* asked = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  const std::string name = lower_case(asked ? asked : "");
  if (name.empty() || name.find_first_not_of(kCharacters) != std::string::npos || !state.signs(name)) return 1;
  if (X509_check_host(SSL_get_certificate(connection), name.data(), name.size(), 0, nullptr) == 1) return 1;
  try {
    state.use(connection, name);
  } catch (const std::exception&) {  // lint: catch — OpenSSL asks in C: the name is none that a certificate can have
    return 0;
  }
  return 1;
}

std::string java_trust_store(std::string_view certificates_pem) {
  std::string entries;
  std::size_t count = 0;
  const BioPtr in = reader_of(certificates_pem);
  while (const CertificatePtr each{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)})
    append_entry(entries, each.get(), ++count);
  std::string out;
  append_number(out, 0xFEEDFEED, 4);
  append_number(out, 2, 4);
  append_number(out, count, 4);
  out += entries;
  // Of no password: it keeps a file from damage alone.
  const std::string checked = "Mighty Aphrodite" + out;
  unsigned char sum[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(checked.data()), checked.size(), sum);
  return out.append(reinterpret_cast<const char*>(sum), sizeof sum);
}

}  // namespace leat::runtime
