#include "conf/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/err.h"

enum { MAX_DEPTH = 32 };

struct tree_frame {
	struct node *node;
	struct node *key; /* waits for its value */
	struct node **tail;
};

/* Walks back and forth over the octets, because the marks of libyaml count characters.
 */
struct mark_cursor {
	size_t index;
	size_t offset;
};

struct tree_builder {
	const struct source *source;
	struct diags *diags;
	struct arena *arena;
	size_t bom_len;
	struct mark_cursor cursor;
	struct tree_frame frames[MAX_DEPTH];
	size_t depth;
	struct node *root;
	bool had_document;
};

static struct diag_place place_of(struct tree_builder *b, const yaml_mark_t *mark)
{
	const struct source *s = b->source;
	struct mark_cursor *c = &b->cursor;
	size_t line = mark->line < s->line_count ? mark->line : s->line_count - 1;
	size_t start;

	while (c->index < mark->index && c->offset < s->len) {
		c->offset++;
		while (c->offset < s->len && (s->octets[c->offset] & 0xc0) == 0x80)
			c->offset++;
		c->index++;
	}
	while (c->index > mark->index && c->offset > b->bom_len) {
		c->offset--;
		while (c->offset > b->bom_len && (s->octets[c->offset] & 0xc0) == 0x80)
			c->offset--;
		c->index--;
	}
	start = s->line_starts[line];
	return (struct diag_place){
		.line = (uint32_t)line + 1,
		.col = c->offset >= start ? (uint32_t)(c->offset - start) + 1 : 1,
	};
}

static void fault(struct tree_builder *b, struct diag_place place, const char *text)
{
	source_report(b->source, b->diags, DIAG_ERROR, place, text);
}

/* Messages of libyaml, and our own wording for users of deputy.conf. */
/* clang-format off */
static const struct {
	const char *problem;
	const char *words;
} plain_words[] = {
	{ "found character that cannot start any token", "this character cannot start a value: put the value in quotes" },
	{ "mapping values are not allowed in this context", "unexpected ':': is a line indented wrongly, or a quote missing?" },
	{ "did not find expected key", "expected a key here: is the line indented like those around it?" },
	{ "did not find expected '-' indicator", "expected '- ' here: is the line indented like those around it?" },
	{ "did not find expected ',' or ']'", "expected ',' or ']' here: the list is not closed" },
	{ "did not find expected ',' or '}'", "expected ',' or '}' here: the mapping is not closed" },
	{ "could not find expected ':'", "expected ':' and a value after this key" },
	{ "found unexpected end of stream", "the file ends inside a quoted string" },
	{ "block sequence entries are not allowed in this context", "unexpected '- ': start the list on its own line" },
	{ "did not find expected <document start>", "the document ended before this line" },
	{ "did not find expected node content", "expected a value here" },
};
/* clang-format on */

