/* Contexts that are counted, chosen by name, and ask for certificates, over one
 * listener and the streams that dial it. */
#include "net/tls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/disk/file.h"
#include "base/err.h"
#include "net/certificate.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

enum { FILE_LEN = 64, KEY_MAX_LEN = 16384 };

/* A certificate and its key, as files; each vouches for itself. */
struct paper {
	char chain[FILE_LEN], key[FILE_LEN];
};

/* One who dials. */
struct caller {
	struct stream *stream;
	int opened, closed, reason, got;
};

static struct loop *loop;
static struct listener *listener;
static struct tls *server;
static struct connection *last; /* opened last */
static int opened, closed, received;
static int door;
static struct addr at;
static char dir[] = "/tmp/deputy-tls-XXXXXX";
static struct paper pbx, wild, site, anna;

static void *on_accepted(void *arg, struct connection *c)
{
	(void)arg;
	opened++;
	last = c;
	return c;
}

static size_t on_asked(void *own, const uint8_t *octets, size_t len)
{
	received++;
	CU_ASSERT_EQUAL(stream_write(connection_stream(own), octets, len), OK);
	return len;
}

static void on_gone(void *own, int reason)
{
	(void)own;
	(void)reason;
	closed++;
}

static const struct listener_calls listener_calls = { .opened = on_accepted,
						      .received = on_asked,
						      .closed = on_gone };

static void on_opened(void *arg)
{
	((struct caller *)arg)->opened++;
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	(void)octets;
	((struct caller *)arg)->got += (int)len;
	return len;
}

static void on_closed(void *arg, int reason)
{
	struct caller *c = arg;

	c->closed++;
	c->reason = reason;
}

static const struct stream_calls calls = { .opened = on_opened,
					   .received = on_received,
					   .closed = on_closed };

static void make(struct paper *p, const char *file, const char *const *names)
{
	(void)snprintf(p->chain, FILE_LEN, "%s/%s.pem", dir, file);
	(void)snprintf(p->key, FILE_LEN, "%s/%s.key", dir, file);
	CU_ASSERT_EQUAL_FATAL(certificate_make(names, 9, p->chain, p->key), OK);
}

static void make_papers(void)
{
	make(&pbx, "pbx", (const char *const[]){ "pbx.example", NULL });
	make(&wild, "wild", (const char *const[]){ "*.site.example", NULL });
	make(&site, "site", (const char *const[]){ "a.site.example", NULL });
	make(&anna, "anna",
	     (const char *const[]){ "anna.example", "192.0.2.7", "sip:anna.example",
				    NULL });
}

static void begin(void)
{
	static const struct listener_limits limits = { .total = 9 };
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	opened = closed = received = 0;
	make_papers();
	loop = loop_new();
	listener = listener_new(loop, &limits, &listener_calls, NULL);
	CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 0, &at), OK);
	door = listener_socket(&at);
	CU_ASSERT_FATAL(door >= 0);
	getsockname(door, (struct sockaddr *)&sa, &len);
	addr_from_sockaddr((struct sockaddr *)&sa, &at);
	CU_ASSERT_EQUAL_FATAL(tls_server_new(pbx.chain, pbx.key, 0, &server), OK);
	listener_add(listener, door, server);
}

static void finish(void)
{
	listener_free(listener);
	close(door);
	tls_free(server);
	server = NULL;
	loop_free(loop);
}

static int show(struct tls *tls, const char *chain_file, const char *key_file)
{
	uint8_t *key;
	size_t len;
	int err;

	CU_ASSERT_EQUAL_FATAL(file_read(key_file, KEY_MAX_LEN, &key, &len), OK);
	err = tls_show(tls, chain_file, (char *)key, len);
	free(key);
	return err;
}

