#ifndef SLUICE_TLS_H
#define SLUICE_TLS_H

// What the module TLS needs of OpenSSL's libssl and libcrypto, without their types and macros. Functions that return int
// give 1 for success (or "yes") and 0 for failure (or "no") unless they say otherwise. What OpenSSL has to say of a
// failure stays in the thread's queue, for sluice_tls_error.

#include <stddef.h>
#include <stdint.h>

// MARK: - Errors

/// Takes the oldest error from this thread's queue.
/// \param text where its reason is written, with a zero behind.
/// \param is_tls 1 when it is libssl's, and the reason one of its numbers.
/// \returns 0 when there is none.
int sluice_tls_error(char *text, size_t room, int *is_tls, int *reason);
/// Forgets this thread's errors.
void sluice_tls_clear_errors(void);
/// A word for one of libssl's reasons, as "no_shared_cipher"; NULL when there is none of its own.
const char *sluice_tls_reason_code(int reason);
/// A word for what is wrong with a certificate, by sluice_tls_verification's number.
const char *sluice_tls_verification_code(int error);
/// The number that is added to an alert's to make a reason of it.
int sluice_tls_alert_offset(void);
/// The name of an alert by its number, as "certificate required".
const char *sluice_tls_alert_name(int alert);
/// OpenSSL's version, as "OpenSSL 3.0.19 27 Jan 2026".
const char *sluice_tls_library(void);
/// Writes 32 bytes.
void sluice_tls_sha256(const uint8_t *bytes, size_t count, uint8_t *out);

// MARK: - Certificates

/// One certificate.
typedef struct x509_st sluice_certificate;

/// Calls back for each certificate in a PEM file; the certificate lives for the call. Nothing else in the file counts.
/// \returns how many there are, or -1 when one of them cannot be read.
int sluice_certificates_read(const uint8_t *pem, size_t count, void *owner,
                             void (*visit)(void *owner, sluice_certificate *certificate));

/// One attribute of a name.
typedef struct {
    /// Its object identifier, in digits with dots.
    char identifier[128];
    /// The number of the relative name it belongs to.
    int set;
    /// The tag of its value.
    int tag;
    /// Its value, without tag and length; lives as long as the certificate.
    const uint8_t *value;
    size_t value_count;
    /// Its value, as DER; NULL unless asked for. To be freed by sluice_tls_free.
    uint8_t *der;
    size_t der_count;
} sluice_name_attribute;

/// Reads an attribute of the subject or the issuer. \returns 0 when there is none at the index.
int sluice_certificate_name(sluice_certificate *certificate, int is_issuer, int index, int wants_der,
                            sluice_name_attribute *attribute);
void sluice_tls_free(void *bytes);

/// Calls back for each alternative name. The kind is the tag of RFC 5280: 1 mail, 2 host, 6 URI, 7 IP address.
void sluice_certificate_alternative_names(sluice_certificate *certificate, void *owner,
                                          void (*visit)(void *owner, int kind, const uint8_t *bytes, size_t count));
/// When it begins and ceases to be valid, in seconds since 1970.
void sluice_certificate_validity(sluice_certificate *certificate, int64_t *not_before, int64_t *not_after);
/// Writes the serial number in hexadecimal digits, with a zero behind.
void sluice_certificate_serial(sluice_certificate *certificate, char *text, size_t room);
/// Writes 32 bytes: the certificate's SHA-256 hash.
void sluice_certificate_fingerprint(sluice_certificate *certificate, uint8_t *out);
/// Whether it may sign others.
int sluice_certificate_is_ca(sluice_certificate *certificate);
/// A number for the kind of its key (RSA, EC and so on).
int sluice_certificate_key_kind(sluice_certificate *certificate);

// MARK: - Keys of tickets

/// Keys that session tickets are encrypted with; shared by contexts, safe to use by several threads.
typedef struct sluice_ticket_keys sluice_ticket_keys;
/// \param lifetime after how many seconds a new key is taken. Tickets of the one before are taken as long again.
sluice_ticket_keys *sluice_ticket_keys_new(int64_t lifetime);
void sluice_ticket_keys_free(sluice_ticket_keys *keys);
/// Takes a new key now, as if the time was up.
void sluice_ticket_keys_rotate(sluice_ticket_keys *keys);

// MARK: - Contexts

/// What connections share.
typedef struct sluice_tls_context sluice_tls_context;

sluice_tls_context *sluice_tls_context_new(int is_server);
void sluice_tls_context_free(sluice_tls_context *context);

/// Sets versions (by their numbers on the wire) and algorithms; NULL leaves OpenSSL's default.
/// \returns 0 for success, or the number of what was not taken: 1 versions, 2 ciphers, 3 cipher suites, 4 groups.
int sluice_tls_context_protocols(sluice_tls_context *context, int minimum, int maximum, const char *ciphers,
                                 const char *suites, const char *groups);

/// What is wrong with a certificate and its key.
typedef enum {
    SLUICE_LOADED = 0,
    SLUICE_NO_CERTIFICATE,
    SLUICE_BAD_CERTIFICATE,
    SLUICE_NO_KEY,
    SLUICE_BAD_KEY,
    SLUICE_BAD_PASSPHRASE,
    SLUICE_KEY_MISMATCH,
} sluice_load_status;

/// Adds a certificate with its chain, and its key. One of another kind of key stays beside it.
/// \param passphrase NULL when there is none.
sluice_load_status sluice_tls_context_certificate(sluice_tls_context *context, const uint8_t *chain,
                                                  size_t chain_count, const uint8_t *key, size_t key_count,
                                                  const char *passphrase);
