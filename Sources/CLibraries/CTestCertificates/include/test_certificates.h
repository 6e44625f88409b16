#ifndef SLUICE_TEST_CERTIFICATES_H
#define SLUICE_TEST_CERTIFICATES_H

// Certificates for tests, made in memory. No part of the proxy links this.

#include <stdint.h>

typedef struct {
    /// The subject, as attributes with '/' before each: "/O=Example/CN=app". With '+' in place of '/', an attribute
    /// joins the one before it.
    const char *subject;
    /// Alternative names as OpenSSL's configuration writes them: "DNS:a.example,IP:127.0.0.1"; NULL for none.
    const char *alternative_names;
    /// When it begins and ceases to be valid, in seconds from now.
    int64_t begins;
    int64_t ends;
    int64_t serial;
    int is_ca;
    /// The bits of an RSA key; 0 for one on P-256.
    int rsa_bits;
    /// The issuer's certificate and key, as PEM; NULL for one that is signed by itself.
    const char *issuer_certificate;
    const char *issuer_key;
    /// What the key is encrypted with; NULL for nothing.
    const char *passphrase;
} test_certificate_request;

/// Makes a certificate and its key, both as PEM, to be freed by test_certificate_free. \returns 0 on failure.
int test_certificate_make(const test_certificate_request *request, char **certificate, char **key);
/// Makes a list of revoked certificates, as PEM, valid for a day. \returns 0 on failure.
int test_revocation_list_make(const char *issuer_certificate, const char *issuer_key, const int64_t *serials,
                              int count, char **list);
void test_certificate_free(char *text);

#endif
