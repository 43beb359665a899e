#include "bench/made_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

static char made[] = "/tmp/deputy-bench.XXXXXX";

int made_zone_write(size_t count, const char **path)
{
	int fd = mkstemp(made);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return ERR_SYSTEM;
	fputs("$TTL 3600\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A "
	      "192.0.2.1\n",
	      f);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "h%07zu A 10.%zu.%zu.%zu\n", i, i >> 16 & 255, i >> 8 & 255,
			i & 255);
	if (fclose(f))
		return ERR_SYSTEM;
	*path = made;
	return 0;
}

void made_zone_remove(void)
{
	(void)unlink(made);
}
