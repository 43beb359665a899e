#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "conf/value.h"

enum { URI_MAX_LEN = 127, LINE_MAX_LEN = 63 };

enum { LABEL_MAX_LEN = 63 };

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

static bool read_name(struct parse *d, const struct setting *s, const struct node *n,
		      const char *extra, struct domain *out)
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
		*(struct domain *)to = (struct domain){
			.text = alloc_text("."),
			.wire = { .len = 1 },
		};
		return true;
	}
	return read_name(d, s, n, "/", to); /* RFC 2317 4 */
}

bool read_host_name(struct parse *d, const struct setting *s, const struct node *n,
		    void *to)
{
	struct domain name;

	if (!read_name(d, s, n, "", &name))
		return false;
	name.text[domain_len(name.text)] = '\0';
	*(char **)to = name.text;
	return true;
}

void format_domain(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	const struct domain *name = at;

	(void)c;
	(void)s;
	if (name->text)
		buffer_put(out, name->text, (size_t)domain_len(name->text));
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
	if (strcmp(s->name, "user") == 0) /* not a user of SIP */
		parse_written(d, s->name, NULL, NULL, n);
	return true;
}

/* Whether it may stand in a header of SIP as it is, with blanks inside or without. */
static bool is_printable(const struct node *n, char first)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->text[i] < first || n->text[i] > '~' ||
		    strchr("<>\"", n->text[i]))
			return false;
	return n->len > 0;
}

bool read_sip_uri(struct parse *d, const struct setting *s, const struct node *n,
		  void *to)
{
	size_t scheme_len = strncasecmp(n->text, "sips:", 5) == 0 ? 5 : 4;

	if ((scheme_len == 4 && strncasecmp(n->text, "sip:", 4) != 0) ||
	    n->len <= scheme_len || n->len > URI_MAX_LEN || !is_printable(n, '!')) {
		parse_fault(d, n, "'%s' must be a SIP URI such as %s, not %s", s->name,
			    "sip:monitor@pbx.example.com", log_quote(n->text));
		return false;
	}
	*(char **)to = alloc_text(n->text);
	return true;
}

bool read_line(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	if (n->len > LINE_MAX_LEN || !is_printable(n, ' ')) {
		parse_fault(d, n,
			    "'%s' must be at most %d printable ASCII characters "
			    "without < > and quotes",
			    s->name, LINE_MAX_LEN);
		return false;
	}
	*(char **)to = alloc_text(n->text);
	return true;
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
