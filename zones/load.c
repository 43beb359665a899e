#include "zones/load.h"

#include "zones/builder.h"

int zone_load(const struct zone_load *load, struct diags *diags, struct zone **out)
{
	const struct master_source source = { .path = load->path };
	struct zone_builder *b = zone_builder_new(load->origin, diags);
	int err = master_parse(&source, load->origin, diags, zone_builder_add, b);

	/* Errors in the text do not keep the rest from being judged. */
	if (err && err != ERR_INVALID)
		goto done;
	for (size_t i = 0; i < load->live_count; i++)
		zone_builder_live(b, &load->lives[i]);
	err = zone_builder_finish(b, load->path, out);
done:
	zone_builder_free(b);
	return err;
}
