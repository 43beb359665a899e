#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/err.h"
#include "net/socket.h"
#include "net/tls_session.h"

enum { ERROR_LEN = 256, ALPN_MAX = 128, SUBJECT_LEN = 256 };

TAILQ_HEAD(turns, tls_turn);

struct tls {
	SSL_CTX *ctx;
	bool is_server;
	unsigned char alpn[ALPN_MAX]; /* as on the wire */
	unsigned alpn_len;
	uint32_t handshake_max;
	uint32_t handshake_count;
	struct turns waiting;
};

struct tls_session {
	SSL *ssl;
	bool wants_write;
	char subject[SUBJECT_LEN];
	char alpn[ALPN_MAX];
};

static _Thread_local char error_text[ERROR_LEN];

const char *tls_error(void)
{
	return error_text;
}

/* Keeps OpenSSL's own words for its latest error. */
static int fail(const char *otherwise)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	(void)snprintf(error_text, sizeof(error_text), "%s",
		       reason ? reason : otherwise);
	ERR_clear_error();
	return ERR_TLS;
}

static struct tls *new_tls(bool is_server)
{
	struct tls *t = alloc(sizeof(*t));

	t->is_server = is_server;
	t->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
	assert(t->ctx);
	TAILQ_INIT(&t->waiting);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS |
					 SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					    SSL_OP_IGNORE_UNEXPECTED_EOF);
	return t;
}

int tls_client_new(const char *ca_file, bool strict, struct tls **out)
{
	struct tls *t = new_tls(false);
	int good = ca_file ? SSL_CTX_load_verify_file(t->ctx, ca_file)
			   : SSL_CTX_set_default_verify_paths(t->ctx);

	if (!good) {
		tls_free(t);
		return fail("cannot read the certificates");
	}
	SSL_CTX_set_verify(t->ctx, strict ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (!strict) {
		/* What only proves life also speaks with the oldest of servers. */
		SSL_CTX_set_security_level(t->ctx, 0);
		SSL_CTX_set_min_proto_version(t->ctx, TLS1_VERSION);
	}
	*out = t;
	return OK;
}

int tls_server_new(const char *chain_file, const char *key_file, uint32_t handshake_max,
		   struct tls **out)
{
	static const unsigned char context[] = "deputy";
	struct tls *t = new_tls(true);

	t->handshake_max = handshake_max;
	if (SSL_CTX_use_certificate_chain_file(t->ctx, chain_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(t->ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(t->ctx) != 1) {
		tls_free(t);
		return fail("cannot read the certificate or its key");
	}
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_session_id_context(t->ctx, context, sizeof(context) - 1);
	*out = t;
	return OK;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		       const unsigned char *in, unsigned in_len, void *arg)
{
	const struct tls *t = arg;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_len, t->alpn, t->alpn_len, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

int tls_alpn(struct tls *t, const char *const *names)
{
	t->alpn_len = 0;
	for (; *names; names++) {
		size_t len = strlen(*names);

		if (len == 0 || len > UINT8_MAX || t->alpn_len + 1 + len > ALPN_MAX)
			return ERR_LIMIT;
		t->alpn[t->alpn_len++] = (unsigned char)len;
		memcpy(t->alpn + t->alpn_len, *names, len);
		t->alpn_len += (unsigned)len;
	}
	if (t->is_server)
		SSL_CTX_set_alpn_select_cb(t->ctx, choose_alpn, t);
	else if (SSL_CTX_set_alpn_protos(t->ctx, t->alpn, t->alpn_len))
		return ERR_SYSTEM;
	return OK;
}

/* Asks for a name: checked as the kind it is, sent (SNI) only if it is no address. */
static void ask_for(SSL *ssl, const char *name)
{
	struct addr a;
	char *copy;

	if (addr_parse(name, &a) == OK) {
		X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), a.octets, addr_len(&a));
		return;
	}
	copy = alloc_text(name); /* OpenSSL's macro casts const away */
	SSL_set_tlsext_host_name(ssl, copy);
	free(copy);
	SSL_set1_host(ssl, name);
}

struct tls_session *tls_session_new(struct tls *t, int fd, const char *server_name)
{
	struct tls_session *s = alloc(sizeof(*s));

	s->ssl = SSL_new(t->ctx);
	if (!s->ssl || SSL_set_fd(s->ssl, fd) != 1) {
		tls_session_free(s);
		(void)fail("out of memory");
		return NULL;
	}
	if (t->is_server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	if (server_name)
		ask_for(s->ssl, server_name);
	return s;
}

void tls_session_free(struct tls_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	free(s);
}

/* What a call of OpenSSL ended with. */
static int reason_of(struct tls_session *s, int result)
{
	int number = errno;
	long verified = SSL_get_verify_result(s->ssl);

	s->wants_write = false;
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_NONE:
		return OK;
	case SSL_ERROR_WANT_WRITE:
		s->wants_write = true;
		return ERR_AGAIN;
	case SSL_ERROR_WANT_READ:
		return ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		errno = number;
		return number ? socket_reason(number) : ERR_CLOSED;
	default:
		if (verified != X509_V_OK && !SSL_is_init_finished(s->ssl) &&
		    SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE) {
			ERR_clear_error();
			return fail(X509_verify_cert_error_string(verified));
		}
		return fail("TLS failed");
	}
}

int tls_session_shake(struct tls_session *s)
{
	int result;
	int err;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(s->ssl);
	if (result == 1)
		return OK;
	err = reason_of(s, result);
	if (err == ERR_CLOSED)
		return fail("closed during the handshake");
	return err;
}

int tls_session_read(struct tls_session *s, uint8_t *octets, size_t cap, size_t *len)
{
	int err;

	ERR_clear_error();
	errno = 0;
	*len = 0;
	if (SSL_read_ex(s->ssl, octets, cap, len) == 1)
		return OK;
	err = reason_of(s, 0);
	return err == ERR_CLOSED ? OK : err;
}

int tls_session_write(struct tls_session *s, const uint8_t *octets, size_t len,
		      size_t *sent)
{
	ERR_clear_error();
	errno = 0;
	*sent = 0;
	return SSL_write_ex(s->ssl, octets, len, sent) == 1 ? OK : reason_of(s, 0);
}

void tls_session_finish(struct tls_session *s)
{
	ERR_clear_error();
	if (SSL_is_init_finished(s->ssl))
		(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
}

bool tls_session_wants_write(const struct tls_session *s)
{
	return s->wants_write;
}

static int32_t days_left(const X509 *leaf)
{
	int days = 0;
	int seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf)))
		return 0;
	return days - (seconds < 0);
}

