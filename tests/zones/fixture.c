#include "tests/zones/fixture.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "tests/harness.h"
#include "zones/builder.h"

struct name name_of(const char *text)
{
	static const struct name root = { .len = 1 };
	struct name out;

	if (name_parse(text, strlen(text), &root, &out))
		abort();
	return out;
}

/* One line into a record. */
static void add_line(struct zone_builder *b, const struct name *origin, uint32_t number,
		     char *line)
{
	char *rest = NULL;
	const char *owner_text = strtok_r(line, " \t", &rest);
	const char *word = strtok_r(NULL, " \t", &rest);
	struct master_record r = { .ttl = 3600, .class = CLASS_IN };
	struct buffer rdata = { 0 };
	struct rr_fault fault;
	struct name owner = *origin;
	char *end;

	if (owner_text == NULL || word == NULL)
		return;
	r.ttl = (uint32_t)strtoul(word, &end, 10);
	if (*end == '\0')
		word = strtok_r(NULL, " \t", &rest);
	else
		r.ttl = 3600;
	if (strcmp(owner_text, "@") != 0 &&
	    name_parse(owner_text, strlen(owner_text), origin, &owner))
		abort();
	if (word == NULL || rr_type_parse(word, strlen(word), &r.type))
		abort();
	if (rr_rdata_parse(r.type, rest, strlen(rest), origin, &rdata, &fault)) {
		fprintf(stderr, "%s: %s\n", rest, fault.text);
		abort();
	}
	r.owner = &owner;
	r.rdata = rdata.octets;
	r.rdlen = rdata.len;
	r.place = (struct diag_place){ .file = "test.zone", .line = number };
	(void)zone_builder_add(b, &r);
	buffer_fini(&rdata);
}

struct zone *zone_of(const char *origin_text, const char *text,
		     const struct zone_live *lives, size_t live_count,
		     struct diags *diags)
{
	struct name origin = name_of(origin_text);
	struct zone_builder *b = zone_builder_new(&origin, diags);
	struct zone *z = NULL;
	char *copy = alloc_text(text);
	char *rest = NULL;
	uint32_t number = 0;

