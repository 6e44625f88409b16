// For memmem.
#define _GNU_SOURCE

#include "context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int sluice_tls_error(char *text, size_t room, int *is_tls, int *reason) {
    const char *data = NULL;
    int flags = 0;
    unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
    if (!code) return 0;
    *is_tls = ERR_GET_LIB(code) == ERR_LIB_SSL;
    *reason = ERR_GET_REASON(code);
    const char *words = ERR_reason_error_string(code);
    const char *library = ERR_lib_error_string(code);
    int has_data = data && (flags & ERR_TXT_STRING) && data[0];
    snprintf(text, room, "%s%s%s%s%s", *is_tls || !library ? "" : library, *is_tls || !library ? "" : ": ",
             words ? words : "unknown", has_data ? ": " : "", has_data ? data : "");
    return 1;
}

const char *sluice_tls_reason_code(int reason) {
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return "plaintext";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_CIPHERS_AVAILABLE: return "no_shared_cipher";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION: return "unsupported_protocol";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "certificate_required";
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return "bad_certificate";
    case SSL_R_TOO_MANY_WARN_ALERTS:
    case SSL_R_RECORD_TOO_SMALL: return "flood";
    default: return NULL;
    }
}

int sluice_tls_alert_offset(void) {
    return SSL_AD_REASON_OFFSET;
}

const char *sluice_tls_verification_code(int error) {
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "certificate_expired";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "certificate_not_yet_valid";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "self_signed";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED: return "unknown_ca";
    case X509_V_ERR_CERT_REVOKED: return "revoked";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER: return "no_revocation_list";
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED: return "chain_too_long";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
    case X509_V_ERR_EMAIL_MISMATCH: return "name_mismatch";
    default: return "bad_certificate";
    }
}

void sluice_tls_clear_errors(void) {
    ERR_clear_error();
}

const char *sluice_tls_alert_name(int alert) {
    // The names of TLS 1.3 that OpenSSL 3.0 leaves out.
    switch (alert) {
    case 109: return "missing extension";
    case 116: return "certificate required";
    case 120: return "no application protocol";
    default: return SSL_alert_desc_string_long(alert);
    }
}

const char *sluice_tls_library(void) {
    return OpenSSL_version(OPENSSL_VERSION);
}

// MARK: - Names

static const sluice_shown_name *find(const sluice_tls_context *context, const char *name) {
    for (size_t i = 0; i < context->name_count; i++) {
        if (strcasecmp(context->names[i].name, name) == 0) return &context->names[i];
    }
    const char *dot = strchr(name, '.');
    if (!dot || dot == name) return NULL;
    for (size_t i = 0; i < context->name_count; i++) {
        const char *pattern = context->names[i].name;
        if (pattern[0] == '*' && strcasecmp(pattern + 1, dot) == 0) return &context->names[i];
    }
    return NULL;
}

static int choose(SSL *ssl, int *alert, void *owner) {
    (void)alert;
    const sluice_tls_context *context = owner;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    const sluice_shown_name *found = find(context, name);
    if (found && found->shown != context) SSL_set_SSL_CTX(ssl, found->shown->ssl);
    return SSL_TLSEXT_ERR_OK;
}

int sluice_tls_context_name(sluice_tls_context *context, const char *name, sluice_tls_context *shown) {
    sluice_shown_name *names = realloc(context->names, (context->name_count + 1) * sizeof *names);
    if (!names) return 0;
    context->names = names;
    char *copy = strdup(name);
    if (!copy) return 0;
    names[context->name_count++] = (sluice_shown_name){copy, shown};
    return 1;
}

// MARK: - Making

sluice_tls_context *sluice_tls_context_new(int is_server) {
    sluice_tls_context *context = calloc(1, sizeof *context);
    if (!context) return NULL;
    context->is_server = is_server;
    context->ssl = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (!context->ssl) {
        free(context);
        return NULL;
    }
    SSL_CTX_set_app_data(context->ssl, context);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                          SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                          SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    if (is_server) {
        // For who sets ciphers with DHE.
        SSL_CTX_set_dh_auto(context->ssl, 1);
        SSL_CTX_set_num_tickets(context->ssl, 0);
        SSL_CTX_set_tlsext_servername_callback(context->ssl, choose);
        SSL_CTX_set_tlsext_servername_arg(context->ssl, context);
    }
    return context;
}

