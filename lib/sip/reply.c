#include "sip/reply.h"

#include <string.h>

#include "base/err.h"
#include "sip/grammar.h"
#include "sip/header.h"
#include "sip/options.h"

enum { STATUS_LEN = 3, STATUS_MIN = 100, STATUS_MAX = 699 };

/* The number in a branch of ours. Returns whether it is one. */
static bool read_branch(struct text t, uint64_t *out)
{
	size_t cookie_len = sizeof(SIP_COOKIE) - 1;
	uint64_t value = 0;

	if (text_len(&t) != SIP_BRANCH_LEN || memcmp(t.at, SIP_COOKIE, cookie_len) != 0)
		return false;
	for (t.at += cookie_len; t.at < t.end; t.at++) {
		char c = *t.at;

		if (!sip_octet_is(c, OCTET_HEX))
			return false;
		value = value << 4 |
			(uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*out = value;
	return true;
}

/* The first thing that is odd is told. */
static void note_odd(struct sip_reply *r, const char *what)
{
	if (!r->odd)
		r->odd = what;
}

static int wrong(struct sip_reply *r, const char *what)
{
	r->odd = what;
	return ERR_MALFORMED;
}

/* Takes one line without its end; a lone LF ends one too. */
static struct text take_line(struct text *t, struct sip_reply *r)
{
	bool ends = memchr(t->at, '\n', text_len(t)) != NULL;
	struct text line = text_split(t, '\n');

	if (text_len(&line) && line.end[-1] == '\r')
		line.end--;
	else if (ends)
		note_odd(r, "a line ends with LF alone");
	return line;
}

static bool is_fold(const struct text *t)
{
	return text_len(t) && (*t->at == ' ' || *t->at == '\t');
}

/* "SIP/2.0 200 OK" (RFC 3261 section 7.2) */
static int read_status(struct text line, struct sip_reply *r)
{
	static const char version[] = "SIP/2.0";
	size_t version_len = sizeof(version) - 1;
	struct text code;

	if (text_len(&line) <= version_len ||
	    strncasecmp(line.at, version, version_len) != 0 ||
	    !sip_octet_is(line.at[version_len], OCTET_BLANK))
		return wrong(r, "no status line");
	line.at += version_len;
	if (text_skip_blanks(&line) != 1)
		note_odd(r, "blanks in the status line");
	code = text_until(&line, " \t");
	if (text_len(&code) != STATUS_LEN)
		return wrong(r, "no status of three digits");
	r->status = (uint16_t)text_u64(&code, STATUS_MAX);
	if (code.err || text_len(&code) || r->status < STATUS_MIN)
		return wrong(r, "no status from 100 to 699");
	if (!text_len(&line))
		note_odd(r, "no blank behind the status");
	r->reason = text_trim(line);
	return OK;
}

static void read_via_param(struct text param, struct sip_reply *r)
{
	struct text name = text_split(&param, '=');
	struct text value = sip_trim(param);

	name = sip_trim(name);
	if (text_is_nocase(&name, "branch")) {
		r->has_branch = read_branch(value, &r->branch);
	} else if (text_is_nocase(&name, "received")) {
		r->received = value;
	} else if (text_is_nocase(&name, "rport") && text_len(&value)) {
		r->rport = (uint16_t)text_u64(&value, UINT16_MAX);
	} else if (!text_len(&name)) {
		note_odd(r, "an empty parameter in Via");
	}
}

/* The topmost Via: what stands before the first comma. Its host is not our concern. */
static void read_via(struct text value, struct sip_reply *r)
{
	struct text top = text_split(&value, ',');

	(void)text_split(&top, ';');
	while (text_len(&top))
		read_via_param(text_split(&top, ';'), r);
}

/* "7 OPTIONS" */
static bool read_cseq(struct text value, struct sip_reply *r)
{
	struct text number = sip_trim(value);
	struct text digits = text_while(&number, "0123456789");

	if (!text_len(&digits))
		return false;
	r->cseq = (uint32_t)text_u64(&digits, UINT32_MAX);
	number = sip_trim(number);
	if (digits.err || !text_is(&number, "OPTIONS"))
		note_odd(r, "another CSeq");
	return true;
}

static void read_retry_after(struct text value, struct sip_reply *r)
{
	struct text number = sip_trim(value);

	number = text_while(&number, "0123456789");
	if (!text_len(&number))
		return;
	r->retry_after_s = (uint32_t)text_u64(&number, UINT32_MAX);
	if (number.err)
		r->retry_after_s = UINT32_MAX;
}

struct seen_fields {
	unsigned count;
	bool via, cseq, server;
};

static void read_field(enum sip_header h, struct text value, struct sip_reply *r,
		       struct seen_fields *seen)
{
	if (h == SIP_VIA && !seen->via) {
		seen->via = true;
		read_via(value, r);
	} else if (h == SIP_CSEQ && !seen->cseq) {
		seen->cseq = read_cseq(value, r);
	} else if (h == SIP_SERVER || (h == SIP_USER_AGENT && !seen->server)) {
		seen->server = h == SIP_SERVER;
		r->server = sip_trim(value);
	} else if (h == SIP_RETRY_AFTER) {
		read_retry_after(value, r);
	}
}

/* Takes the header field that begins here, with its folds. */
static void take_field(struct text *t, struct sip_reply *r, struct seen_fields *seen)
{
	struct text line = take_line(t, r);
	struct text name;

	while (is_fold(t))
		line.end = take_line(t, r).end;
	if (++seen->count > SIP_FIELDS_MAX)
		note_odd(r, "more than 256 header fields");
	name = text_until(&line, ":");
	if (!text_skip(&line, ':')) {
		note_odd(r, "a line without a colon");
		return;
	}
	name = sip_trim(name);
	if (!sip_is_all(name, OCTET_TOKEN))
		note_odd(r, "a field name that is no token");
	else
		read_field(sip_header_find(name), line, r, seen);
}

static int read_reply(struct text t, struct sip_reply *r)
{
	struct seen_fields seen = { 0 };
	int err;

	for (; text_len(&t) && (*t.at == '\r' || *t.at == '\n'); t.at++)
		note_odd(r, "an empty line before the status line");
	err = read_status(take_line(&t, r), r);
	if (err)
		return err;
	while (text_len(&t) && *t.at != '\n' && *t.at != '\r')
		take_field(&t, r, &seen);
	if (!text_len(&t))
		note_odd(r, "no empty line behind the header");
	if (!seen.via)
		return wrong(r, "no Via");
	return seen.cseq ? OK : wrong(r, "no CSeq");
}

int sip_reply_read(const void *octets, size_t len, struct sip_reply *out)
{
	struct sip_reply r = { .received = text_of(NULL, 0),
			       .server = text_of(NULL, 0) };
	int err = read_reply(text_of(octets, len), &r);

	out->odd = r.odd;
	if (err)
		return err;
	*out = r;
	return OK;
}

int sip_quoted_branch(const void *octets, size_t len, uint64_t *out)
{
	static const char begins[] = "OPTIONS ", mark[] = ";branch=";
	struct text t = text_of(octets, len);
	const char *found;

	if (len < sizeof(begins) - 1 || memcmp(t.at, begins, sizeof(begins) - 1) != 0)
		return ERR_NOT_FOUND;
	found = memmem(t.at, len, mark, sizeof(mark) - 1);
	if (!found)
		return ERR_NOT_FOUND;
	t.at = found + sizeof(mark) - 1;
	if (text_len(&t) > SIP_BRANCH_LEN)
		t.end = t.at + SIP_BRANCH_LEN;
	return read_branch(t, out) ? OK : ERR_NOT_FOUND;
}
