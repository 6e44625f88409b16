#include "sluice_tls.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <limits.h>
#include <string.h>
#include <time.h>

void sluice_tls_sha256(const uint8_t *bytes, size_t count, uint8_t *out) {
    if (EVP_Digest(bytes, count, out, NULL, EVP_sha256(), NULL) != 1) memset(out, 0, 32);
}

int sluice_certificates_read(const uint8_t *pem, size_t count, void *owner,
                             void (*visit)(void *owner, sluice_certificate *certificate)) {
    if (count > INT_MAX) return -1;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (!bio) return -1;
    int found = 0;
    for (;;) {
        X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
        if (!certificate) break;
        found++;
        visit(owner, certificate);
        X509_free(certificate);
    }
    BIO_free(bio);
    unsigned long last = ERR_peek_last_error();
    if (ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE) {
        ERR_clear_error();
        return found;
    }
    return -1;
}

int sluice_certificate_name(sluice_certificate *certificate, int is_issuer, int index, int wants_der,
                            sluice_name_attribute *attribute) {
    const X509_NAME *name = is_issuer ? X509_get_issuer_name(certificate) : X509_get_subject_name(certificate);
    const X509_NAME_ENTRY *entry = name ? X509_NAME_get_entry(name, index) : NULL;
    if (!entry) return 0;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    OBJ_obj2txt(attribute->identifier, sizeof attribute->identifier, X509_NAME_ENTRY_get_object(entry), 1);
    attribute->set = X509_NAME_ENTRY_set(entry);
    attribute->tag = ASN1_STRING_type(value);
    attribute->value = ASN1_STRING_get0_data(value);
    attribute->value_count = (size_t)ASN1_STRING_length(value);
    attribute->der = NULL;
    attribute->der_count = 0;
    if (wants_der) {
        ASN1_TYPE *type = ASN1_TYPE_new();
        if (type && ASN1_TYPE_set1(type, attribute->tag, value) == 1) {
            int length = i2d_ASN1_TYPE(type, &attribute->der);
            attribute->der_count = length > 0 ? (size_t)length : 0;
        }
        ASN1_TYPE_free(type);
    }
    return 1;
}

void sluice_tls_free(void *bytes) {
    OPENSSL_free(bytes);
}

void sluice_certificate_alternative_names(sluice_certificate *certificate, void *owner,
                                          void (*visit)(void *owner, int kind, const uint8_t *bytes, size_t count)) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int kind = 0;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        if (kind != GEN_EMAIL && kind != GEN_DNS && kind != GEN_URI && kind != GEN_IPADD) continue;
        visit(owner, kind, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
}

static int64_t seconds(const ASN1_TIME *time) {
    struct tm parts;
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return (int64_t)timegm(&parts);
}

void sluice_certificate_validity(sluice_certificate *certificate, int64_t *not_before, int64_t *not_after) {
    *not_before = seconds(X509_get0_notBefore(certificate));
    *not_after = seconds(X509_get0_notAfter(certificate));
}

void sluice_certificate_serial(sluice_certificate *certificate, char *text, size_t room) {
    text[0] = 0;
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *digits = number ? BN_bn2hex(number) : NULL;
    if (digits && strlen(digits) < room) strcpy(text, digits);
    OPENSSL_free(digits);
    BN_free(number);
}

void sluice_certificate_fingerprint(sluice_certificate *certificate, uint8_t *out) {
    if (X509_digest(certificate, EVP_sha256(), out, NULL) != 1) memset(out, 0, 32);
}

int sluice_certificate_is_ca(sluice_certificate *certificate) {
    return X509_check_ca(certificate) > 0;
}

int sluice_certificate_key_kind(sluice_certificate *certificate) {
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    int kind = key ? EVP_PKEY_get_base_id(key) : 0;
    ERR_clear_error();
    return kind;
}
