/*
 * Prints the rows of tests/dns/rr_rows.c for the tests beside peers: type, text, our
 * octets in hexadecimal, our text; fields end in a unit separator, rows in a record
 * separator.
 */
#include <stdio.h>
#include <string.h>

#include "dns/rr.h"
#include "tests/dns/rr_rows.h"

static int print_row(const struct rr_example *e)
{
	static const struct name origin = { 9, 1, "\7example" };
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
	for (size_t i = 0; i < wire.len; i++)
		printf("%02x", wire.octets[i]);
	printf("\x1f%.*s\x1e", (int)text.len, (char *)text.octets);
	buffer_fini(&wire);
	buffer_fini(&text);
	return 0;
}

int main(void)
{
	int failed = 0;

	for (size_t i = 0; i < rr_example_count; i++)
		failed |= print_row(&rr_examples[i]);
	return failed;
}
