#include "dns/master.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "dns/master_entry.h"

enum { INCLUDES_MAX = 16 };

bool master_next(struct master_file *f)
{
	lexer_next(&f->lex, &f->token);
	return f->token.kind != TOKEN_LINE_END && f->token.kind != TOKEN_FILE_END;
}

static bool at_end(const struct token *t)
{
	return t->kind == TOKEN_LINE_END || t->kind == TOKEN_FILE_END;
}

int master_not(struct master_file *f, const char *what)
{
	char shown[256];

	return lexer_fail(&f->lex, &f->token, "%s is not %s",
			  token_show(&f->token, shown), what);
}

/* The fault of a token where the line must end. */
static int unexpected(struct master_file *f)
{
	char shown[256];

	return lexer_fail(&f->lex, &f->token, "unexpected %s at the end of the line",
			  token_show(&f->token, shown));
}

/* The fault of an entry that ends too early. */
static int missing(struct master_file *f, const char *what)
{
	return lexer_fail(&f->lex, &f->token, "%s is missing", what);
}

size_t master_line_len(const struct lexer *lex, const char *line)
{
	const char *end = memchr(line, '\n', (size_t)(lex->end - line));

	return (size_t)((end ? end : lex->end) - line);
}

static struct diag_place place_of(const struct master_file *f, const struct token *t)
{
	uint32_t col = (uint32_t)(t->at - t->line_at) + 1;

	return (struct diag_place){ f->path, t->line, col };
}

void master_report(struct master_file *f)
{
	struct lexer_fault *fault = &f->lex.fault;
	struct diag_place place = { f->path, fault->line, fault->col };

	if (!fault->text[0])
		return;
	diags_add(f->run->diags, DIAG_ERROR, place, "%s", fault->text);
	diags_source(f->run->diags, fault->line_at,
		     master_line_len(&f->lex, fault->line_at));
	if (fault->suggestion)
		diags_suggest(f->run->diags, fault->suggestion);
	fault->text[0] = '\0';
	fault->suggestion = NULL;
}

/* Stores a suggestion for a mistyped word. */
static void suggest_for(struct master_file *f, size_t count, suggest_name_fn *name_at,
			const void *arg)
{
	char word[32];

	if (f->token.len >= sizeof(word))
		return;
	memcpy(word, f->token.at, f->token.len);
	word[f->token.len] = '\0';
	f->lex.fault.suggestion = suggest(word, count, name_at, arg);
}

static const char *type_or_class_at(const void *unused, size_t i)
{
	static const char *const words[] = { "IN", "CH", "HS" };
	size_t count = sizeof(words) / sizeof(*words);

	(void)unused;
	return i < count ? words[i] : rr_row_name(i - count);
}

static int not_a_type(struct master_file *f)
{
	bool had_fault = f->lex.fault.text[0];
	int err = master_not(f, "a type, a class or a TTL");

	if (!had_fault)
		suggest_for(f, RR_ROWS + 3, type_or_class_at, NULL);
	return err;
}

static int read_ttl(struct master_file *f, uint32_t *out)
{
	uint64_t value;

	if (!rr_period(f->token.at, f->token.len, TTL_MAX, &value))
		return master_not(f, "a TTL of at most 2147483647 seconds");
	*out = (uint32_t)value;
	return OK;
}

/* A class that records of a zone may have. */
static bool is_class(const struct token *t, uint16_t *out)
{
	uint16_t class;

	if (t->len != 2 && t->len < sizeof("CLASS"))
		return false;
	if (rr_class_parse(t->at, t->len, &class) || class == CLASS_ANY ||
	    class == CLASS_NONE || class == 0)
		return false;
	*out = class;
	return true;
}

/* TTL and class, in either order and both optional, then the type (RFC 1035 5.1). */
int master_head_read(struct master_file *f, struct master_head *out)
{
	*out = (struct master_head){ .class = f->run->class };
	for (;; master_next(f)) {
		struct token *t = &f->token;

		if (at_end(t))
			return missing(f, "a type");
		if (t->kind != TOKEN_WORD)
			return not_a_type(f);
		if (!out->has_ttl && *t->at >= '0' && *t->at <= '9') {
			int err = read_ttl(f, &out->ttl);

			if (err)
				return err;
			out->has_ttl = true;
			f->run->last_ttl = out->ttl;
			f->run->has_last_ttl = true;
		} else if (!out->has_class && is_class(t, &out->class)) {
			out->has_class = true;
		} else {
			break;
		}
	}
	out->type_token = f->token;
	if (rr_type_parse(f->token.at, f->token.len, &out->type))
		return not_a_type(f);
	if (rr_type_is_meta(out->type))
		return master_not(f, "a record type allowed in zones");
	return OK;
}