	for (char *line = strtok_r(copy, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		add_line(b, &origin, ++number, line);
	for (size_t i = 0; i < live_count; i++)
		zone_builder_live(b, &lives[i]);
	(void)zone_builder_finish(b, "test.zone", &z);
	zone_builder_free(b);
	free(copy);
	return z;
}

void set_add(struct zone_set *set, const char *origin, const char *text)
{
	struct diags diags = { 0 };
	struct zone *z = zone_of(origin, text, NULL, 0, &diags);

	if (z == NULL)
		for (size_t i = 0; i < diags.count; i++)
			fprintf(stderr, "line %u: %s\n", diags.rows[i].place.line,
				diags.rows[i].text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL(zone_set_add(set, z), OK);
	zone_unref(z);
	diags_fini(&diags);
}

size_t query_of(const char *name_text, uint16_t type, uint16_t class, uint8_t *out)
{
	static const uint8_t header[12] = { 0x12, 0x34, 0x01, 0, 0, 1 };
	struct name name = name_of(name_text);
	uint8_t *at = out + 12 + name.len;

	memcpy(out, header, 12);
	memcpy(out + 12, name.wire, name.len);
	at[0] = (uint8_t)(type >> 8);
	at[1] = (uint8_t)type;
	at[2] = (uint8_t)(class >> 8);
	at[3] = (uint8_t) class;
	return 12U + name.len + 4;
}

static const char *rcode_text(unsigned rcode)
{
	static const char *const texts[16] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
		"NOTIMP",  "REFUSED", "YXDOMAIN",
	};

	return texts[rcode] ? texts[rcode] : "RCODE";
}

static int read_record(struct reader *r, const char *section, struct buffer *out)
{
	struct name owner = { 0 };
	struct buffer rdata = { 0 };
	char name[NAME_TEXT_LEN];
	char type_text[16];
	uint16_t type, class, rdlen;
	uint32_t ttl;
	int err = name_read(r, &owner);

	type = reader_u16(r);
	class = reader_u16(r);
	ttl = reader_u32(r);
	rdlen = reader_u16(r);
	if (err || r->err || class != CLASS_IN)
		return ERR_MALFORMED;
	err = rr_rdata_read(r, type, rdlen, &rdata);
	if (err)
		return err;
	buffer_printf(out, "%s %s %u %s ", section, name_format(owner.wire, name), ttl,
		      rr_type_format(type, type_text));
	rr_rdata_format(type, rdata.octets, rdata.len, out);
	buffer_put_text(out, "\n");
	buffer_fini(&rdata);
	return OK;
}

const char *message_text(const uint8_t *msg, size_t len)
{
	static const char *const sections[] = { "answer", "authority", "additional" };
	static char *text;
	struct reader r = reader_of(msg, len);
	struct buffer out = { 0 };
	struct name qname;
	unsigned counts[4];
	unsigned flags;

	(void)reader_u16(&r);
	flags = reader_u16(&r);
	for (unsigned i = 0; i < 4; i++)
		counts[i] = reader_u16(&r);
	if (r.err || counts[0] != 1 || name_read(&r, &qname))
		return NULL;
	(void)reader_u32(&r);
	buffer_printf(&out, "%s%s%s\n", rcode_text(flags & 15),
		      flags & 0x0400 ? " aa" : "", flags & 0x0200 ? " tc" : "");
	if ((flags & 0x8000) == 0)
		return NULL;
	for (unsigned s = 0; s < 3; s++)
		for (unsigned i = 0; i < counts[s + 1]; i++)
			if (read_record(&r, sections[s], &out)) {
				buffer_fini(&out);
				return NULL;
			}
	free(text);
	text = buffer_take_text(&out);
	return r.err || r.at != r.end ? NULL : text;
}

/* How a question is asked. */
struct zone_asking {
	size_t limit_len;
	const struct answer_live *live;
	bool dnssec_ok;
};

static const char *ask_all(const struct zone_set *set, const char *name, uint16_t type,
			   const struct zone_asking *how)
{
	static uint8_t msg[MESSAGE_MAX_LEN];
	static struct answer a;
	static struct question q;
	size_t len = query_of(name, type, CLASS_IN, msg);
	size_t limit_len = how->limit_len > len ? how->limit_len : len;

	memset(msg + len, 0xaa, 64);
	if (question_read(msg, len, &q) != QUESTION_OK)
		return "bad question\n";
	q.edns.dnssec_ok = how->dnssec_ok;
	switch (answer_make(set, &q, how->live, &a)) {
	case ANSWER_NONE:
		return "none\n";
	case ANSWER_BROKEN:
		return "broken\n";
	default:
		break;
	}
	len = answer_write(&a, msg, len, limit_len);
	if (len > limit_len)
		return "over the limit\n";
	return message_text(guarded(msg, len), len);
}

const char *ask(const struct zone_set *set, const char *name, uint16_t type)
{
	return ask_limit(set, name, type, 4000);
}

const char *ask_limit(const struct zone_set *set, const char *name, uint16_t type,
		      size_t limit_len)
{
	const struct zone_asking how = { .limit_len = limit_len };

	return ask_all(set, name, type, &how);
}

const char *ask_live(const struct zone_set *set, const char *name, uint16_t type,
		     const struct answer_live *live)
{
	const struct zone_asking how = { .limit_len = 4000, .live = live };

	return ask_all(set, name, type, &how);
}

const char *ask_signed(const struct zone_set *set, const char *name, uint16_t type,
		       size_t limit_len)
{
	const struct zone_asking how = { .limit_len = limit_len, .dnssec_ok = true };

	return ask_all(set, name, type, &how);
}

unsigned told_count(const char *text, const char *words)
{
	struct diags diags = { 0 };
	struct zone *z = zone_of("example.", text, NULL, 0, &diags);
	unsigned count = 0;

	CU_ASSERT_PTR_NOT_NULL(z);
	for (size_t i = 0; i < diags.count; i++)
		count += strstr(diags.rows[i].text, words) != NULL;
	zone_unref(z);
	diags_fini(&diags);
	return count;
}

char *without(const char *text, const char *start)
{
	char *copy = alloc_text(text);
	char *at = strstr(copy, start);
	char *end;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	end = at ? strchr(at, '\n') : NULL;
	end = end ? strchr(end + 1, '\n') : NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	if (end)
		memmove(at, end + 1, strlen(end + 1) + 1);
	return copy;
}