void sluice_tls_context_free(sluice_tls_context *context) {
    if (!context) return;
    for (size_t i = 0; i < context->name_count; i++) free(context->names[i].name);
    free(context->names);
    SSL_CTX_free(context->ssl);
    free(context);
}

int sluice_tls_context_protocols(sluice_tls_context *context, int minimum, int maximum, const char *ciphers,
                                 const char *suites, const char *groups) {
    if (minimum > maximum || SSL_CTX_set_min_proto_version(context->ssl, minimum) != 1 ||
        SSL_CTX_set_max_proto_version(context->ssl, maximum) != 1) {
        return 1;
    }
    if (ciphers && SSL_CTX_set_cipher_list(context->ssl, ciphers) != 1) return 2;
    if (suites && SSL_CTX_set_ciphersuites(context->ssl, suites) != 1) return 3;
    if (groups && SSL_CTX_set1_groups_list(context->ssl, groups) != 1) return 4;
    return 0;
}

// MARK: - Certificates

static int passphrase_of(char *out, int room, int writes, void *owner) {
    (void)writes;
    const char *passphrase = owner;
    size_t count = passphrase ? strlen(passphrase) : 0;
    if (count == 0 || count > (size_t)room) return -1;
    memcpy(out, passphrase, count);
    return (int)count;
}

static int has_no_start(void) {
    unsigned long last = ERR_peek_last_error();
    return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

// Whether an error in the queue says that a key could not be decrypted.
static int is_about_passphrase(const uint8_t *key, size_t count) {
    return memmem(key, count, "ENCRYPTED", 9) != NULL;
}

static sluice_load_status use_key(SSL_CTX *ssl, X509 *certificate, const uint8_t *key, size_t count,
                                  const char *passphrase) {
    BIO *bio = BIO_new_mem_buf(key, (int)count);
    EVP_PKEY *private_key = bio ? PEM_read_bio_PrivateKey(bio, NULL, passphrase_of, (void *)passphrase) : NULL;
    BIO_free(bio);
    if (!private_key) {
        if (is_about_passphrase(key, count)) return SLUICE_BAD_PASSPHRASE;
        return has_no_start() || !memmem(key, count, "PRIVATE KEY-----", 16) ? SLUICE_NO_KEY : SLUICE_BAD_KEY;
    }
    sluice_load_status status = SLUICE_LOADED;
    if (X509_check_private_key(certificate, private_key) != 1) {
        status = SLUICE_KEY_MISMATCH;
    } else if (SSL_CTX_use_PrivateKey(ssl, private_key) != 1) {
        status = SLUICE_BAD_KEY;
    }
    EVP_PKEY_free(private_key);
    return status;
}

sluice_load_status sluice_tls_context_certificate(sluice_tls_context *context, const uint8_t *chain,
                                                  size_t chain_count, const uint8_t *key, size_t key_count,
                                                  const char *passphrase) {
    if (chain_count > INT_MAX || key_count > INT_MAX) return SLUICE_BAD_CERTIFICATE;
    BIO *bio = BIO_new_mem_buf(chain, (int)chain_count);
    if (!bio) return SLUICE_BAD_CERTIFICATE;
    sluice_load_status status = SLUICE_LOADED;
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    if (!certificate) {
        status = has_no_start() ? SLUICE_NO_CERTIFICATE : SLUICE_BAD_CERTIFICATE;
    } else if (SSL_CTX_use_certificate(context->ssl, certificate) != 1 ||
               SSL_CTX_clear_chain_certs(context->ssl) != 1) {
        status = SLUICE_BAD_CERTIFICATE;
    }
    while (status == SLUICE_LOADED) {
        X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (!next) {
            if (!has_no_start()) status = SLUICE_BAD_CERTIFICATE;
            break;
        }
        // On success, the chain owns it.
        if (SSL_CTX_add0_chain_cert(context->ssl, next) != 1) {
            X509_free(next);
            status = SLUICE_BAD_CERTIFICATE;
        }
    }
    BIO_free(bio);
    if (status == SLUICE_LOADED) {
        ERR_clear_error();
        status = use_key(context->ssl, certificate, key, key_count, passphrase);
    }
    X509_free(certificate);
    return status;
}

// MARK: - Trust

int sluice_tls_context_trust(sluice_tls_context *context, const uint8_t *pem, size_t count) {
    if (count > INT_MAX) return -1;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (!bio) return -1;
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    int found = 0;
    int good = 1;
    while (good) {
        X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
        if (!certificate) {
            good = has_no_start();
            break;
        }
        good = X509_STORE_add_cert(store, certificate) == 1;
        if (good && context->is_server) good = SSL_CTX_add_client_CA(context->ssl, certificate) == 1;
        X509_free(certificate);
        found++;
    }
    BIO_free(bio);
    if (good) ERR_clear_error();
    return good ? found : -1;
}

int sluice_tls_context_trust_system(sluice_tls_context *context) {
    return SSL_CTX_set_default_verify_paths(context->ssl);
}

int sluice_tls_context_trust_as(sluice_tls_context *context, sluice_tls_context *other) {
    SSL_CTX_set1_cert_store(context->ssl, SSL_CTX_get_cert_store(other->ssl));
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(other->ssl);
    if (!names) return 1;
    STACK_OF(X509_NAME) *copy = SSL_dup_CA_list(names);
    if (copy) SSL_CTX_set_client_CA_list(context->ssl, copy);
    return copy != NULL;
}

int sluice_tls_context_revocation(sluice_tls_context *context, const uint8_t *pem, size_t count, int whole_chain) {
    if (count > INT_MAX) return -1;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (!bio) return -1;
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    int found = 0;
    int good = 1;
    while (good) {
        X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
        if (!list) {
            good = has_no_start();
            break;
        }
        good = X509_STORE_add_crl(store, list) == 1;
        X509_CRL_free(list);
        found++;
    }
    BIO_free(bio);
    if (good) ERR_clear_error();
    unsigned long flags = X509_V_FLAG_CRL_CHECK | (whole_chain ? X509_V_FLAG_CRL_CHECK_ALL : 0);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context->ssl), flags);
    return good ? found : -1;
}