/*
 * The TTL of a record: its own, that of $TTL (RFC 2308 4), the last one stated (RFC
 * 1035 5.1), the caller's. A SOA alone may lend its MINIMUM, as other servers do.
 */
static int choose_ttl(struct master_file *f, const struct master_head *head,
		      size_t rdlen, uint32_t *out)
{
	enum { MINIMUM_LEN = 4 };
	struct master_run *run = f->run;
	struct reader minimum;

	if (head->has_ttl)
		*out = head->ttl;
	else if (run->has_default_ttl)
		*out = run->default_ttl;
	else if (run->has_last_ttl)
		*out = run->last_ttl;
	else if (run->src->has_ttl)
		*out = run->src->ttl_s;
	else if (head->type != RR_SOA || rdlen < MINIMUM_LEN)
		return lexer_fail(&f->lex, &head->type_token,
				  "no TTL: none here, none in a "
				  "previous record and no $TTL");
	else {
		minimum = reader_of(run->rdata + rdlen - MINIMUM_LEN, MINIMUM_LEN);
		*out = run->last_ttl = reader_u32(&minimum) & TTL_MAX;
		run->has_last_ttl = true;
	}
	return OK;
}

int master_record_read(struct master_file *f, struct lexer *lex,
		       const struct master_head *head, const struct token *place,
		       struct token *last)
{
	struct master_run *run = f->run;
	struct rr_text t = { .lex = lex, .origin = &f->origin };
	struct master_record record;
	int err;

	t.out = writer_of(run->rdata, RDATA_MAX_LEN);
	t.token = head->type_token;
	err = rr_text_read(&t, head->type);
	*last = t.token;
	if (err)
		return err;
	record.owner = &f->owner;
	record.rdata = run->rdata;
	record.rdlen = writer_len(&t.out);
	record.type = head->type;
	record.class = run->class = head->class;
	err = choose_ttl(f, head, record.rdlen, &record.ttl);
	if (err)
		return err;
	record.place = place_of(f, place);
	if (!f->owner_is_bad)
		run->result = run->fn(run->arg, &record);
	return OK;
}

/* A name, or @, from the token read last. */
static int read_name(struct master_file *f, struct name *out)
{
	const struct token *t = &f->token;
	int err;

	if (t->kind == TOKEN_BAD)
		return ERR_MALFORMED;
	if (t->kind == TOKEN_QUOTED)
		return master_not(f, "a name: names cannot be quoted");
	if (t->len == 1 && *t->at == '@') {
		*out = f->origin;
		return OK;
	}
	err = name_parse(t->at, t->len, &f->origin, out);
	if (err == ERR_LIMIT)
		return master_not(f,
				  "a name: a label has at most 63 octets, a name 255");
	return err ? master_not(f, "a name") : OK;
}

/* The owner, from the token read last. */
static int read_owner(struct master_file *f)
{
	int err = read_name(f, &f->owner);

	f->has_owner = true;
	f->owner_is_bad = err != OK;
	return err;
}

static int read_record(struct master_file *f, bool with_owner)
{
	struct token place = f->token;
	struct master_head head;
	int err;

	if (with_owner) {
		err = read_owner(f);
		if (err)
			return err;
		master_next(f);
	} else if (!f->has_owner) {
		return lexer_fail(&f->lex, &place,
				  "no owner name here, and no previous one");
	}
	err = master_head_read(f, &head);
	if (err)
		return err;
	err = master_record_read(f, &f->lex, &head, &place, &f->token);
	if (!err)
		master_warn_glued(f, head.type);
	return err;
}

static int read_origin(struct master_file *f)
{
	return master_next(f) ? read_name(f, &f->origin) : missing(f, "a name");
}

static int read_default_ttl(struct master_file *f)
{
	int err;

	if (!master_next(f))
		return missing(f, "a TTL");
	if (f->token.kind != TOKEN_WORD)
		return master_not(f, "a TTL");
	err = read_ttl(f, &f->run->default_ttl);
	f->run->has_default_ttl = !err || f->run->has_default_ttl;
	return err;
}

/* The path as the including file means it: relative to that file. */
static char *resolve_path(const struct master_file *f, const struct token *t)
{
	const char *slash = strrchr(f->path, '/');
	size_t dir_len = slash && *t->at != '/' ? (size_t)(slash - f->path) + 1 : 0;

	return alloc_format("%.*s%.*s", (int)dir_len, f->path, (int)t->len, t->at);
}

