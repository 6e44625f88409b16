#ifndef SLUICE_TLS_CONTEXT_H
#define SLUICE_TLS_CONTEXT_H

#include "sluice_tls.h"

#include <openssl/ssl.h>

typedef struct {
    char *name;
    sluice_tls_context *shown;
} sluice_shown_name;

struct sluice_tls_context {
    SSL_CTX *ssl;
    int is_server;
    sluice_ticket_keys *keys;
    sluice_shown_name *names;
    size_t name_count;
};

// Makes and opens tickets by a context's keys.
int sluice_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                      int encrypts);
// Decides whether the session of a ticket is resumed: not for another server name (RFC 6066, 3).
SSL_TICKET_RETURN sluice_ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t count,
                                       SSL_TICKET_STATUS status, void *owner);
// Remembers what is wrong with a certificate, and whose it is.
int sluice_tls_verified(int good, X509_STORE_CTX *store);
// Takes a session that the server gives.
int sluice_tls_new_session(SSL *ssl, SSL_SESSION *session);

#endif
