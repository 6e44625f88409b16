// For strdup and strndup.
#define _GNU_SOURCE

#include "test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(BIO *bio) {
    char *bytes = NULL;
    long count = BIO_get_mem_data(bio, &bytes);
    return count > 0 ? strndup(bytes, (size_t)count) : NULL;
}

static X509 *read_certificate(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static EVP_PKEY *read_key(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return key;
}

// Reads "/O=Example/CN=app+UID=7".
static int add_subject(X509_NAME *name, const char *subject) {
    char *copy = strdup(subject);
    int good = 1;
    for (char *at = copy; *at && good;) {
        int joins = *at == '+';
        char *attribute = at + 1;
        size_t length = strcspn(attribute, "/+");
        at = attribute + length;
        char *value = memchr(attribute, '=', length);
        if (!value) {
            good = 0;
            break;
        }
        char *key = strndup(attribute, (size_t)(value - attribute));
        int count = (int)(attribute + length - value - 1);
        good = X509_NAME_add_entry_by_txt(name, key, MBSTRING_UTF8, (unsigned char *)value + 1, count, -1,
                                          joins ? -1 : 0);
        free(key);
    }
    free(copy);
    return good;
}

static int add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int good = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return good;
}

static EVP_PKEY *new_key(int rsa_bits) {
    return rsa_bits > 0 ? EVP_RSA_gen((unsigned int)rsa_bits) : EVP_EC_gen("P-256");
}

static int fill(X509 *certificate, const test_certificate_request *request, EVP_PKEY *key, X509 *issuer,
                EVP_PKEY *issuer_key) {
    X509 *signer = issuer ? issuer : certificate;
    return X509_set_version(certificate, 2) &&
           ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), request->serial) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), (long)request->begins) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), (long)request->ends) &&
           add_subject(X509_get_subject_name(certificate), request->subject) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(signer)) && X509_set_pubkey(certificate, key) &&
           add_extension(certificate, signer, NID_basic_constraints,
                         request->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
           add_extension(certificate, signer, NID_subject_key_identifier, "hash") &&
           (!request->alternative_names ||
            add_extension(certificate, signer, NID_subject_alt_name, request->alternative_names)) &&
           X509_sign(certificate, issuer_key ? issuer_key : key, EVP_sha256());
}

int test_certificate_make(const test_certificate_request *request, char **certificate_text, char **key_text) {
    X509 *issuer = request->issuer_certificate ? read_certificate(request->issuer_certificate) : NULL;
    EVP_PKEY *issuer_key = request->issuer_key ? read_key(request->issuer_key) : NULL;
    EVP_PKEY *key = new_key(request->rsa_bits);
    X509 *certificate = X509_new();
    BIO *certificate_bio = BIO_new(BIO_s_mem());
    BIO *key_bio = BIO_new(BIO_s_mem());
    int good = key && certificate && fill(certificate, request, key, issuer, issuer_key) &&
               PEM_write_bio_X509(certificate_bio, certificate) &&
               PEM_write_bio_PKCS8PrivateKey(key_bio, key, request->passphrase ? EVP_aes_256_cbc() : NULL, NULL, 0,
                                             NULL, (void *)request->passphrase);
    if (good) {
        *certificate_text = text_of(certificate_bio);
        *key_text = text_of(key_bio);
    }
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer_key);
    return good;
}

int test_revocation_list_make(const char *issuer_certificate, const char *issuer_key, const int64_t *serials,
                              int count, char **text) {
    X509 *issuer = read_certificate(issuer_certificate);
    EVP_PKEY *key = read_key(issuer_key);
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_new();
    BIO *bio = BIO_new(BIO_s_mem());
    int good = issuer && key && list && time && X509_CRL_set_version(list, 1) &&
               X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer)) && X509_gmtime_adj(time, -3600) &&
               X509_CRL_set1_lastUpdate(list, time);
    for (int i = 0; i < count && good; i++) {
        X509_REVOKED *revoked = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        good = ASN1_INTEGER_set_int64(serial, serials[i]) && X509_REVOKED_set_serialNumber(revoked, serial) &&
               X509_REVOKED_set_revocationDate(revoked, time) && X509_CRL_add0_revoked(list, revoked);
        ASN1_INTEGER_free(serial);
    }
    good = good && X509_gmtime_adj(time, 86400) && X509_CRL_set1_nextUpdate(list, time) && X509_CRL_sort(list) &&
           X509_CRL_sign(list, key, EVP_sha256()) && PEM_write_bio_X509_CRL(bio, list);
    if (good) *text = text_of(bio);
    BIO_free(bio);
    ASN1_TIME_free(time);
    X509_CRL_free(list);
    EVP_PKEY_free(key);
    X509_free(issuer);
    return good;
}

void test_certificate_free(char *text) {
    free(text);
}
