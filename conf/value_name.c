#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "conf/value.h"

enum { LABEL_MAX_LEN = 63, DOMAIN_MAX_LEN = 253, SEARCHED_NAMES_MAX = 1000000 };

bool looks_like_address(const char *text)
{
	const char *label = strrchr(text, '.');

	if (strchr(text, ':'))
		return true;
	label = label ? label + 1 : text;
	return *label && label[strspn(label, "0123456789")] == '\0';
}

bool read_label(struct parse *d, const struct setting *s, const struct node *n,
		void *to)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	char *name = name_lowered(n->text);

	if (n->len > LABEL_MAX_LEN)
		parse_fault(d, n, "'%s' is longer than %d characters", s->name,
			    LABEL_MAX_LEN);
	else if (name[strspn(name, allowed)] || !isalnum((unsigned char)name[0]))
		parse_fault(
			d, n,
			"'%s' may contain letters, digits, '-', '_' and '.', and must "
			"start with a letter or a digit, not %s",
			s->name, log_quote(n->text));
	else {
		*(char **)to = name;
		return true;
	}
	free(name);
	return false;
}

void format_text(const struct conf *c, const struct setting *s, const void *at,
		 struct buffer *out)
{
	char *const *text = at;

	(void)c;
	(void)s;
	if (*text)
		buffer_put_text(out, *text);
}

int domain_len(const char *domain)
{
	size_t len = strlen(domain);

	return (int)(len > 1 && domain[len - 1] == '.' ? len - 1 : len);
}

static const char *label_fault(const char *label, size_t len, const char *extra)
{
	if (len == 0)
		return "it has an empty label";
	if (len > LABEL_MAX_LEN)
		return "a label is longer than 63 characters";
	if (label[0] == '*' && len == 1)
		return "wildcards are allowed only in zone files";
	if (label[0] == '-' || label[len - 1] == '-')
		return "a label starts or ends with a hyphen";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)label[i];

		if (c >= 0x80)
			return "write non-ASCII letters in xn-- (IDNA) form";
		if (!isalnum(c) && c != '-' && c != '_' && !strchr(extra, c))
			return "only letters, digits and hyphens are allowed";
	}
	return NULL;
}

const char *domain_parse(const char *text, const char *extra, char **out)
{
	size_t len = strlen(text);
	char *name;

	if (len && text[len - 1] == '.')
		len--;
	if (len == 0)
		return "the root is not allowed here";
	if (len > DOMAIN_MAX_LEN)
		return "it is longer than 253 characters";
	if (looks_like_address(text))
		return "it is an address";
	for (size_t at = 0; at <= len; at++) {
		size_t label_len = strcspn(text + at, ".");
		const char *why;

		if (label_len > len - at)
			label_len = len - at;
		why = label_fault(text + at, label_len, extra);
		if (why)
			return why;
		at += label_len;
	}
	name = alloc_format("%.*s.", (int)len, text);
	*out = name_lowered(name);
	free(name);
	return NULL;
}

static bool read_name(struct parse *d, const struct setting *s, const struct node *n,
		      const char *extra, char **out)
{
	const char *why = domain_parse(n->text, extra, out);

	if (why)
		parse_fault(d, n, "'%s' must be a domain name, not %s: %s", s->name,
			    log_quote(n->text), why);
	return why == NULL;
}

bool read_domain(struct parse *d, const struct setting *s, const struct node *n,
		 void *to)
{
	return read_name(d, s, n, "", to);
}

bool read_zone_name(struct parse *d, const struct setting *s, const struct node *n,
		    void *to)
{
	if (strcmp(n->text, ".") == 0) {
		*(char **)to = alloc_text(".");
		return true;
	}
	return read_name(d, s, n, "/", to); /* RFC 2317 4 */
}

bool read_host_name(struct parse *d, const struct setting *s, const struct node *n,
		    void *to)
{
	char **name = to;

	if (!read_name(d, s, n, "", name))
		return false;
	(*name)[strlen(*name) - 1] = '\0';
	return true;
}

void format_domain(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	const char *name = *(char *const *)at;

	(void)c;
	(void)s;
	if (name)
		buffer_put(out, name, (size_t)domain_len(name));
}

char *path_resolve(const char *conf_path, const char *path)
{
	const char *slash = strrchr(conf_path, '/');
	char *folder = alloc_format("%.*s", slash ? (int)(slash - conf_path) : 0,
				    conf_path);
	char *here = NULL;
	char *out;

	if (path[0] == '/')
		out = alloc_text(path);
	else if (conf_path[0] == '/')
		out = alloc_format("%s/%s", folder, path);
	else {
		here = getcwd(NULL, 0);
		out = alloc_format("%s/%s%s%s", here ? here : "", folder,
				   slash ? "/" : "", path);
	}
	free(here);
	free(folder);
	return out;
}

bool read_path(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	char *path = path_resolve(d->conf->path, n->text);

	*(char **)to = path;
	parse_written(d, s->name, path, NULL, n);
	return true;
}

bool read_user(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	if (n->len > 32 || n->text[strspn(n->text, "abcdefghijklmnopqrstuvwxyz"
						   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						   "0123456789-_.")]) {
		parse_fault(d, n, "'%s' must be the name of a user, not %s", s->name,
			    log_quote(n->text));
		return false;
	}
	*(char **)to = alloc_text(n->text);
	return true;
}

static bool read_reference(struct parse *d, const struct node *n, const char *what,
			   const struct names *names, uint32_t *out)
{
	char *name = name_lowered(n->text);

	*out = names_find(names, name);
	if (*out == CONF_NONE) {
		parse_fault(d, n, "%s %s is not declared", what, log_quote(n->text));
		d->names_searched += names->count;
		if (d->names_searched < SEARCHED_NAMES_MAX)
			parse_suggest(d, names_suggest(names, name));
	}
	free(name);
	return *out != CONF_NONE;
}

bool report_registrar(struct parse *d, const struct node *n)
{
	if (strcasecmp(n->text, "registrar") != 0)
		return false;
	parse_fault(
		d, n,
		"'registrar' needs the registrar, which this version does not have");
	return true;
}

bool read_pbx(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	(void)s;
	if (report_registrar(d, n))
		return false;
	return read_reference(d, n, "pbx", &d->pbxs, to);
}

bool read_site(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	(void)s;
	return read_reference(d, n, "site", &d->sites, to);
}

void format_pbx(const struct conf *c, const struct setting *s, const void *at,
		struct buffer *out)
{
	uint32_t pbx = *(const uint32_t *)at;

	(void)s;
	if (pbx < c->pbx_count)
		buffer_put_text(out, c->pbxs[pbx].name);
}

void format_site(const struct conf *c, const struct setting *s, const void *at,
		 struct buffer *out)
{
	uint32_t site = *(const uint32_t *)at;

	(void)s;
	if (site < c->site_count)
		buffer_put_text(out, c->sites[site].name);
}
