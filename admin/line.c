/* jansson and base/operator/json.h share names: this file includes only the first. */
#include "admin/line.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

/* Borrows the texts of an array; all of them must be texts. */
static const char *take_args(json_t *array, struct request_line *out)
{
	size_t count = array ? json_array_size(array) : 0;

	if (array && !json_is_array(array))
		return "\"args\" is not an array";
	if (count > LINE_ARGS_MAX)
		return "too many arguments";
	out->args = alloc_array(count + 1, sizeof(*out->args));
	for (; out->arg_count < count; out->arg_count++) {
		const json_t *arg = json_array_get(array, out->arg_count);

		if (!json_is_string(arg))
			return "an argument is not a string";
		out->args[out->arg_count] = json_string_value(arg);
	}
	return NULL;
}

static const char *take_members(json_t *json, struct request_line *out)
{
	const char *key;
	json_t *value;

	if (!json_is_object(json))
		return "the request is not an object";
	json_object_foreach(json, key, value)
	{
		if (strcmp(key, "command") != 0 && strcmp(key, "args") != 0)
			return "unknown member: only \"command\" "
			       "and \"args\" are allowed";
	}
	out->command = json_string_value(json_object_get(json, "command"));
	if (out->command == NULL)
		return "\"command\" is not a string";
	return take_args(json_object_get(json, "args"), out);
}

int line_parse(const char *octets, size_t len, struct request_line *out,
	       const char **why)
{
	struct request_line l = { 0 };

	if (len > LINE_MAX_LEN) {
		*why = "the request is too long";
		return ERR_LIMIT;
	}
	l.json = json_loadb(octets, len, JSON_REJECT_DUPLICATES, NULL);
	*why = l.json ? take_members(l.json, &l) : "the request is not JSON";
	if (*why) {
		line_fini(&l);
		return ERR_MALFORMED;
	}
	*out = l;
	return OK;
}

void line_fini(struct request_line *l)
{
	json_decref(l->json);
	free(l->args);
	*l = (struct request_line){ 0 };
}
