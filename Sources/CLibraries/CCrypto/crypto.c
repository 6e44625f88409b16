#include "sluice_crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <limits.h>
#include <string.h>

static const EVP_MD *message_digest(sluice_hash hash) {
    switch (hash) {
    case 256: return EVP_sha256();
    case 384: return EVP_sha384();
    case 512: return EVP_sha512();
    default: return NULL;
    }
}

int sluice_digest(sluice_hash hash, const uint8_t *data, size_t count, uint8_t *out) {
    const EVP_MD *md = message_digest(hash);
    return md && EVP_Digest(data, count, out, NULL, md, NULL) == 1;
}

int sluice_hmac(sluice_hash hash, const uint8_t *key, size_t key_count, const uint8_t *data, size_t count,
                uint8_t *out) {
    static const uint8_t none = 0;
    const EVP_MD *md = message_digest(hash);
    if (!md || key_count > INT_MAX) return 0;
    return HMAC(md, key ? key : &none, (int)key_count, data, count, out, NULL) != NULL;
}

int sluice_pbkdf2(sluice_hash hash, const uint8_t *password, size_t password_count, const uint8_t *salt,
                  size_t salt_count, int iterations, uint8_t *out) {
    static const uint8_t none = 0;
    const EVP_MD *md = message_digest(hash);
    if (!md || password_count > INT_MAX || salt_count > INT_MAX || iterations < 1) return 0;
    return PKCS5_PBKDF2_HMAC((const char *)(password ? password : &none), (int)password_count, salt ? salt : &none,
                             (int)salt_count, iterations, md, hash / 8, out) == 1;
}

int sluice_random(uint8_t *out, size_t count) {
    int done = count <= INT_MAX && RAND_bytes(out, (int)count) == 1;
    if (!done) ERR_clear_error();
    return done;
}

int sluice_equal(const uint8_t *left, const uint8_t *right, size_t count) {
    return CRYPTO_memcmp(left, right, count) == 0;
}

void sluice_cleanse(void *bytes, size_t count) {
    OPENSSL_cleanse(bytes, count);
}

// Makes a public key of the parameters, which it frees.
static EVP_PKEY *public_key(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = parameters ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

// Checks a signature, and frees the key.
static int verify(EVP_PKEY *key, sluice_hash hash, int is_pss, const uint8_t *data, size_t count,
                  const uint8_t *signature, size_t signature_count) {
    EVP_MD_CTX *context = key ? EVP_MD_CTX_new() : NULL;
    EVP_PKEY_CTX *options = NULL;
    int good = context && EVP_DigestVerifyInit(context, &options, message_digest(hash), NULL, key) == 1;
    if (good && is_pss) {
        good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    good = good && EVP_DigestVerify(context, signature, signature_count, data, count) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good;
}

int sluice_rsa_verify(sluice_hash hash, int is_pss, const uint8_t *modulus, size_t modulus_count,
                      const uint8_t *exponent, size_t exponent_count, const uint8_t *data, size_t count,
                      const uint8_t *signature, size_t signature_count) {
    if (!message_digest(hash) || modulus_count > INT_MAX || exponent_count > INT_MAX) return 0;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_count, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    EVP_PKEY *key = public_key("RSA", parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return verify(key, hash, is_pss, data, count, signature, signature_count);
}

// Writes r and s as the DER that OpenSSL reads; the length, or 0.
static int der_of(const uint8_t *signature, size_t half, uint8_t **der) {
    ECDSA_SIG *parts = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(signature + half, (int)half, NULL);
    if (!parts || !r || !s || ECDSA_SIG_set0(parts, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(parts);
        return 0;
    }
    int count = i2d_ECDSA_SIG(parts, der);
    ECDSA_SIG_free(parts);
    return count > 0 ? count : 0;
}

int sluice_ecdsa_verify(sluice_hash hash, int curve, const uint8_t *x, const uint8_t *y, size_t coordinate_count,
                        const uint8_t *data, size_t count, const uint8_t *signature, size_t signature_count) {
    const char *group = curve == 256 ? "P-256" : curve == 384 ? "P-384" : curve == 521 ? "P-521" : NULL;
    size_t size = (size_t)(curve + 7) / 8;
    uint8_t point[1 + 2 * 66];
    if (!group || !message_digest(hash) || coordinate_count != size || signature_count != 2 * size) return 0;
    point[0] = 4;
    memcpy(point + 1, x, size);
    memcpy(point + 1 + size, y, size);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    EVP_PKEY *key = public_key("EC", parameters);
    OSSL_PARAM_BLD_free(builder);
    uint8_t *der = NULL;
    int der_count = key ? der_of(signature, size, &der) : 0;
    if (der_count == 0) {
        EVP_PKEY_free(key);
        ERR_clear_error();
        return 0;
    }
    int good = verify(key, hash, 0, data, count, der, (size_t)der_count);
    OPENSSL_free(der);
    return good;
}
