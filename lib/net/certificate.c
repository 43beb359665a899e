#include "net/certificate.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/err.h"

enum { DAY_S = 24 * 3600 };

/* Returns the word of OpenSSL for the kind of a name. */
static const char *kind_of(const char *name)
{
	struct addr a;

	if (addr_parse(name, &a) == OK)
		return "IP";
	return strchr(name, ':') ? "URI" : "DNS";
}

/* "DNS:pbx.example,IP:192.0.2.1", as OpenSSL's configuration writes it. */
static char *names_text(const char *const *names)
{
	struct buffer b = { 0 };

	for (size_t i = 0; names[i]; i++)
		buffer_printf(&b, "%s%s:%s", i ? "," : "", kind_of(names[i]), names[i]);
	return buffer_take_text(&b);
}

static int add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	int added;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e)
		return ERR_TLS;
	added = X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return added ? OK : ERR_TLS;
}

static int fill(X509 *x, EVP_PKEY *key, const char *const *names, int days)
{
	X509_NAME *subject = X509_get_subject_name(x);
	char *alternatives = names_text(names);
	uint64_t serial = 0;
	int err = ERR_TLS;

	if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1 ||
	    !X509_set_version(x, X509_VERSION_3) ||
	    !ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x), -(long)DAY_S * 30) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x), (long)DAY_S * days) ||
	    !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					(const unsigned char *)names[0], -1, -1, 0) ||
	    !X509_set_issuer_name(x, subject) || !X509_set_pubkey(x, key))
		goto done;
	if (add_extension(x, NID_basic_constraints, "critical,CA:TRUE") ||
	    add_extension(x, NID_subject_key_identifier, "hash") ||
	    add_extension(x, NID_subject_alt_name, alternatives))
		goto done;
	err = X509_sign(x, key, EVP_sha256()) ? OK : ERR_TLS;
done:
	free(alternatives);
	return err;
}

static int write_files(X509 *x, const EVP_PKEY *key, const char *chain_file,
		       const char *key_file)
{
	int fd = open(key_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *keys = fd < 0 ? NULL : fdopen(fd, "w");
	FILE *chain = fopen(chain_file, "we");
	int err = ERR_SYSTEM;

	if (keys && chain && PEM_write_X509(chain, x) &&
	    PEM_write_PrivateKey(keys, key, NULL, NULL, 0, NULL, NULL))
		err = OK;
	if (chain && fclose(chain))
		err = ERR_SYSTEM;
	if (keys && fclose(keys))
		err = ERR_SYSTEM;
	else if (!keys && fd >= 0)
		close(fd);
	return err;
}

int certificate_make(const char *const *names, int days, const char *chain_file,
		     const char *key_file)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int err = key && x ? fill(x, key, names, days) : ERR_TLS;

	if (!err)
		err = write_files(x, key, chain_file, key_file);
	X509_free(x);
	EVP_PKEY_free(key);
	return err;
}