/* Dials with a context that takes any certificate; `paper` NULL: without one. */
static void dial(struct caller *c, const char *name, const struct paper *paper)
{
	struct stream_target target = { .to = at, .server_name = name };
	struct tls *tls;

	memset(c, 0, sizeof(*c));
	CU_ASSERT_EQUAL_FATAL(tls_client_new(NULL, false, &tls), OK);
	if (paper)
		CU_ASSERT_EQUAL(show(tls, paper->chain, paper->key), OK);
	target.tls = tls;
	CU_ASSERT_EQUAL_FATAL(stream_connect(loop, &target, &calls, c, &c->stream), OK);
	tls_free(tls); /* the stream has a reference of its own */
}

static const char *subject_for(const char *name)
{
	static char subject[128];
	struct tls_certificate shown = { .subject = "none" };
	struct caller c;

	dial(&c, name, NULL);
	TURN_UNTIL(loop, c.opened);
	CU_ASSERT(stream_certificate(c.stream, &shown));
	(void)snprintf(subject, sizeof(subject), "%s", shown.subject);
	stream_close(c.stream);
	return subject;
}

static void the_name_asked_for_chooses_the_certificate(void)
{
	begin();
	CU_ASSERT_EQUAL(tls_identify(server, wild.chain, wild.key), OK);
	CU_ASSERT_EQUAL(tls_identify(server, site.chain, site.key), OK);
	CU_ASSERT_STRING_EQUAL(subject_for("a.site.example"), "/CN=a.site.example");
	CU_ASSERT_STRING_EQUAL(subject_for("A.SITE.example"), "/CN=a.site.example");
	CU_ASSERT_STRING_EQUAL(subject_for("b.site.example"), "/CN=*.site.example");
	CU_ASSERT_STRING_EQUAL(subject_for("c.b.site.example"), "/CN=pbx.example");
	CU_ASSERT_STRING_EQUAL(subject_for("pbx.example"), "/CN=pbx.example");
	CU_ASSERT_STRING_EQUAL(subject_for("127.0.0.1"), "/CN=pbx.example");
	CU_ASSERT_STRING_EQUAL(subject_for(NULL), "/CN=pbx.example");
	finish();
}

static void a_new_context_leaves_connections_alone(void)
{
	struct tls *fresh;
	struct caller c;

	begin();
	dial(&c, "pbx.example", NULL);
	TURN_UNTIL(loop, c.opened && opened);
	CU_ASSERT_EQUAL(connection_listen_socket(last), door);
	CU_ASSERT_EQUAL_FATAL(tls_server_new(site.chain, site.key, 0, &fresh), OK);
	listener_add(listener, door, fresh);
	tls_free(server);
	server = fresh;
	CU_ASSERT_STRING_EQUAL(subject_for("pbx.example"), "/CN=a.site.example");
	CU_ASSERT_EQUAL(stream_write(c.stream, "still here", 10), OK);
	TURN_UNTIL(loop, c.got == 10);
	CU_ASSERT_EQUAL(c.closed, 0);
	stream_close(c.stream);
	finish();
}

static void a_client_without_a_required_certificate_is_refused(void)
{
	struct caller c;

	begin();
	CU_ASSERT_EQUAL(tls_ask_clients(server, anna.chain, true), OK);
	dial(&c, "pbx.example", NULL);
	TURN_UNTIL(loop, c.closed);
	CU_ASSERT_EQUAL(c.reason, ERR_TLS);
	stream_close(c.stream);
	dial(&c, "pbx.example", &site); /* that nobody here vouches for */
	TURN_UNTIL(loop, c.closed);
	CU_ASSERT_EQUAL(c.reason, ERR_TLS);
	stream_close(c.stream);
	CU_ASSERT_EQUAL(opened, 0);
	finish();
}

