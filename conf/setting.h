/*
 * The configuration language as rows. A setting is one key; a section is the keys of
 * one mapping. Reading, defaults, diff, freeing and deputy.conf(5) all use the same
 * rows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct conf;
struct parse;
struct node;
struct section;

enum setting_type {
	SET_FLAG,        /* bool */
	SET_COUNT,       /* uint32_t */
	SET_MS,          /* uint32_t, written as a duration */
	SET_S,           /* the same, whole seconds */
	SET_CHOICE,      /* uint32_t or an enum: position in `words` */
	SET_EITHER,      /* bool: the second of two `words` */
	SET_LABEL,       /* char *: name of a node, a pbx, a site */
	SET_DOMAIN,      /* struct domain */
	SET_ZONE_NAME,   /* the same; also allows what only zone names may contain */
	SET_HOST_NAME,   /* char *: domain name without the final dot */
	SET_PATH,        /* char *, absolute */
	SET_KEY_FILE,    /* struct conf_secret: the path of a file that is secret */
	SET_USER,        /* char * */
	SET_SIP_URI,     /* char * */
	SET_LINE,        /* char *: printable ASCII */
	SET_ADDRESS,     /* struct addr without a port */
	SET_SOCKET,      /* struct addr with a port, 53 if none is given */
	SET_PREFIX,      /* struct prefix */
	SET_ENDPOINT,    /* struct conf_endpoint */
	SET_CODE,        /* uint16_t: a SIP response code */
	SET_REF,         /* uint32_t: which row of `section` */
	SET_PBX_ADDRESS, /* struct conf_pbx_address */
	SET_SECTION,     /* the struct of `section` */
	SET_WHOLE_TYPES, /* the types below read lists and mappings themselves */
	SET_NEEDS = SET_WHOLE_TYPES, /* uint32_t: bit per enum transport */
	SET_NETWORKS,                /* struct conf_networks */
	SET_VIEWS,                   /* the views of a struct conf_pbx */
	SET_FAIL_BACK,               /* failback_manual and the window behind it */
	SET_HOSTS,                   /* the hosts of a struct conf */
	SET_COMMAND,                 /* char **: argv */
	SET_NOTICES,                 /* uint32_t: bit per enum notice */
	SET_SECRET,                  /* struct conf_secret: never shown */
	SET_LATER, /* no value: not implemented yet, `help` says what it comes with */
	SET_TYPES
};

enum setting_mark {
	MUST_BE_GIVEN = 1,
	AT_START_ONLY = 2, /* a reload does not change it */
	IS_IDENTITY = 4,   /* it identifies the rows of a list */
	OTHER_KEY = 8,     /* a second key for the value of the row above it */
	UNIQUE = 16,       /* no two rows of the list may have the same one */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t at;                /* of the value in the section's struct */
	size_t count_at;          /* of a list's size_t count; 0: one value */
	uint32_t min;             /* of the value, or of a list's count */
	const char *default_text; /* the default, as an operator would write it; NULL:
				     none */
	uint32_t max;
	unsigned marks;
	const char *const *words; /* of SET_CHOICE and SET_EITHER, NULL-terminated */
	const struct section *section; /* of SET_SECTION; whose rows a SET_REF names */
	const char *help;
};

struct section {
	const char *name; /* the key before it */
	const char *one;  /* what one of its mappings is: "pbx" */
	size_t size;
	size_t place_at; /* of a struct diag_place; 0: none */
	bool has_later;  /* a row `registrar` comes with the registrar */
	/* After the settings of one mapping are read; may be NULL. */
	void (*finish)(struct parse *d, const struct node *n, void *base);
	const struct setting *settings; /* ended by a NULL name */
};

extern const struct section conf_section;
extern const struct section view_section; /* a mapping among the addresses of a pbx */

enum { SECTION_MAX_SETTINGS = 24 };

/* What each type can do. Rows in the order of enum setting_type. */
struct setting_ops {
	const char *what; /* "a duration such as 120s" */
	size_t size;      /* 0: of the section */
	/* Reads one value; on an error adds a diagnosis and returns false. */
	bool (*read)(struct parse *d, const struct setting *s, const struct node *n,
		     void *to);
	void (*format)(const struct conf *c, const struct setting *s, const void *at,
		       struct buffer *out);
	void (*fini)(const struct setting *s, void *at); /* NULL: nothing to free */
};
extern const struct setting_ops setting_ops[SET_TYPES];

/* Returns the size of one value in octets. */
size_t setting_size(const struct setting *s);

/* Whether its value is made of other settings: one mapping, or the rows of a list. */
bool setting_holds_section(const struct setting *s);

/* Returns what its value is, "a duration such as 120s", "the name of a pbx"; the caller
 * frees it. */
char *setting_what(const struct setting *s);

/* Writes a setting's value as an operator would write it; nothing for an unset one. */
void setting_format(const struct conf *c, const struct setting *s, const void *base,
		    struct buffer *out);

/* The values of a setting in its section's struct; one value counts as a list of one.
 */
struct values {
	const char *rows;
	size_t count;
};
struct values values_of(const struct setting *s, const void *base);

/* Returns the setting of the whole configuration whose list has these rows. */
const struct setting *section_list(const struct section *sec);

/* Returns the setting that identifies the rows of a list. */
const struct setting *section_identity(const struct section *sec);

/* Frees all that a section's struct holds, but not the struct. */
void section_fini(const struct section *sec, void *base);
