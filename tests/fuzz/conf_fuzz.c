/* A configuration: whatever is read can be explained and shown, equals itself, and is
 * freed; as a parcel it says the same, or is refused. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "conf/check.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void open_parcel(const uint8_t *octets, size_t len, const struct conf *same)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *c = NULL;
	int err = conf_parse_parcel("/etc/deputy/deputy.conf", octets, len, &diags, &c);

	assert((err == 0) == (c != NULL));
	assert(same == NULL || (c && conf_diff(same, c, &out) == 0));
	buffer_fini(&out);
	conf_free(c);
	diags_fini(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *c = NULL;
	int err = conf_parse("/etc/deputy/deputy.conf", octets, len, &diags, &c);

	assert((err == 0) == (c != NULL));
	assert((err == 0) == (diags.error_count == 0));
	diags_format(&diags, &out);
	if (c) {
		conf_explain(c, &out);
		assert(conf_diff(c, c, &out) == 0);
		buffer_drop(&out, out.len);
		conf_show(c, octets, len, &out);
		assert(out.len == len && memcmp(out.octets, octets, len) == 0);
	}
	open_parcel(octets, len, c);
	buffer_fini(&out);
	conf_free(c);
	diags_fini(&diags);
	return 0;
}