static void a_client_is_known_by_its_certificate(void)
{
	struct tls_certificate shown;
	struct tls_name name;
	struct caller c;
	struct stream *s;

	begin();
	CU_ASSERT_EQUAL(tls_ask_clients(server, anna.chain, true), OK);
	dial(&c, "pbx.example", &anna);
	TURN_UNTIL(loop, c.opened && opened);
	s = connection_stream(last);
	CU_ASSERT_FATAL(stream_certificate(s, &shown));
	CU_ASSERT(shown.verified);
	CU_ASSERT_STRING_EQUAL(shown.subject, "/CN=anna.example");
	CU_ASSERT(stream_certificate_is_for(s, "192.0.2.7"));
	CU_ASSERT_FATAL(stream_certificate_name(s, 0, &name));
	CU_ASSERT_EQUAL(name.kind, TLS_NAME_HOST);
	CU_ASSERT(text_is(&name.text, "anna.example"));
	CU_ASSERT_FATAL(stream_certificate_name(s, 1, &name));
	CU_ASSERT_EQUAL(name.kind, TLS_NAME_URI);
	CU_ASSERT(text_is(&name.text, "sip:anna.example"));
	CU_ASSERT_FALSE(stream_certificate_name(s, 2, &name));
	stream_close(c.stream);
	finish();
}

static void a_certificate_that_is_only_asked_for_may_be_missing_or_bad(void)
{
	struct tls_certificate shown;
	struct tls_name name;
	struct caller c;

	begin();
	CU_ASSERT_EQUAL(tls_ask_clients(server, anna.chain, false), OK);
	dial(&c, "pbx.example", NULL);
	TURN_UNTIL(loop, c.opened && opened == 1);
	CU_ASSERT_FALSE(stream_certificate(connection_stream(last), &shown));
	CU_ASSERT_FALSE(stream_certificate_name(connection_stream(last), 0, &name));
	stream_close(c.stream);
	dial(&c, "pbx.example", &site);
	TURN_UNTIL(loop, c.opened && opened == 2);
	CU_ASSERT_FATAL(stream_certificate(connection_stream(last), &shown));
	CU_ASSERT_FALSE(shown.verified);
	CU_ASSERT_PTR_NOT_NULL(shown.fault);
	stream_close(c.stream);
	finish();
}

static void bad_files_are_told_and_change_nothing(void)
{
	struct tls *client;

	begin();
	CU_ASSERT_EQUAL_FATAL(tls_client_new(NULL, false, &client), OK);
	CU_ASSERT_EQUAL(tls_show(client, site.chain, "no key", 6), ERR_TLS);
	CU_ASSERT_EQUAL(tls_show(client, site.chain, NULL, 0), ERR_TLS);
	CU_ASSERT_EQUAL(show(client, site.chain, pbx.key), ERR_TLS);
	CU_ASSERT_EQUAL(show(client, "/nowhere", site.key), ERR_TLS);
	tls_free(client);
	CU_ASSERT_EQUAL(tls_identify(server, "/nowhere", "/nowhere"), ERR_TLS);
	CU_ASSERT_EQUAL(tls_identify(server, site.chain, pbx.key), ERR_TLS);
	CU_ASSERT_EQUAL(tls_ask_clients(server, "/nowhere", true), ERR_TLS);
	CU_ASSERT_STRING_EQUAL(subject_for("a.site.example"), "/CN=pbx.example");
	finish();
}

int main(void)
{
	int failed;
	static CU_TestInfo tests[] = {
		{ "the name asked for chooses the certificate",
		  the_name_asked_for_chooses_the_certificate },
		{ "a new context leaves connections alone",
		  a_new_context_leaves_connections_alone },
		{ "a client without a required certificate is refused",
		  a_client_without_a_required_certificate_is_refused },
		{ "a client is known by its certificate",
		  a_client_is_known_by_its_certificate },
		{ "a certificate that is only asked for may be missing or bad",
		  a_certificate_that_is_only_asked_for_may_be_missing_or_bad },
		{ "bad files are told and change nothing",
		  bad_files_are_told_and_change_nothing },
		CU_TEST_INFO_NULL,
	};

	if (!mkdtemp(dir))
		return 2;
	failed = suite_run("net/tls", tests);
	for (const struct paper *const *p =
		     (const struct paper *const[]){ &pbx, &wild, &site, &anna, NULL };
	     *p; p++) {
		(void)unlink((*p)->chain);
		(void)unlink((*p)->key);
	}
	(void)rmdir(dir);
	return failed;
}
