#ifndef SLUICE_CRYPTO_H
#define SLUICE_CRYPTO_H

// The few functions of OpenSSL's libcrypto that signing in needs, without its types: what Swift sees are bytes.
// All that return int give 1 for success (or "yes") and 0 for failure (or "no"), and leave no error behind.

#include <stddef.h>
#include <stdint.h>

/// Hashes by their size in bits: 256, 384 or 512 (SHA-2).
typedef int sluice_hash;

/// Writes hash/8 bytes.
int sluice_digest(sluice_hash hash, const uint8_t *data, size_t count, uint8_t *out);

/// Writes hash/8 bytes. The key may be empty.
int sluice_hmac(sluice_hash hash, const uint8_t *key, size_t key_count, const uint8_t *data, size_t count,
                uint8_t *out);

/// Writes hash/8 bytes: the first block of PBKDF2 with HMAC, which is Hi() of RFC 5802.
int sluice_pbkdf2(sluice_hash hash, const uint8_t *password, size_t password_count, const uint8_t *salt,
                  size_t salt_count, int iterations, uint8_t *out);

/// Fills a buffer with bytes that nobody can guess.
int sluice_random(uint8_t *out, size_t count);

/// Compares in a time that depends on the count alone.
int sluice_equal(const uint8_t *left, const uint8_t *right, size_t count);

/// Overwrites what must not stay in memory.
void sluice_cleanse(void *bytes, size_t count);

/// Checks a signature by a public RSA key, given as its modulus and exponent (big-endian).
/// \param is_pss 1 for PSS with a salt as long as the hash and MGF1 by the same hash, 0 for PKCS #1 v1.5.
int sluice_rsa_verify(sluice_hash hash, int is_pss, const uint8_t *modulus, size_t modulus_count,
                      const uint8_t *exponent, size_t exponent_count, const uint8_t *data, size_t count,
                      const uint8_t *signature, size_t signature_count);

/// Checks a signature by a public key on a NIST curve, given as its affine coordinates.
/// \param curve 256, 384 or 521.
/// \param signature r and s, each as long as a coordinate.
int sluice_ecdsa_verify(sluice_hash hash, int curve, const uint8_t *x, const uint8_t *y, size_t coordinate_count,
                        const uint8_t *data, size_t count, const uint8_t *signature, size_t signature_count);

#endif
