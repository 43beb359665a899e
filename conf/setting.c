#include "conf/setting.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "conf/conf.h"
#include "conf/value.h"

static void fini_text(const struct setting *s, void *at)
{
	char **text = at;

	(void)s;
	free(*text);
}

static void fini_pbx_address(const struct setting *s, void *at)
{
	struct conf_pbx_address *a = at;

	(void)s;
	domain_free(a->name);
}

static void fini_domain(const struct setting *s, void *at)
{
	(void)s;
	domain_fini(at);
}

static void fini_section(const struct setting *s, void *at)
{
	section_fini(s->section, at);
}

/* clang-format off */
const struct setting_ops setting_ops[SET_TYPES] = {
	[SET_FLAG]        = { "yes or no",                 sizeof(bool),     read_flag,      format_flag,     NULL },
	[SET_COUNT]       = { "a number",                  sizeof(uint32_t), read_count,     format_count,    NULL },
	[SET_MS]          = { "a duration such as 250ms",  sizeof(uint32_t), read_ms,        format_ms,       NULL },
	[SET_S]           = { "a duration such as 10s",    sizeof(uint32_t), read_s,         format_s,        NULL },
	[SET_CHOICE]      = { "one word",                  sizeof(uint32_t), read_choice,    format_choice,   NULL },
	[SET_EITHER]      = { "one word",                  sizeof(bool),     read_either,    format_either,   NULL },
	[SET_LABEL]       = { "a name",                    sizeof(char *),   read_label,     format_text,     fini_text },
	[SET_DOMAIN]      = { "a domain name",             sizeof(struct domain), read_domain, format_domain, fini_domain },
	[SET_ZONE_NAME]   = { "a domain name",             sizeof(struct domain), read_zone_name, format_domain, fini_domain },
	[SET_HOST_NAME]   = { "a domain name",             sizeof(char *),   read_host_name, format_text,     fini_text },
	[SET_PATH]        = { "a path",                    sizeof(char *),   read_path,      format_text,     fini_text },
	[SET_KEY_FILE]    = { "a path",                    sizeof(struct conf_secret), read_key_file, format_key_file, fini_secret },
	[SET_USER]        = { "the name of a user",        sizeof(char *),   read_user,      format_text,     fini_text },
	[SET_SIP_URI]     = { "a SIP URI such as sip:monitor@pbx.example.com", sizeof(char *), read_sip_uri, format_text, fini_text },
	[SET_LINE]        = { "a line of text",            sizeof(char *),   read_line,      format_text,     fini_text },
	[SET_ADDRESS]     = { "an address",                sizeof(struct addr), read_address, format_address, NULL },
	[SET_SOCKET]      = { "an address such as 192.0.2.1@53", sizeof(struct addr), read_socket, format_socket, NULL },
	[SET_PREFIX]      = { "a prefix such as 10.1.0.0/16", sizeof(struct prefix), read_prefix, format_prefix, NULL },
	[SET_ENDPOINT]    = { "an endpoint such as tls@443", sizeof(struct conf_endpoint), read_endpoint, format_endpoint, NULL },
	[SET_CODE]        = { "a SIP response code",       sizeof(uint16_t), read_code,      format_code,     NULL },
	[SET_REF]         = { NULL,                        sizeof(uint32_t), read_ref,       format_ref,      NULL },
	[SET_PBX_ADDRESS] = { "an address or a host name", sizeof(struct conf_pbx_address), read_pbx_address, format_pbx_address, fini_pbx_address },
	[SET_SECTION]     = { "a mapping",                 0,                NULL,           NULL,            fini_section },
	[SET_NEEDS]       = { "a list of transports",      sizeof(uint32_t), read_needs,     format_needs,    NULL },
	[SET_NETWORKS]    = { "a list of local, any and prefixes", sizeof(struct conf_networks), read_networks, format_networks, fini_networks },
	[SET_VIEWS]       = { "a list of addresses",       0,                read_views,     format_views,    fini_views },
	[SET_FAIL_BACK]   = { "automatic, manual or a window such as 22:00-06:00", 0, read_fail_back, format_fail_back, NULL },
	[SET_HOSTS]       = { "a mapping of names to addresses", 0,          read_hosts,     NULL,            fini_section },
	[SET_COMMAND]     = { "a program and its arguments", sizeof(char **), read_command,  format_command,  fini_command },
	[SET_NOTICES]     = { "a list of names of warnings and notes", sizeof(uint32_t), read_notices, format_notices, NULL },
	[SET_SECRET]      = { "a secret, or { file: PATH }", sizeof(struct conf_secret), read_secret, format_secret, fini_secret },
	[SET_LATER]       = { NULL,                        0,                NULL,           NULL,            NULL },
};
/* clang-format on */

size_t setting_size(const struct setting *s)
{
	return setting_holds_section(s) ? s->section->size : setting_ops[s->type].size;
}

bool setting_holds_section(const struct setting *s)
{
	return s->section && s->type != SET_REF;
}

char *setting_what(const struct setting *s)
{
	const char *one;

	if (s->type != SET_REF)
		return alloc_text(setting_ops[s->type].what);
	one = s->section->one;
	return alloc_format(strstr(one, " name") ? "a %s" : "the name of a %s", one);
}

const struct setting *section_list(const struct section *sec)
{
	const struct setting *s = conf_section.settings;

	while (!setting_holds_section(s) || s->section != sec) {
		s++;
		assert(s->name);
	}
	return s;
}

const struct setting *section_identity(const struct section *sec)
{
	const struct setting *s = sec->settings;

	while (!(s->marks & IS_IDENTITY)) {
		s++;
		assert(s->name);
	}
	return s;
}

struct values values_of(const struct setting *s, const void *base)
{
	struct values v = { .rows = (const char *)base + s->at, .count = 1 };

	if (s->count_at) {
		memcpy(&v.rows, (const char *)base + s->at, sizeof v.rows);
		memcpy(&v.count, (const char *)base + s->count_at, sizeof v.count);
	}
	return v;
}

void setting_format(const struct conf *c, const struct setting *s, const void *base,
		    struct buffer *out)
{
	struct values v = values_of(s, base);

	for (size_t i = 0; i < v.count; i++) {
		buffer_put_text(out, i ? ", " : "");
		setting_ops[s->type].format(c, s, v.rows + i * setting_size(s), out);
	}
}

static void setting_fini(const struct setting *s, void *base)
{
	value_fini_fn *fini = setting_ops[s->type].fini;
	char *rows = (char *)base + s->at;
	char *list = NULL;
	size_t count = 1;

	if (s->count_at) {
		memcpy(&list, (char *)base + s->at, sizeof list);
		memcpy(&count, (char *)base + s->count_at, sizeof count);
		rows = list;
	}
	for (size_t i = 0; fini && i < count; i++)
		fini(s, rows + i * setting_size(s));
	free(list);
}

void section_fini(const struct section *sec, void *base)
{
	for (const struct setting *s = sec->settings; s->name; s++)
		if (!(s->marks & OTHER_KEY))
			setting_fini(s, base);
}
