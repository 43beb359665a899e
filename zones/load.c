#include "zones/load.h"

#include "zones/builder.h"
#include "zones/source_lines.h"
#include "zones/table.h"

static int count_open(void *arg, const char *path, struct master_text *out)
{
	unsigned *count = arg;

	++*count;
	return master_disk.open(master_disk.arg, path, out);
}

static void close_text(void *arg, struct master_text *text)
{
	(void)arg;
	master_disk.close(master_disk.arg, text);
}

int zone_load(const struct zone_load *load, struct diags *diags, struct zone **out)
{
	size_t before = diags->count;
	unsigned file_count = 0;
	const struct master_files files = { count_open, close_text, &file_count };
	const struct master_source source = { .path = load->path, .files = &files };
	struct zone_builder *b = zone_builder_new(load->origin, diags);
	int err = master_parse(&source, load->origin, diags, zone_builder_add, b);

	/* Errors in the text do not keep the rest from being judged. */
	if (err && err != ERR_INVALID)
		goto done;
	for (size_t i = 0; i < load->live_count; i++)
		zone_builder_live(b, &load->lives[i]);
	err = zone_builder_finish(b, load->path, out);
	if (err == OK)
		(*out)->includes = file_count > 1;
done:
	source_lines_add(diags, before);
	zone_builder_free(b);
	return err;
}