bool tls_session_certificate(struct tls_session *s, struct tls_certificate *out)
{
	const X509 *leaf = SSL_get0_peer_certificate(s->ssl);
	const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(s->ssl);
	long verified = SSL_get_verify_result(s->ssl);
	const unsigned char *alpn;
	unsigned alpn_len;

	if (!leaf || !SSL_is_init_finished(s->ssl))
		return false;
	X509_NAME_oneline(X509_get_subject_name(leaf), s->subject, SUBJECT_LEN);
	SSL_get0_alpn_selected(s->ssl, &alpn, &alpn_len);
	if (alpn_len >= ALPN_MAX)
		alpn_len = 0;
	if (alpn_len)
		memcpy(s->alpn, alpn, alpn_len);
	s->alpn[alpn_len] = '\0';
	*out = (struct tls_certificate){
		.verified = verified == X509_V_OK,
		.fault = verified == X509_V_OK
				 ? NULL
				 : X509_verify_cert_error_string(verified),
		.days_left = days_left(leaf),
		.chain_count = chain ? (uint32_t)sk_X509_num(chain) : 0,
		.subject = s->subject,
		.protocol = SSL_get_version(s->ssl),
		.alpn = s->alpn,
		.resumed = SSL_session_reused(s->ssl),
	};
	return true;
}

bool tls_session_is_for(const struct tls_session *s, const char *name)
{
	X509 *leaf = SSL_get0_peer_certificate(s->ssl);
	struct addr a;

	if (!leaf)
		return false;
	if (addr_parse(name, &a) == OK)
		return X509_check_ip(leaf, a.octets, addr_len(&a), 0) == 1;
	return X509_check_host(leaf, name, strlen(name), 0, NULL) == 1;
}

bool tls_turn_take(struct tls *t, struct tls_turn *turn, void (*come)(void *),
		   void *arg)
{
	turn->come = come;
	turn->arg = arg;
	if (t->handshake_max && t->handshake_count >= t->handshake_max) {
		turn->state = TURN_WAITS;
		TAILQ_INSERT_TAIL(&t->waiting, turn, entry);
		return false;
	}
	turn->state = TURN_HELD;
	t->handshake_count++;
	return true;
}

void tls_turn_give(struct tls *t, struct tls_turn *turn)
{
	struct tls_turn *next;

	if (turn->state == TURN_WAITS)
		TAILQ_REMOVE(&t->waiting, turn, entry);
	if (turn->state != TURN_HELD) {
		turn->state = TURN_NONE;
		return;
	}
	turn->state = TURN_NONE;
	next = TAILQ_FIRST(&t->waiting);
	if (!next) {
		t->handshake_count--;
		return;
	}
	TAILQ_REMOVE(&t->waiting, next, entry);
	next->state = TURN_HELD;
	next->come(next->arg);
}
