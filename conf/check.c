#include "conf/check.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/json.h"

static void warn_file(struct diags *diags, struct diag_place place, const char *what,
		      const char *path, int mode)
{
	if (path && access(path, mode) != 0)
		diags_add(diags, DIAG_WARNING, place, "%s %s: %s", what, path,
			  strerror(errno));
}

void conf_check_host(const struct conf *c, struct diags *diags)
{
	struct diag_place whole = { .file = c->path };

	for (size_t i = 0; i < c->zone_count; i++)
		warn_file(diags, c->zones[i].place, "zone file", c->zones[i].file,
			  R_OK);
	for (size_t i = 0; i < c->pbx_count; i++)
		warn_file(diags, c->pbxs[i].place, "ca-file", c->pbxs[i].ca_file, R_OK);
	warn_file(diags, whole, "root-hints", c->recursion.root_hints, R_OK);
	warn_file(diags, whole, "trust-anchors", c->recursion.trust_anchors, R_OK);
	for (size_t i = 0; i < c->hook_count; i++)
		warn_file(diags, whole, "on-switch", c->hooks[i].argv[0], X_OK);
	if (geteuid() == 0 && getpwnam(c->node.user) == NULL)
		diags_add(diags, DIAG_WARNING, whole,
			  "user '%s' does not exist here; `useradd --system --shell "
			  "/usr/sbin/nologin %s` makes it",
			  c->node.user, c->node.user);
}

static void write_json(const struct diags *diags, const char *path,
		       const struct conf *c, struct buffer *out)
{
	static const char *const levels[] = { "error", "warning", "note" };
	struct json j = json_to(out);
	struct buffer words = { 0 };

	json_object(&j, NULL);
	json_text(&j, "file", path);
	json_bool(&j, "ok", c != NULL);
	json_int(&j, "errors", (int64_t)diags->error_count);
	json_array(&j, "diagnoses");
	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *d = &diags->rows[i];

		json_object(&j, NULL);
		json_text(&j, "level", levels[d->level]);
		json_int(&j, "line", d->place.line);
		json_int(&j, "col", d->place.col);
		json_text(&j, "text", d->text);
		json_text(&j, "suggestion", d->suggestion);
		json_end(&j);
	}
	json_end(&j);
	if (c) {
		char *text;

		conf_explain(c, &words);
		text = buffer_take_text(&words);
		json_text(&j, "meaning", text);
		free(text);
	}
	json_end(&j);
	buffer_put_text(out, "\n");
}

static void write_text(const struct diags *diags, const char *path,
		       const struct conf *c, struct buffer *out)
{
	diags_format(diags, out);
	if (c == NULL) {
		buffer_printf(out, "%s: %zu error%s\n", path, diags->error_count,
			      diags->error_count == 1 ? "" : "s");
		return;
	}
	buffer_printf(out, "%s: OK\n", path);
	conf_explain(c, out);
}

enum exit_status conf_check(const char *path, bool json, struct buffer *out)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;
	enum exit_status status = EXIT_NEGATIVE;

	if (conf_load(path, &diags, &c) == OK) {
		conf_check_host(c, &diags);
		diags_sort(&diags);
		status = EXIT_DONE;
	}
	if (json)
		write_json(&diags, path, c, out);
	else
		write_text(&diags, path, c, out);
	conf_free(c);
	diags_fini(&diags);
	return status;
}
