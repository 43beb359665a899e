/*
 * For the tests beside peers.
 *
 *   rr_octets         the rows of tests/dns/rr_rows.c: type, text, our octets in
 *                     hexadecimal, our text; fields end in a unit separator, rows in a
 *                     record separator
 *   rr_octets FILE    the records of a master file of example.: owner, TTL, class,
 * type, octets, one record a line
 */
#include <stdio.h>
#include <string.h>

#include "dns/master.h"
#include "dns/rr.h"
#include "tests/dns/rr_rows.h"

static const struct name origin = { 9, 1, "\7example" };

static void print_octets(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", octets[i]);
}

static int print_row(const struct rr_example *e)
{
	struct buffer wire = { 0 };
	struct buffer text = { 0 };
	struct rr_fault fault;
	uint16_t type;

	if (rr_type_parse(e->type, strlen(e->type), &type) ||
	    rr_rdata_parse(type, e->text, strlen(e->text), &origin, &wire, &fault)) {
		fprintf(stderr, "%s %s: refused\n", e->type, e->text);
		return 1;
	}
	rr_rdata_format(type, wire.octets, wire.len, &text);
	printf("%s\x1f%s\x1f%u\x1f", e->type, e->text, type);
	print_octets(wire.octets, wire.len);
	printf("\x1f%.*s\x1e", (int)text.len, (char *)text.octets);
	buffer_fini(&wire);
	buffer_fini(&text);
	return 0;
}

static int print_record(void *arg, const struct master_record *r)
{
	char owner[NAME_TEXT_LEN];

	(void)arg;
	printf("%s %u %u %u ", name_format(r->owner->wire, owner), r->ttl, r->class,
	       r->type);
	print_octets(r->rdata, r->rdlen);
	putchar('\n');
	return 0;
}

static int print_file(const char *path)
{
	struct master_source src = { .path = path };
	struct diags diags = { 0 };
	struct buffer text = { 0 };
	int err = master_parse(&src, &origin, &diags, print_record, NULL);

	diags_format(&diags, &text);
	fprintf(stderr, "%.*s", (int)text.len, (char *)text.octets);
	buffer_fini(&text);
	diags_fini(&diags);
	return err != 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc > 1)
		return print_file(argv[1]);
	for (size_t i = 0; i < rr_example_count; i++)
		failed |= print_row(&rr_examples[i]);
	return failed;
}
