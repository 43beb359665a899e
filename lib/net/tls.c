#include "net/tls.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "net/tls_body.h"

enum { ERROR_LEN = 256 };

static _Thread_local char error_text[ERROR_LEN];

const char *tls_error(void)
{
	return error_text;
}

int tls_fail(const char *otherwise)
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

	t->refs = 1;
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
	int good = ca_file ? file_check(ca_file) == OK &&
				     SSL_CTX_load_verify_file(t->ctx, ca_file)
			   : SSL_CTX_set_default_verify_paths(t->ctx);

	if (!good) {
		tls_free(t);
		return tls_fail("cannot read the certificates");
	}
	SSL_CTX_set_verify(t->ctx, strict ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (!strict) {
		/* For a proof of life, even the oldest servers are good enough. */
		SSL_CTX_set_security_level(t->ctx, 0);
		SSL_CTX_set_min_proto_version(t->ctx, TLS1_VERSION);
	}
	*out = t;
	return OK;
}

/* Reads a certificate with its chain, and its key. */
static int load(SSL_CTX *ctx, const char *chain_file, const char *key_file)
{
	if (file_check(chain_file) || file_check(key_file) ||
	    SSL_CTX_use_certificate_chain_file(ctx, chain_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return tls_fail("cannot read the certificate or its key");
	return OK;
}

int tls_server_new(const char *chain_file, const char *key_file, uint32_t handshake_max,
		   struct tls **out)
{
	static const unsigned char context[] = "deputy";
	struct tls *t = new_tls(true);
	int err = load(t->ctx, chain_file, key_file);

	if (err) {
		tls_free(t);
		return err;
	}
	t->handshake_max = handshake_max;
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_session_id_context(t->ctx, context, sizeof(context) - 1);
	*out = t;
	return OK;
}

struct tls *tls_ref(struct tls *t)
{
	if (t)
		t->refs++;
	return t;
}

void tls_free(struct tls *t)
{
	if (!t || --t->refs)
		return;
	for (uint32_t i = 0; i < t->other_count; i++)
		SSL_CTX_free(t->others[i]);
	free(t->others);
	SSL_CTX_free(t->ctx);
	free(t);
}

/* Returns the context whose certificate is for a name, an exact name before a wildcard;
 * NULL: none. */
static SSL_CTX *find_for(const struct tls *t, const char *name)
{
	static const unsigned passes[] = { X509_CHECK_FLAG_NO_WILDCARDS, 0 };

	for (size_t p = 0; p < sizeof(passes) / sizeof(*passes); p++) {
		for (uint32_t i = 0; i <= t->other_count; i++) {
			SSL_CTX *ctx = i ? t->others[i - 1] : t->ctx;

			if (X509_check_host(SSL_CTX_get0_certificate(ctx), name, 0,
					    passes[p], NULL) == 1)
				return ctx;
		}
	}
	return NULL;
}

static int choose_certificate(SSL *ssl, void *arg)
{
	const struct tls *t = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	SSL_CTX *ctx = name ? find_for(t, name) : NULL;
	STACK_OF(X509) *chain = NULL;

	if (!ctx || ctx == t->ctx)
		return 1;
	(void)SSL_CTX_get0_chain_certs(ctx, &chain);
	return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(ctx),
				    SSL_CTX_get0_privatekey(ctx), chain, 1);
}

int tls_identify(struct tls *t, const char *chain_file, const char *key_file)
{
	SSL_CTX *other = SSL_CTX_new(TLS_server_method());
	int err;

	assert(t->is_server && other);
	err = load(other, chain_file, key_file);
	if (err) {
		SSL_CTX_free(other);
		return err;
	}
	t->others = alloc_resize(t->others, t->other_count + 1, sizeof(SSL_CTX *));
	t->others[t->other_count++] = other;
	SSL_CTX_set_cert_cb(t->ctx, choose_certificate, t);
	return OK;
}

/* Nobody is there to type it. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
	if (size > 0)
		*out = '\0';
	(void)writing;
	(void)arg;
	return -1;
}

int tls_show(struct tls *t, const char *chain_file, const char *key, size_t len)
{
	BIO *from = BIO_new_mem_buf(key, (int)len);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(from, NULL, no_passphrase, NULL);
	bool good = k && file_check(chain_file) == OK &&
		    SSL_CTX_use_certificate_chain_file(t->ctx, chain_file) == 1 &&
		    SSL_CTX_use_PrivateKey(t->ctx, k) == 1 &&
		    SSL_CTX_check_private_key(t->ctx) == 1;

	assert(!t->is_server);
	EVP_PKEY_free(k);
	BIO_free(from);
	return good ? OK : tls_fail("cannot read the certificate or its key");
}

/* A fault is kept with the session, and does not end the handshake. */
static int let_pass(int good, X509_STORE_CTX *store)
{
	(void)good;
	(void)store;
	return 1;
}

int tls_ask_clients(struct tls *t, const char *ca_file, bool required)
{
	STACK_OF(X509_NAME) *names = file_check(ca_file) == OK
					     ? SSL_load_client_CA_file(ca_file)
					     : NULL;

	if (!names || !SSL_CTX_load_verify_file(t->ctx, ca_file)) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return tls_fail("cannot read the certificates");
	}
	SSL_CTX_set_client_CA_list(t->ctx, names);
	if (required)
		SSL_CTX_set_verify(t->ctx,
				   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				   NULL);
	else
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, let_pass);
	return OK;
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
