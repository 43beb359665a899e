#include "base/operator/command.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/operator/usage.h"
#include "base/text.h"

void request_fail(struct request *req, enum exit_status status, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	json_text(&req->json, "error", len < 0 ? format : text);
	free(text);
	req->status = status;
}

struct request *request_defer(struct request *req)
{
	req->door->defer(req);
	return req;
}

void request_finish(struct request *deferred)
{
	deferred->door->finish(deferred);
}

void request_push(struct request *deferred)
{
	deferred->door->push(deferred);
}

void request_gone(struct request *deferred, request_gone_fn *fn, void *arg)
{
	deferred->door->gone(deferred, fn, arg);
}

/* Without a control socket the whole answer is wanted at once. */
void request_pull(struct request *req, request_piece_fn *piece, request_gone_fn *done,
		  void *arg)
{
	if (req->door) {
		req->door->pull(req, piece, done, arg);
		return;
	}
	while (piece(req, arg) == PIECE_MORE)
		;
	done(arg);
}

void request_resume(struct request *deferred)
{
	deferred->door->resume(deferred);
}

/* The name and, behind "=", the value of an argument that is an option. */
static bool option_split(const char *arg, struct text *name, struct text *rest)
{
	if (strncmp(arg, "--", 2) != 0)
		return false;
	*rest = text_from(arg + 2);
	*name = text_split(rest, '=');
	return true;
}

/* Without a row every option is bare. */
static bool takes_value(const struct request *req, const struct text *name)
{
	return req->command && usage_takes_value(req->command, name);
}

static bool has_inline_value(const struct text *name, const struct text *rest)
{
	return rest->at > name->end;
}

const char *request_option_at(const struct request *req, const char *name, size_t n)
{
	struct text found;
	struct text value;

	for (size_t i = 0; i < req->arg_count; i++) {
		if (strcmp(req->args[i], "--") == 0)
			break;
		if (!option_split(req->args[i], &found, &value))
			continue;
		if (!text_is(&found, name) || n-- > 0) {
			i += !has_inline_value(&found, &value) &&
			     takes_value(req, &found);
			continue;
		}
		if (has_inline_value(&found, &value))
			return value.at;
		if (takes_value(req, &found) && i + 1 < req->arg_count)
			return req->args[i + 1];
		return "";
	}
	return NULL;
}

const char *request_option(const struct request *req, const char *name)
{
	return request_option_at(req, name, 0);
}

const char *request_word(const struct request *req, size_t n)
{
	bool words_only = false;

	for (size_t i = 0; i < req->arg_count; i++) {
		struct text name;
		struct text rest;

		if (!words_only && strcmp(req->args[i], "--") == 0) {
			words_only = true;
			continue;
		}
		if (!words_only && option_split(req->args[i], &name, &rest)) {
			i += !has_inline_value(&name, &rest) && takes_value(req, &name);
			continue;
		}
		if (n-- == 0)
			return req->args[i];
	}
	return NULL;
}
