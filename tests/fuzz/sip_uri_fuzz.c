/* One URI, and the same octets as a list of parameters. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct text t, struct text all)
{
	assert(t.at >= all.at && t.at <= t.end && t.end <= all.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = text_of(data, size);
	struct text params = all;
	struct text name;
	struct text value;
	struct sip_uri u;

	if (sip_uri_read(all, &u) == OK) {
		inside(u.scheme_name, all);
		inside(u.user, all);
		inside(u.password, all);
		inside(u.host, all);
		inside(u.params, all);
		inside(u.headers, all);
		inside(u.opaque, all);
		(void)sip_param_find(u.params, "transport", &value);
	}
	while (sip_param_next(&params, &name, &value)) {
		inside(name, all);
		inside(value, all);
	}
	return 0;
}
