#include "net/tls_session.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/err.h"
#include "net/socket.h"
#include "net/tls_body.h"

enum { SUBJECT_LEN = 256 };

struct tls_session {
	SSL *ssl;
	GENERAL_NAMES *names; /* of the remote certificate, once they were asked for */
	bool wants_write;
	char subject[SUBJECT_LEN];
	char alpn[ALPN_MAX];
};

/* Sets the expected name: it is checked as what it is, and sent (SNI) unless it is an
 * address. */
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
		(void)tls_fail("out of memory");
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
	GENERAL_NAMES_free(s->names);
	SSL_free(s->ssl);
	free(s);
}

/*
 * A server that demands a certificate of ours says so in TLS 1.3; an older one only
 * rejects the handshake in which it asked for one.
 */
static int failed_by_alert(struct tls_session *s)
{
	int reason = ERR_GET_REASON(ERR_peek_last_error());
	bool asked = !SSL_is_server(s->ssl) && SSL_get0_peer_CA_list(s->ssl) &&
		     !SSL_get_certificate(s->ssl);

	if (reason == SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REQUIRED ||
	    (asked && (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
		       reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE))) {
		ERR_clear_error();
		return tls_fail("client certificate required");
	}
	return tls_fail("TLS failed");
}

/* Returns the error code for the result of a call of OpenSSL. */
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
			return tls_fail(X509_verify_cert_error_string(verified));
		}
		return failed_by_alert(s);
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
		return tls_fail("closed during the handshake");
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

/* Reads one name of a kind that matters to us. Returns whether it is. */
static bool read_name(const GENERAL_NAME *name, struct tls_name *out)
{
	const ASN1_STRING *value;

	switch (name->type) {
	case GEN_DNS:
		out->kind = TLS_NAME_HOST;
		value = name->d.dNSName;
		break;
	case GEN_URI:
		out->kind = TLS_NAME_URI;
		value = name->d.uniformResourceIdentifier;
		break;
	default:
		return false;
	}
	out->text = text_of(ASN1_STRING_get0_data(value),
			    (size_t)ASN1_STRING_length(value));
	return true;
}

bool tls_session_name(struct tls_session *s, unsigned n, struct tls_name *out)
{
	const X509 *leaf = SSL_get0_peer_certificate(s->ssl);

	if (!s->names && leaf)
		s->names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; s->names && i < sk_GENERAL_NAME_num(s->names); i++) {
		struct tls_name name;

		if (!read_name(sk_GENERAL_NAME_value(s->names, i), &name) || n--)
			continue;
		*out = name;
		return true;
	}
	return false;
}