// Whether some trusted certificate leads to no root that is trusted too.
static int trusts_without_root(X509_STORE *store) {
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (!certificate || X509_self_signed(certificate, 0) == 1) continue;
        int has_issuer = 0;
        for (int k = 0; k < sk_X509_OBJECT_num(objects) && !has_issuer; k++) {
            X509 *other = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, k));
            has_issuer = other && k != i && X509_check_issued(other, certificate) == X509_V_OK;
        }
        if (!has_issuer) return 1;
    }
    return 0;
}

void sluice_tls_context_verify(sluice_tls_context *context, int mode, int depth) {
    // As others do it: what is trusted is, root or not. Where the root is there, chains go up to it all the same, so that
    // lists of what it has revoked count.
    if (trusts_without_root(SSL_CTX_get_cert_store(context->ssl))) {
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context->ssl), X509_V_FLAG_PARTIAL_CHAIN);
    }
    int flags = mode == 0 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    if (mode == 2) flags |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context->ssl, flags, sluice_tls_verified);
    SSL_CTX_set_verify_depth(context->ssl, depth);
}

// MARK: - Sessions

void sluice_tls_context_server_sessions(sluice_tls_context *context, sluice_ticket_keys *keys,
                                        const uint8_t *identity, int64_t lifetime) {
    SSL_CTX_set_session_id_context(context->ssl, identity, 32);
    SSL_CTX_set_timeout(context->ssl, (long)lifetime);
    if (!keys) return;
    context->keys = keys;
    SSL_CTX_clear_options(context->ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context->ssl, 1);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ssl, sluice_ticket_key);
    SSL_CTX_set_session_ticket_cb(context->ssl, NULL, sluice_ticket_opened, NULL);
}

void sluice_tls_context_client_sessions(sluice_tls_context *context) {
    SSL_CTX_clear_options(context->ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context->ssl, sluice_tls_new_session);
}
