#include "context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// How many messages without data a peer may send, beside one for each MiB of data.
enum { FREE_MESSAGES = 32, SESSIONS = 4, RECORD = SSL3_RT_MAX_PLAIN_LENGTH };

struct sluice_tls {
    SSL *ssl;
    // What BIO reads from, for the time of a call.
    const uint8_t *in;
    size_t in_count;
    // How many bytes BIO has read since a record was complete.
    size_t held;
    // What BIO writes to, for the time of a call.
    uint8_t *out;
    size_t out_room;
    size_t out_count;
    // What found no room there.
    uint8_t *rest;
    size_t rest_room;
    size_t rest_count;
    // How much of this thread's record is filled.
    size_t gathered;
    // How many records were encrypted with the keys of now.
    uint64_t sent;
    uint64_t received;
    uint64_t messages;
    sluice_tls_offence offence;
    int is_established;
    int verify_error;
    X509 *verify_certificate;
    SSL_SESSION *sessions[SESSIONS];
    int session_count;
};

// After how many records new keys are taken (TLS 1.3): AES-GCM is safe for 2^24.5 of them (RFC 8446, 5.5).
static const uint64_t KEY_RECORDS = (uint64_t)1 << 23;

// What small writes are put together in, before they are encrypted: filled and emptied within one flush.
static _Thread_local uint8_t record[RECORD];

// MARK: - Input and output