/* Why a file may not be included here, or NULL. */
static const char *include_fault(const struct master_file *f, const char *path)
{
	unsigned depth = 0;

	for (; f; f = f->parent, depth++) {
		if (strcmp(f->path, path) == 0)
			return "includes itself";
	}
	return depth > INCLUDES_MAX ? "includes are nested too deeply" : NULL;
}

static int include(struct master_file *f, const struct token *t, const char *path,
		   const struct name *origin)
{
	struct master_run *run = f->run;
	struct master_text text;
	const char *why = include_fault(f, path);
	char shown[256];
	int err;

	if (why)
		return lexer_fail(&f->lex, t, "%s %s", token_show(t, shown), why);
	err = run->files->open(run->files->arg, path, &text);
	if (err)
		return lexer_fail(&f->lex, t, "cannot read %s: %s",
				  token_show(t, shown),
				  err == ERR_SYSTEM ? strerror(errno) : err_text(err));
	master_file_parse(run, f, path, origin, text);
	return OK;
}

static int read_include(struct master_file *f)
{
	struct name origin = f->origin;
	struct token file;
	char *path;
	int err;

	if (!master_next(f))
		return missing(f, "a file");
	if (f->token.kind == TOKEN_BAD || f->token.len == 0)
		return master_not(f, "a file");
	file = f->token;
	if (master_next(f)) {
		err = read_name(f, &origin);
		if (err)
			return err;
		if (master_next(f))
			return unexpected(f);
	}
	path = resolve_path(f, &file);
	err = include(f, &file, path, &origin);
	free(path);
	return err;
}

static const struct {
	const char *name;
	int (*read)(struct master_file *f);
} directives[] = {
	{ "$ORIGIN", read_origin },
	{ "$TTL", read_default_ttl },
	{ "$INCLUDE", read_include },
	{ "$GENERATE", master_generate },
};

enum { DIRECTIVES = sizeof(directives) / sizeof(*directives) };

static const char *directive_at(const void *unused, size_t i)
{
	(void)unused;
	return directives[i].name;
}

static int read_directive(struct master_file *f)
{
	bool had_fault;
	int err;

	for (size_t i = 0; i < DIRECTIVES; i++) {
		const char *name = directives[i].name;

		if (strlen(name) != f->token.len ||
		    strncasecmp(name, f->token.at, f->token.len) != 0)
			continue;
		err = directives[i].read(f);
		if (!err && !at_end(&f->token) && master_next(f))
			err = unexpected(f);
		return err;
	}
	had_fault = f->lex.fault.text[0];
	err = master_not(f, "a directive");
	if (!had_fault)
		suggest_for(f, DIRECTIVES, directive_at, NULL);
	return err;
}

static void read_entry(struct master_file *f)
{
	bool blank = *f->lex.at == ' ' || *f->lex.at == '\t';
	int err;

	f->lex.glued.at = NULL;
	f->lex.unclosed = false;
	if (!master_next(f))
		return;
	if (!blank && f->token.kind == TOKEN_WORD && *f->token.at == '$')
		err = read_directive(f);
	else
		err = read_record(f, !blank);
	if (!err)
		return;
	if (!at_end(&f->token))
		lexer_skip_entry(&f->lex);
	master_explain(f);
	master_report(f);
}

void master_file_parse(struct master_run *run, const struct master_file *parent,
		       const char *path, const struct name *origin,
		       struct master_text text)
{
	struct master_file f = {
		.run = run,
		.parent = parent,
		.path = path,
		.lex = lexer_of(text.octets, text.len),
		.origin = *origin,
	};

	bool readable = master_skip_mark(&f);

	while (readable && !run->result && f.lex.at < f.lex.end)
		read_entry(&f);
	run->files->close(run->files->arg, &text);
}

int master_parse(const struct master_source *src, const struct name *origin,
		 struct diags *diags, master_record_fn *fn, void *arg)
{
	struct master_run run = {
		.src = src,
		.files = src->files ? src->files : &master_disk,
		.diags = diags,
		.fn = fn,
		.arg = arg,
		.class = CLASS_IN,
	};
	size_t had_count = diags->error_count;
	struct master_text text;
	int err = run.files->open(run.files->arg, src->path, &text);

	if (err) {
		diags_add(diags, DIAG_ERROR, (struct diag_place){ .file = src->path },
			  "cannot read the file: %s",
			  err == ERR_SYSTEM ? strerror(errno) : err_text(err));
		return ERR_INVALID;
	}
	run.rdata = alloc_resize(NULL, RDATA_MAX_LEN, 1);
	master_file_parse(&run, NULL, src->path, origin, text);
	free(run.rdata);
	if (run.result)
		return run.result;
	return diags->error_count > had_count ? ERR_INVALID : OK;
}
