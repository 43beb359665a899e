#include <stdlib.h>

#include "base/disk/file.h"
#include "base/err.h"
#include "dns/master.h"

enum { FILE_MAX_LEN = 1 << 30 };

static int disk_open(void *arg, const char *path, struct master_text *out)
{
	uint8_t *octets;
	size_t len;
	int err = file_read(path, FILE_MAX_LEN, &octets, &len);

	(void)arg;
	if (err)
		return err;
	*out = (struct master_text){ (char *)octets, len, octets };
	return OK;
}

static void disk_close(void *arg, struct master_text *text)
{
	(void)arg;
	free(text->handle);
}

const struct master_files master_disk = { .open = disk_open, .close = disk_close };
