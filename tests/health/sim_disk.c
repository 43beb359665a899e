#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/health/sim.h"

static struct sim_kept *disk_find(struct sim_disk *d, const char *key)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->rows[i].key, key) == 0)
			return &d->rows[i];
	return NULL;
}

void sim_disk_put(struct sim_disk *d, const struct kept_row *row)
{
	struct sim_kept *at = disk_find(d, row->key);

	d->put_count++;
	if (!at) {
		d->rows = alloc_resize(d->rows, d->count + 1, sizeof(*d->rows));
		at = &d->rows[d->count++];
		*at = (struct sim_kept){ .key = alloc_text(row->key) };
	}
	free(at->octets);
	at->octets = alloc_copy(row->octets, row->len);
	at->len = row->len;
}

void sim_disk_drop(struct sim_disk *d, const char *key)
{
	struct sim_kept *at = disk_find(d, key);

	if (!at)
		return;
	free(at->key);
	free(at->octets);
	*at = d->rows[--d->count];
}