static bool is_in_indentation(const struct source *s, struct diag_place place)
{
	const char *line = s->octets + s->line_starts[place.line - 1];

	for (uint32_t i = 0; i + 1 < place.col; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return false;
	return true;
}

static bool line_has(const struct source *s, struct diag_place place, const char *what)
{
	size_t start = s->line_starts[place.line - 1];
	size_t end = place.line < s->line_count ? s->line_starts[place.line] : s->len;

	return memmem(s->octets + start, end - start, what, strlen(what)) != NULL;
}

static int report_syntax(struct tree_builder *b, const yaml_parser_t *parser)
{
	const struct source *s = b->source;
	bool no_colon = parser->context &&
			strcmp(parser->context, "while scanning a simple key") == 0;
	struct diag_place place = place_of(b, no_colon ? &parser->context_mark
						       : &parser->problem_mark);
	size_t offset = s->line_starts[place.line - 1] + place.col - 1;
	bool at_tab = offset < s->len && s->octets[offset] == '\t';
	const char *text = parser->problem ? parser->problem : "invalid YAML";
	char *whole;

	assert(parser->error != YAML_MEMORY_ERROR);
	for (size_t i = 0; i < sizeof plain_words / sizeof *plain_words; i++)
		if (strcmp(text, plain_words[i].problem) == 0)
			text = plain_words[i].words;
	if (at_tab && is_in_indentation(s, place))
		text = "this line is indented with a tab: YAML requires spaces";
	else if (line_has(s, place, "::") && !line_has(s, place, "\""))
		text = "invalid YAML here: an IPv6 address inside [ "
		       "] or { } needs quotes";
	if (!no_colon && parser->context &&
	    parser->context_mark.line != parser->problem_mark.line)
		whole = alloc_format("%s (%s that began at line %zu)", text,
				     parser->context, parser->context_mark.line + 1);
	else
		whole = alloc_text(text);
	fault(b, place, whole);
	free(whole);
	return ERR_INVALID;
}

static struct node *node_add(struct tree_builder *b, enum node_kind kind,
			     const yaml_event_t *e)
{
	struct node *n = arena_take(b->arena, sizeof *n);
	struct diag_place place = place_of(b, &e->start_mark);
	struct tree_frame *f = b->depth ? &b->frames[b->depth - 1] : NULL;

	n->kind = kind;
	n->line = place.line;
	n->col = place.col;
	if (f == NULL) {
		b->root = n;
		return n;
	}
	if (f->node->kind == NODE_MAPPING && f->key == NULL) {
		f->key = n;
		n->broken = kind != NODE_SCALAR;
		if (n->broken)
			fault(b, place, "a key must be a word");
		return n;
	}
	n->key = f->key;
	if (n->key && n->key->broken)
		n->broken = true;
	f->key = NULL;
	*f->tail = n;
	f->tail = &n->next;
	f->node->child_count++;
	return n;
}

/* Adds a list or a mapping and steps into it. */
static int open_node(struct tree_builder *b, enum node_kind kind, const yaml_event_t *e)
{
	struct node *n = node_add(b, kind, e);

	if (b->depth == MAX_DEPTH) {
		fault(b, node_place(n), "nested too deeply");
		return ERR_INVALID;
	}
	b->frames[b->depth++] = (struct tree_frame){ .node = n, .tail = &n->first };
	return OK;
}

static void refuse_properties(struct tree_builder *b, const yaml_event_t *e,
			      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		fault(b, place_of(b, &e->start_mark),
		      "anchors (&name) are not supported in deputy.conf");
	if (tag)
		fault(b, place_of(b, &e->start_mark),
		      "tags (!name) are not supported in deputy.conf");
}

static void take_scalar(struct tree_builder *b, const yaml_event_t *e)
{
	struct node *n = node_add(b, NODE_SCALAR, e);

	struct diag_place end = place_of(b, &e->end_mark);

	n->end_line = end.line;
	n->end_col = end.col;
	n->text = arena_copy(b->arena, e->data.scalar.value, e->data.scalar.length);
	n->len = e->data.scalar.length;
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	refuse_properties(b, e, e->data.scalar.anchor, e->data.scalar.tag);
}

static void take_alias(struct tree_builder *b, const yaml_event_t *e)
{
	struct node *n = node_add(b, NODE_SCALAR, e);

	n->text = "";
	n->broken = true;
	fault(b, node_place(n),
	      "aliases (*name) are not supported in deputy.conf: write out the value");
}

static int take_event(struct tree_builder *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->had_document) {
			fault(b, place_of(b, &e->start_mark),
			      "a second document starts here: a configuration must be "
			      "a single document");
			return ERR_INVALID;
		}
		b->had_document = true;
		return OK;
	case YAML_SCALAR_EVENT:
		take_scalar(b, e);
		return OK;
	case YAML_ALIAS_EVENT:
		take_alias(b, e);
		return OK;
	case YAML_SEQUENCE_START_EVENT:
		refuse_properties(b, e, e->data.sequence_start.anchor,
				  e->data.sequence_start.tag);
		return open_node(b, NODE_LIST, e);
	case YAML_MAPPING_START_EVENT:
		refuse_properties(b, e, e->data.mapping_start.anchor,
				  e->data.mapping_start.tag);
		return open_node(b, NODE_MAPPING, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return OK;
	default:
		return OK;
	}
}

static int take_events(struct tree_builder *b, yaml_parser_t *parser)
{
	yaml_event_t e;
	bool ended = false;
	int err = OK;

	while (!err && !ended) {
		if (!yaml_parser_parse(parser, &e))
			return report_syntax(b, parser);
		ended = e.type == YAML_STREAM_END_EVENT;
		err = take_event(b, &e);
		yaml_event_delete(&e);
	}
	return err;
}

int tree_read(const struct source *s, struct arena *arena, struct diags *diags,
	      struct node **out)
{
	struct tree_builder b = { .source = s, .diags = diags, .arena = arena };
	yaml_parser_t parser;
	int err;

	if (s->len >= 3 && memcmp(s->octets, "\xef\xbb\xbf", 3) == 0)
		b.bom_len = 3;
	b.cursor.offset = b.bom_len;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser,
				     (const unsigned char *)s->octets + b.bom_len,
				     s->len - b.bom_len);
	err = take_events(&b, &parser);
	yaml_parser_delete(&parser);
	if (!err)
		*out = b.root;
	return err;
}

const struct node *node_find(const struct node *mapping, const char *key)
{
	if (mapping == NULL || mapping->kind != NODE_MAPPING)
		return NULL;
	for (const struct node *n = mapping->first; n; n = n->next)
		if (n->key->kind == NODE_SCALAR && strcmp(n->key->text, key) == 0)
			return n;
	return NULL;
}

bool node_is_empty(const struct node *n)
{
	return n->kind == NODE_SCALAR && !n->quoted &&
	       (n->len == 0 || strcmp(n->text, "~") == 0 ||
		strcmp(n->text, "null") == 0);
}