/// Trusts the CA certificates of a PEM file. \returns how many there are, or -1 when one of them cannot be read.
int sluice_tls_context_trust(sluice_tls_context *context, const uint8_t *pem, size_t count);
/// Trusts what the system trusts.
int sluice_tls_context_trust_system(sluice_tls_context *context);
/// Trusts what another context trusts, which has loaded it.
int sluice_tls_context_trust_as(sluice_tls_context *context, sluice_tls_context *other);
/// Looks certificates up in the lists of a PEM file. \returns how many there are, or -1 when one cannot be read.
int sluice_tls_context_revocation(sluice_tls_context *context, const uint8_t *pem, size_t count, int whole_chain);
/// \param mode 0 no certificate is asked for or checked, 1 one that is shown is checked, 2 one is needed.
void sluice_tls_context_verify(sluice_tls_context *context, int mode, int depth);
/// Takes sessions up again. A server's are resumed only by a context with the same 32 bytes of identity.
/// \param keys a server's, which must outlive the context; NULL for no sessions.
void sluice_tls_context_server_sessions(sluice_tls_context *context, sluice_ticket_keys *keys,
                                        const uint8_t *identity, int64_t lifetime);
void sluice_tls_context_client_sessions(sluice_tls_context *context);
/// Shows the certificates of another context, which must outlive this one, to clients that ask for a name.
/// \param name in lower case; "*." at the front stands for one label.
int sluice_tls_context_name(sluice_tls_context *context, const char *name, sluice_tls_context *shown);

// MARK: - Connections

/// One side of one connection. It is used by one thread at a time.
typedef struct sluice_tls sluice_tls;
/// A session that can be resumed; counted.
typedef struct ssl_session_st sluice_tls_session;

/// Where a connection stands after a step.
typedef enum {
    /// The step is done, and another may be.
    SLUICE_DONE = 0,
    /// More bytes are needed.
    SLUICE_WANTS_BYTES,
    /// The peer has said that nothing more comes.
    SLUICE_PEER_CLOSED,
    /// It has failed; see sluice_tls_error.
    SLUICE_FAILED,
} sluice_tls_step;

/// What a peer does that OpenSSL would bear.
typedef enum {
    SLUICE_NO_OFFENCE = 0,
    /// It has asked for a new handshake.
    SLUICE_RENEGOTIATION,
    /// It changes keys, or sends other messages of no use, over and over.
    SLUICE_FLOOD,
} sluice_tls_offence;

sluice_tls *sluice_tls_new(sluice_tls_context *context);
void sluice_tls_delete(sluice_tls *tls);

/// Sets what a client asks for and checks. \param is_address whether host is an IP address.
/// \param checks whether the server's certificate must be for host.
int sluice_tls_set_host(sluice_tls *tls, const char *host, int is_address, int checks);
/// Offers a session to the server.
void sluice_tls_set_session(sluice_tls *tls, sluice_tls_session *session);
/// A session that the server has given since; NULL when there is none. The caller frees it.
sluice_tls_session *sluice_tls_take_session(sluice_tls *tls);
void sluice_tls_session_free(sluice_tls_session *session);
/// Whether a session is for one connection only (TLS 1.3).
int sluice_tls_session_is_single(sluice_tls_session *session);

/// Goes on with the handshake.
/// \param taken how many of the bytes were used.
sluice_tls_step sluice_tls_handshake(sluice_tls *tls, const uint8_t *bytes, size_t count, size_t *taken);
/// Decrypts. DONE when the room is used up.
/// \param taken how many of the bytes were used. \param made how many bytes were written to out.
sluice_tls_step sluice_tls_read(sluice_tls *tls, const uint8_t *bytes, size_t count, size_t *taken, uint8_t *out,
                                size_t room, size_t *made);
/// How many bytes of records that are not complete, or not read to their end, the connection holds.
size_t sluice_tls_held(sluice_tls *tls);
/// Encrypts. What does not fill a record is kept until more comes, up to the call with is_last; other connections of the
/// thread must not be written to in between.
/// \param made how many bytes were written to out. What finds no room there is kept for sluice_tls_output.
sluice_tls_step sluice_tls_write(sluice_tls *tls, const uint8_t *bytes, size_t count, int is_last, uint8_t *out,
                                 size_t room, size_t *made);
/// The most bytes that a record has beside its data.
size_t sluice_tls_record_overhead(sluice_tls *tls);
/// Says that nothing more comes.
void sluice_tls_close(sluice_tls *tls);
/// Asks for new keys, and for the peer's too (TLS 1.3).
int sluice_tls_update_keys(sluice_tls *tls);
/// Asks for a new handshake (TLS 1.2). For tests.
int sluice_tls_renegotiate(sluice_tls *tls);

/// What must be sent: handshake messages and alerts. Lives until the next call.
const uint8_t *sluice_tls_output(sluice_tls *tls, size_t *count);
/// What sluice_tls_output gave was taken.
void sluice_tls_output_taken(sluice_tls *tls);
/// Gives buffers back that hold nothing.
void sluice_tls_rest(sluice_tls *tls);

sluice_tls_offence sluice_tls_offence_of(sluice_tls *tls);
/// What was wrong with the peer's certificate: OpenSSL's number, 0 for nothing; and whose it is.
int sluice_tls_verification(sluice_tls *tls, const char **text, sluice_certificate **certificate);
/// The peer's certificate; NULL when it has shown none. Lives as long as the connection.
sluice_certificate *sluice_tls_peer(sluice_tls *tls);
/// The number on the wire of the version.
int sluice_tls_version(sluice_tls *tls);
const char *sluice_tls_cipher(sluice_tls *tls);
/// NULL when there is none.
const char *sluice_tls_group(sluice_tls *tls);
int sluice_tls_is_resumed(sluice_tls *tls);
/// NULL when the client has asked for none.
const char *sluice_tls_server_name(sluice_tls *tls);

#endif
