#include "zones/check.h"

#include <string.h>
#include <unistd.h>

#include "base/operator/diag.h"
#include "base/text.h"
#include "zones/load.h"

/* "/etc/zones/example.com.zone" is about example.com. */
static struct text name_in_path(const char *path)
{
	static const char ending[] = ".zone";
	const char *slash = strrchr(path, '/');
	struct text name = text_from(slash ? slash + 1 : path);
	size_t ending_len = sizeof(ending) - 1;

	if (text_len(&name) > ending_len &&
	    memcmp(name.end - ending_len, ending, ending_len) == 0)
		name.end -= ending_len;
	return name;
}

static void sum_up(const struct zone *z, const struct diags *diags, struct buffer *out)
{
	size_t warnings = 0;

	for (size_t i = 0; i < diags->count; i++)
		warnings += diags->rows[i].level == DIAG_WARNING;
	if (z) {
		char origin[NAME_TEXT_LEN];

		buffer_printf(out, "%s: serial %u, %zu records at %zu names",
			      name_format(zone_origin(z)->wire, origin), zone_serial(z),
			      zone_record_count(z), zone_name_count(z));
	} else
		buffer_printf(out, "not loaded: %zu error%s", diags->error_count,
			      diags->error_count == 1 ? "" : "s");
	if (warnings)
		buffer_printf(out, ", %zu warning%s", warnings,
			      warnings == 1 ? "" : "s");
	buffer_put_text(out, "\n");
}

static enum exit_status check_file(const char *path, const char *origin,
				   struct buffer *out)
{
	static const struct name root = { .len = 1 };
	struct text text = origin ? text_from(origin) : name_in_path(path);
	struct diags diags = { 0 };
	struct zone *z = NULL;
	struct name name;
	struct zone_load load = { .path = path, .origin = &name };

	if (name_parse(text.at, text_len(&text), &root, &name)) {
		buffer_printf(out, "%.*s is not a valid zone name\n",
			      (int)text_len(&text), text.at);
		return EXIT_USAGE;
	}
	(void)zone_load(&load, &diags, &z);
	diags_sort(&diags);
	diags_format(&diags, out);
	sum_up(z, &diags, out);
	diags_fini(&diags);
	if (z == NULL)
		return EXIT_NEGATIVE;
	zone_unref(z);
	return EXIT_DONE;
}

/* Whether the words are in the order of named-checkzone: the zone, then its file. */
static bool is_other_order(const char *path, const char *origin)
{
	return origin && access(path, F_OK) != 0 && access(origin, F_OK) == 0;
}

enum exit_status zone_check(const char *path, const char *origin, struct buffer *out)
{
	if (is_other_order(path, origin))
		return zone_check(origin, path, out);
	return check_file(path, origin, out);
}
