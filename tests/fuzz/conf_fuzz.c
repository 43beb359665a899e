/* A configuration: whatever is read can be explained, equals itself, and is freed. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "conf/check.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

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
	}
	buffer_fini(&out);
	conf_free(c);
	diags_fini(&diags);
	return 0;
}
