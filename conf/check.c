#include "conf/check.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/json.h"
#include "conf/notice.h"

enum { NEIGHBOURS_MAX = 1000 };

/* The files in the folder of a missing file, for suggestions. */
struct neighbours {
	char *names[NEIGHBOURS_MAX];
	size_t count;
};

static const char *neighbour_at(const void *arg, size_t i)
{
	return ((const struct neighbours *)arg)->names[i];
}

static void suggest_neighbour(struct diags *diags, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = alloc_format("%.*s", (int)(slash - path + 1), path);
	struct neighbours all = { .count = 0 };
	DIR *d = opendir(folder);
	const struct dirent *e;

	while (d && all.count < NEIGHBOURS_MAX && (e = readdir(d)))
		all.names[all.count++] = alloc_text(e->d_name);
	if (d)
		closedir(d);
	diags_suggest(diags, suggest(slash + 1, all.count, neighbour_at, &all));
	for (size_t i = 0; i < all.count; i++)
		free(all.names[i]);
	free(folder);
}

/* Adds a warning with the line of a value; NULL: about a default. */
static void __attribute__((format(printf, 5, 6)))
warn(const struct conf *c, struct diags *diags, enum notice notice,
     const struct conf_written *w, const char *format, ...)
{
	struct diag_place whole = { .file = c->path };
	va_list args;
	char *text;

	if (c->silenced & 1U << notice)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	diags_add(diags, notices[notice].level, w ? w->place : whole, "%s", text);
	free(text);
	diags_name(diags, notices[notice].name);
	if (w && w->line)
		diags_source(diags, w->line, strlen(w->line));
}

/* An address that no interface has: nothing reaches it until one does. */
static void warn_address(const struct conf *c, struct diags *diags,
			 const struct conf_written *w)
{
	struct addr any_port = w->addr;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = socket(w->addr.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	any_port.port = 0;
	len = addr_to_sockaddr(&any_port, &ss);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&ss, len) &&
	    errno == EADDRNOTAVAIL) {
		char text[ADDR_TEXT_LEN];

		warn(c, diags, NOTICE_ADDRESS_MISSING, w,
		     "no interface of this host has the address %s yet; run `ip "
		     "address` to list them",
		     addr_format(&w->addr, text));
	}
	if (fd >= 0)
		close(fd);
}

static void warn_path(const struct conf *c, struct diags *diags,
		      const struct conf_written *p)
{
	bool is_program = strcmp(p->key, "exec") == 0;
	bool is_zone = strcmp(p->key, "file") == 0;
	bool is_folder = strcmp(p->key, "state") == 0 || strcmp(p->key, "run") == 0;
	int reason;

	struct stat st;
	bool is_wrong;

	if (is_folder)
		return; /* a missing directory is created */
	is_wrong = stat(p->path, &st) == 0 && !S_ISREG(st.st_mode);
	if (!is_wrong && access(p->path, is_program ? X_OK : R_OK) == 0)
		return;
	reason = is_wrong ? 0 : errno;
	warn(c, diags, NOTICE_FILE_MISSING, p, "%s %s: %s",
	     is_zone ? "zone file" : p->key, p->path,
	     is_wrong ? err_text(ERR_NOT_FILE) : strerror(reason));
	if (reason == ENOENT && !(c->silenced & 1U << NOTICE_FILE_MISSING))
		suggest_neighbour(diags, p->path);
}

/* A secret in a file that every user of this host may read. */
static void warn_secret(const struct conf *c, struct diags *diags,
			const struct conf_written *w)
{
	struct stat st;

	if (stat(c->path, &st) == 0 && st.st_mode & S_IROTH)
		warn(c, diags, NOTICE_SECRET_READABLE, w,
		     "'%s' can be read by every user of this host: `chmod o= %s`, "
		     "or put it into a file of its own: { file: PATH }",
		     w->key, c->path);
}

/* w  NULL: it is the default */
static void warn_user(const struct conf *c, struct diags *diags,
		      const struct conf_written *w)
{
	if (geteuid() == 0 && getpwnam(c->node.user) == NULL)
		warn(c, diags, NOTICE_USER_MISSING, w,
		     "user '%s' does not exist: deputyd will not start; create "
		     "it with `useradd --system --shell /usr/sbin/nologin %s`",
		     c->node.user, c->node.user);
}

void conf_check_host(const struct conf *c, struct diags *diags)
{
	const struct conf_written *user = NULL;

	for (size_t i = 0; i < c->written_count; i++) {
		const struct conf_written *w = &c->written[i];

		if (w->path)
			warn_path(c, diags, w);
		else if (strcmp(w->key, "user") == 0)
			user = w;
		else if (w->addr.family == 0)
			warn_secret(c, diags, w);
		else if (strcmp(w->key, "listen") == 0)
			warn_address(c, diags, w);
	}
	warn_user(c, diags, user);
}

static void write_json(const struct diags *diags, const char *path,
		       const struct conf *c, struct buffer *out)
{
	static const char *const levels[] = { "error", "warning", "note" };
	struct json j = json_to(out);
	struct buffer words = { 0 };

	json_object(&j, NULL);
	json_text(&j, "file", path);
	json_bool(&j, "ok", c && diags->error_count == 0);
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
		json_text(&j, "name", d->name);
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
	if (diags->error_count)
		buffer_printf(out, "%s: %zu error%s%s\n", path, diags->error_count,
			      diags->error_count == 1 ? "" : "s",
			      c ? " in what it names" : "");
	if (c == NULL)
		return;
	if (diags->error_count == 0)
		buffer_printf(out, "%s: OK\n", path);
	conf_explain(c, out);
}

enum exit_status conf_check(const char *path, bool json, conf_more_fn *more,
			    struct buffer *out)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;
	enum exit_status status = EXIT_NEGATIVE;

	if (conf_load(path, &diags, &c) == OK) {
		conf_check_host(c, &diags);
		if (more)
			more(path, &diags);
		diags_sort(&diags);
		status = diags.error_count ? EXIT_NEGATIVE : EXIT_DONE;
	}
	if (json)
		write_json(&diags, path, c, out);
	else
		write_text(&diags, path, c, out);
	conf_free(c);
	diags_fini(&diags);
	return status;
}
