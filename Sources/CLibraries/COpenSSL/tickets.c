#include "context.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

typedef struct {
    unsigned char name[16];
    unsigned char cipher_key[32];
    unsigned char mac_key[32];
    int is_set;
} ticket_key;

struct sluice_ticket_keys {
    pthread_mutex_t lock;
    int64_t lifetime;
    int64_t taken;
    // The key that tickets are made with, and the one before.
    ticket_key keys[2];
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec;
}

static int fill(ticket_key *key) {
    key->is_set = RAND_bytes(key->name, sizeof key->name) == 1 &&
                  RAND_priv_bytes(key->cipher_key, sizeof key->cipher_key) == 1 &&
                  RAND_priv_bytes(key->mac_key, sizeof key->mac_key) == 1;
    return key->is_set;
}

// The lock is held.
static void rotate(sluice_ticket_keys *keys, int64_t time) {
    // A key that nobody could have used in time is too old to open tickets.
    int keeps = time - keys->taken < 2 * keys->lifetime;
    keys->keys[1] = keys->keys[0];
    if (!keeps) OPENSSL_cleanse(&keys->keys[1], sizeof keys->keys[1]);
    fill(&keys->keys[0]);
    keys->taken = time;
}

sluice_ticket_keys *sluice_ticket_keys_new(int64_t lifetime) {
    sluice_ticket_keys *keys = calloc(1, sizeof *keys);
    if (!keys) return NULL;
    pthread_mutex_init(&keys->lock, NULL);
    keys->lifetime = lifetime > 0 ? lifetime : 1;
    keys->taken = now();
    if (!fill(&keys->keys[0])) {
        sluice_ticket_keys_free(keys);
        return NULL;
    }
    return keys;
}

void sluice_ticket_keys_free(sluice_ticket_keys *keys) {
    if (!keys) return;
    pthread_mutex_destroy(&keys->lock);
    OPENSSL_cleanse(keys, sizeof *keys);
    free(keys);
}

void sluice_ticket_keys_rotate(sluice_ticket_keys *keys) {
    pthread_mutex_lock(&keys->lock);
    rotate(keys, now());
    pthread_mutex_unlock(&keys->lock);
}

// Finds the key for a ticket; 0 none, 1 the one in use, 2 the one before.
static int choose(sluice_ticket_keys *keys, int encrypts, const unsigned char *name, ticket_key *key) {
    int found = 0;
    pthread_mutex_lock(&keys->lock);
    int64_t time = now();
    if (time - keys->taken >= keys->lifetime) rotate(keys, time);
    for (int i = 0; i < 2 && !found; i++) {
        if (!keys->keys[i].is_set) continue;
        if (encrypts ? i == 0 : memcmp(name, keys->keys[i].name, sizeof keys->keys[i].name) == 0) {
            *key = keys->keys[i];
            found = i + 1;
        }
    }
    pthread_mutex_unlock(&keys->lock);
    return found;
}

// AES-256-CBC and HMAC-SHA256, as RFC 5077 recommends. Fetched once: a look-up by name costs more than the encryption.
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_CIPHER *ticket_cipher;

static void fetch(void) {
    ticket_cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
}

int sluice_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                      int encrypts) {
    sluice_tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    ticket_key key;
    if (!context || !context->keys) return 0;
    int found = choose(context->keys, encrypts, name, &key);
    if (!found) return 0;
    pthread_once(&fetched, fetch);
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac_key, sizeof key.mac_key),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    int good = ticket_cipher && EVP_MAC_CTX_set_params(mac, parameters) == 1;
    if (good && encrypts) {
        memcpy(name, key.name, sizeof key.name);
        good = RAND_bytes(iv, 16) == 1 && EVP_EncryptInit_ex2(cipher, ticket_cipher, key.cipher_key, iv, NULL) == 1;
    } else if (good) {
        good = EVP_DecryptInit_ex2(cipher, ticket_cipher, key.cipher_key, iv, NULL) == 1;
    }
    OPENSSL_cleanse(&key, sizeof key);
    if (!good) return -1;
    // 2: the ticket is good, and a new one is due. A client of TLS 1.3 uses one once (RFC 8446, C.4).
    return encrypts ? 1 : SSL_version(ssl) >= TLS1_3_VERSION ? 2 : found;
}

// Whether a client asks for the name that a session belongs to.
static int is_for(SSL *ssl, const SSL_SESSION *session) {
    const char *name = SSL_SESSION_get0_hostname(session);
    const unsigned char *bytes = NULL;
    size_t count = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &count) != 1) return name == NULL;
    // A list with its length; its only entry a type, 0, and the name with its length (RFC 6066, 3).
    if (!name || count < 5 || bytes[2] != TLSEXT_NAMETYPE_host_name) return 0;
    size_t length = (size_t)bytes[3] << 8 | bytes[4];
    return length == count - 5 && length == strlen(name) && strncasecmp(name, (const char *)bytes + 5, length) == 0;
}

SSL_TICKET_RETURN sluice_ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t count,
                                       SSL_TICKET_STATUS status, void *owner) {
    (void)name;
    (void)count;
    (void)owner;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
    // Up to TLS 1.2 a session has a server name, and OpenSSL would tell that one in the place of the name asked for.
    if (SSL_version(ssl) < TLS1_3_VERSION && !is_for(ssl, session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}
