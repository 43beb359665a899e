#include "recursor/engine_copy.h"

#include <stdlib.h>

#include "base/alloc.h"

struct engine_copy {
	struct engine_options own; /* its strings and lists are ours */
	char **inside;
	char *root_hints, *anchor_file, *kept_anchors;
	struct addr *forwarders;
};

static char *text_or_null(const char *text)
{
	return text ? alloc_text(text) : NULL;
}

struct engine_copy *engine_copy_new(const struct engine_options *from)
{
	struct engine_copy *o = alloc(sizeof(*o));

	o->own = *from;
	o->forwarders = alloc_array(from->forwarder_count + 1, sizeof(*o->forwarders));
	for (size_t i = 0; i < from->forwarder_count; i++)
		o->forwarders[i] = from->forwarders[i];
	o->inside = alloc_array(from->inside_count + 1, sizeof(char *));
	for (size_t i = 0; i < from->inside_count; i++)
		o->inside[i] = alloc_text(from->inside[i]);
	o->own.forwarders = o->forwarders;
	o->own.inside = (const char *const *)o->inside;
	o->own.root_hints = o->root_hints = text_or_null(from->root_hints);
	o->own.anchor_file = o->anchor_file = text_or_null(from->anchor_file);
	o->own.kept_anchors = o->kept_anchors = text_or_null(from->kept_anchors);
	return o;
}

void engine_copy_free(struct engine_copy *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->own.inside_count; i++)
		free(o->inside[i]);
	free(o->inside);
	free(o->forwarders);
	free(o->root_hints);
	free(o->anchor_file);
	free(o->kept_anchors);
	free(o);
}

const struct engine_options *engine_copy_options(const struct engine_copy *o)
{
	return &o->own;
}