static int bio_read(BIO *bio, char *bytes, int count) {
    sluice_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (count <= 0 || !tls || tls->offence != SLUICE_NO_OFFENCE) return -1;
    if (tls->in_count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t part = (size_t)count < tls->in_count ? (size_t)count : tls->in_count;
    memcpy(bytes, tls->in, part);
    tls->in += part;
    tls->in_count -= part;
    tls->held += part;
    return (int)part;
}

static int keep(sluice_tls *tls, const char *bytes, size_t count) {
    if (tls->rest_room - tls->rest_count < count) {
        size_t room = tls->rest_count + count;
        room = room < 2048 ? 2048 : room + room / 2;
        uint8_t *rest = realloc(tls->rest, room);
        if (!rest) return 0;
        tls->rest = rest;
        tls->rest_room = room;
    }
    memcpy(tls->rest + tls->rest_count, bytes, count);
    tls->rest_count += count;
    return 1;
}

static int bio_write(BIO *bio, const char *bytes, int count) {
    sluice_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (count <= 0 || !tls) return -1;
    size_t length = (size_t)count;
    // In order: once something is kept, all that follows is.
    if (tls->rest_count > 0 || tls->out_room - tls->out_count < length) return keep(tls, bytes, length) ? count : -1;
    memcpy(tls->out + tls->out_count, bytes, length);
    tls->out_count += length;
    return count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static pthread_once_t made = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

static void make_method(void) {
    BIO_METHOD *new_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
    if (!new_method) return;
    if (BIO_meth_set_read(new_method, bio_read) == 1 && BIO_meth_set_write(new_method, bio_write) == 1 &&
        BIO_meth_set_ctrl(new_method, bio_control) == 1) {
        method = new_method;
    } else {
        BIO_meth_free(new_method);
    }
}

// MARK: - What is noticed on the way

// Whether what is missed is a list that would tell whether the trusted certificate itself, which is no root, was revoked.
// Nobody has to vouch for what is trusted, and its issuer may not even be known.
static int is_about_anchor(X509_STORE_CTX *store) {
    int error = X509_STORE_CTX_get_error(store);
    int depth = X509_STORE_CTX_get_error_depth(store);
    if (error != X509_V_ERR_UNABLE_TO_GET_CRL || depth == 0) return 0;
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    return chain && depth == sk_X509_num(chain) - 1 && X509_self_signed(sk_X509_value(chain, depth), 0) == 0;
}

int sluice_tls_verified(int good, X509_STORE_CTX *store) {
    if (good) return 1;
    if (is_about_anchor(store)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    sluice_tls *tls = ssl ? SSL_get_app_data(ssl) : NULL;
    // Where nothing is verified, the handshake goes on, and what fails later is not the certificate's fault.
    int counts = ssl && (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER);
    if (tls && counts && tls->verify_error == 0) {
        tls->verify_error = X509_STORE_CTX_get_error(store);
        tls->verify_certificate = X509_STORE_CTX_get_current_cert(store);
        if (!tls->verify_certificate) tls->verify_certificate = X509_STORE_CTX_get0_cert(store);
        if (tls->verify_certificate) X509_up_ref(tls->verify_certificate);
    }
    return 0;
}

static void noticed(int writes, int version, int type, const void *bytes, size_t count, SSL *ssl, void *owner) {
    (void)version;
    (void)ssl;
    sluice_tls *tls = owner;
    if (writes || type != SSL3_RT_HANDSHAKE || count == 0 || !tls->is_established) return;
    int message = *(const uint8_t *)bytes;
    int is_server = SSL_is_server(ssl);
    if (message == (is_server ? SSL3_MT_CLIENT_HELLO : SSL3_MT_HELLO_REQUEST)) {
        tls->offence = SLUICE_RENEGOTIATION;
        return;
    }
    tls->messages++;
    if (tls->messages > FREE_MESSAGES + (tls->received >> 20)) tls->offence = SLUICE_FLOOD;
}

int sluice_tls_new_session(SSL *ssl, SSL_SESSION *session) {
    sluice_tls *tls = SSL_get_app_data(ssl);
    if (!tls || tls->session_count == SESSIONS || SSL_SESSION_is_resumable(session) != 1) return 0;
    tls->sessions[tls->session_count++] = session;
    return 1;
}

// MARK: - Making

sluice_tls *sluice_tls_new(sluice_tls_context *context) {
    pthread_once(&made, make_method);
    sluice_tls *tls = method ? calloc(1, sizeof *tls) : NULL;
    if (!tls) return NULL;
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = tls->ssl ? BIO_new(method) : NULL;
    if (!bio) {
        sluice_tls_delete(tls);
        return NULL;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, tls);
    SSL_set_msg_callback(tls->ssl, noticed);
    SSL_set_msg_callback_arg(tls->ssl, tls);
    if (context->is_server) {
        SSL_set_accept_state(tls->ssl);
    } else {
        SSL_set_connect_state(tls->ssl);
    }
    return tls;
}

void sluice_tls_delete(sluice_tls *tls) {
    if (!tls) return;
    SSL_free(tls->ssl);
    X509_free(tls->verify_certificate);
    for (int i = 0; i < tls->session_count; i++) SSL_SESSION_free(tls->sessions[i]);
    free(tls->rest);
    free(tls);
    ERR_clear_error();
}

int sluice_tls_set_host(sluice_tls *tls, const char *host, int is_address, int checks) {
    X509_VERIFY_PARAM *parameters = SSL_get0_param(tls->ssl);
    if (!is_address && SSL_set_tlsext_host_name(tls->ssl, host) != 1) return 0;
    if (!checks) return 1;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host);
    return X509_VERIFY_PARAM_set1_host(parameters, host, 0);
}

// MARK: - Sessions

void sluice_tls_set_session(sluice_tls *tls, sluice_tls_session *session) {
    if (SSL_set_session(tls->ssl, session) != 1) ERR_clear_error();
}

sluice_tls_session *sluice_tls_take_session(sluice_tls *tls) {
    return tls->session_count > 0 ? tls->sessions[--tls->session_count] : NULL;
}

void sluice_tls_session_free(sluice_tls_session *session) {
    SSL_SESSION_free(session);
}

int sluice_tls_session_is_single(sluice_tls_session *session) {
    return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

// MARK: - Steps

static sluice_tls_step step(sluice_tls *tls, int result) {
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ: return tls->offence == SLUICE_NO_OFFENCE ? SLUICE_WANTS_BYTES : SLUICE_FAILED;
    case SSL_ERROR_ZERO_RETURN: return SLUICE_PEER_CLOSED;
    default: return SLUICE_FAILED;
    }
}

// SSL_get_error looks into the queue, so it must be empty before a step. Looking costs less than clearing.
static void forget_errors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

static void lend_input(sluice_tls *tls, const uint8_t *bytes, size_t count) {
    forget_errors();
    tls->in = bytes;
    tls->in_count = count;
}

static size_t take_input_back(sluice_tls *tls, size_t count) {
    size_t taken = count - tls->in_count;
    tls->in = NULL;
    tls->in_count = 0;
    return taken;
}

sluice_tls_step sluice_tls_handshake(sluice_tls *tls, const uint8_t *bytes, size_t count, size_t *taken) {
    lend_input(tls, bytes, count);
    int result = SSL_do_handshake(tls->ssl);
    sluice_tls_step where = result == 1 ? SLUICE_DONE : step(tls, result);
    *taken = take_input_back(tls, count);
    if (where == SLUICE_DONE) {
        tls->is_established = 1;
        tls->held = 0;
    }
    return where;
}

sluice_tls_step sluice_tls_read(sluice_tls *tls, const uint8_t *bytes, size_t count, size_t *taken, uint8_t *out,
                                size_t room, size_t *made_count) {
    size_t total = 0;
    sluice_tls_step where = SLUICE_DONE;
    lend_input(tls, bytes, count);
    while (total < room) {
        size_t part = 0;
        if (SSL_read_ex(tls->ssl, out + total, room - total, &part) != 1) {
            where = step(tls, 0);
            break;
        }
        total += part;
        tls->held = 0;
        if (tls->offence != SLUICE_NO_OFFENCE) {
            where = SLUICE_FAILED;
            break;
        }
    }
    *taken = take_input_back(tls, count);
    *made_count = total;
    tls->received += total;
    return where;
}

size_t sluice_tls_held(sluice_tls *tls) {
    int pending = SSL_pending(tls->ssl);
    return tls->held + (pending > 0 ? (size_t)pending : 0);
}

static int encrypt(sluice_tls *tls, const uint8_t *bytes, size_t count) {
    size_t offset = 0;
    tls->sent += count / RECORD + 1;
    if (tls->sent > KEY_RECORDS) {
        tls->sent = 0;
        if (SSL_version(tls->ssl) >= TLS1_3_VERSION) SSL_key_update(tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
    }
    while (offset < count) {
        size_t part = 0;
        if (SSL_write_ex(tls->ssl, bytes + offset, count - offset, &part) != 1) return 0;
        offset += part;
    }
    return 1;
}

sluice_tls_step sluice_tls_write(sluice_tls *tls, const uint8_t *bytes, size_t count, int is_last, uint8_t *out,
                                 size_t room, size_t *made_count) {
    forget_errors();
    tls->out = out;
    tls->out_room = room;
    tls->out_count = 0;
    int good = 1;
    if (tls->gathered > 0) {
        size_t part = RECORD - tls->gathered < count ? RECORD - tls->gathered : count;
        if (part > 0) memcpy(record + tls->gathered, bytes, part);
        tls->gathered += part;
        bytes += part;
        count -= part;
        if (tls->gathered == RECORD || is_last) {
            // What is last and fills no record goes with it.
            good = encrypt(tls, record, tls->gathered);
            tls->gathered = 0;
        }
    }
    size_t whole = is_last ? count : count - count % RECORD;
    if (good && whole > 0) good = encrypt(tls, bytes, whole);
    if (good && count > whole) {
        memcpy(record, bytes + whole, count - whole);
        tls->gathered = count - whole;
    }
    *made_count = tls->out_count;
    tls->out = NULL;
    tls->out_room = 0;
    tls->out_count = 0;
    if (!good) tls->gathered = 0;
    return good ? SLUICE_DONE : SLUICE_FAILED;
}

size_t sluice_tls_record_overhead(sluice_tls *tls) {
    const SSL_CIPHER *cipher = SSL_get_current_cipher(tls->ssl);
    // Header, nonce or type, tag; with a MAC of its own: header, IV, MAC, padding.
    return cipher && SSL_CIPHER_is_aead(cipher) ? 5 + 8 + 16 : 5 + 16 + 48 + 16;
}

void sluice_tls_close(sluice_tls *tls) {
    ERR_clear_error();
    if (SSL_in_init(tls->ssl)) return;
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

int sluice_tls_update_keys(sluice_tls *tls) {
    ERR_clear_error();
    return SSL_key_update(tls->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(tls->ssl) == 1;
}

int sluice_tls_renegotiate(sluice_tls *tls) {
    ERR_clear_error();
    SSL_clear_options(tls->ssl, SSL_OP_NO_RENEGOTIATION);
    if (SSL_renegotiate(tls->ssl) != 1) return 0;
    SSL_do_handshake(tls->ssl);
    ERR_clear_error();
    return 1;
}

const uint8_t *sluice_tls_output(sluice_tls *tls, size_t *count) {
    *count = tls->rest_count;
    return tls->rest;
}

void sluice_tls_output_taken(sluice_tls *tls) {
    free(tls->rest);
    tls->rest = NULL;
    tls->rest_room = 0;
    tls->rest_count = 0;
}

void sluice_tls_rest(sluice_tls *tls) {
    SSL_free_buffers(tls->ssl);
}

// MARK: - What was agreed upon

sluice_tls_offence sluice_tls_offence_of(sluice_tls *tls) {
    return tls->offence;
}

int sluice_tls_verification(sluice_tls *tls, const char **text, sluice_certificate **certificate) {
    *text = X509_verify_cert_error_string(tls->verify_error);
    *certificate = tls->verify_certificate;
    return tls->verify_error;
}

sluice_certificate *sluice_tls_peer(sluice_tls *tls) {
    return SSL_get0_peer_certificate(tls->ssl);
}

int sluice_tls_version(sluice_tls *tls) {
    return SSL_version(tls->ssl);
}

const char *sluice_tls_cipher(sluice_tls *tls) {
    return SSL_CIPHER_get_name(SSL_get_current_cipher(tls->ssl));
}

const char *sluice_tls_group(sluice_tls *tls) {
    int group = (int)SSL_get_negotiated_group(tls->ssl);
    return group > 0 ? SSL_group_to_name(tls->ssl, group) : NULL;
}

int sluice_tls_is_resumed(sluice_tls *tls) {
    return SSL_session_reused(tls->ssl);
}

const char *sluice_tls_server_name(sluice_tls *tls) {
    return SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);
}
