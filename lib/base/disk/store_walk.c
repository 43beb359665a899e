/* A walk over a store by key, which may take many turns. */
#include <string.h>

#include "base/disk/store.h"
#include "base/disk/store_body.h"
#include "base/err.h"

/* Moves to the first row at or after a key; MDB_NOTFOUND: all are before it. */
static int seek(MDB_cursor *c, const char *at, size_t len, MDB_val *key, MDB_val *value)
{
	*key = val_of(at, len);
	return mdb_cursor_get(c, key, value, len ? MDB_SET_RANGE : MDB_FIRST);
}

static int seek_up(MDB_cursor *c, const char *prefix, const char *from, MDB_val *key,
		   MDB_val *value)
{
	const char *at = *from ? from : prefix;
	int reason = seek(c, at, strlen(at), key, value);

	if (reason == 0 && *from && key->mv_size == strlen(from) &&
	    memcmp(key->mv_data, from, key->mv_size) == 0)
		reason = mdb_cursor_get(c, key, value, MDB_NEXT);
	return reason;
}

static int seek_down(MDB_cursor *c, const char *prefix, const char *from, MDB_val *key,
		     MDB_val *value)
{
	char beyond[STORE_KEY_MAX + 1];
	size_t len = strlen(*from ? from : prefix);
	int reason;

	memcpy(beyond, *from ? from : prefix, len);
	if (*from == '\0' && len)
		beyond[len - 1]++; /* keys are text: no octet is 255 */
	reason = len ? seek(c, beyond, len, key, value) : MDB_NOTFOUND;
	if (reason && reason != MDB_NOTFOUND)
		return reason;
	return mdb_cursor_get(c, key, value, reason ? MDB_LAST : MDB_PREV);
}

int store_next(struct store *s, const char *prefix, enum store_way way,
	       char key[STORE_KEY_MAX + 1], const void **value, size_t *len)
{
	MDB_cursor *cursor;
	MDB_val k;
	MDB_val v;
	int reason;
	int err = store_cursor(s, &cursor);

	if (err)
		return err;
	reason = way == STORE_UP ? seek_up(cursor, prefix, key, &k, &v)
				 : seek_down(cursor, prefix, key, &k, &v);
	mdb_cursor_close(cursor);
	if (reason && reason != MDB_NOTFOUND)
		return store_err(reason);
	if (reason || k.mv_size < strlen(prefix) ||
	    memcmp(k.mv_data, prefix, strlen(prefix)) != 0)
		return ERR_NOT_FOUND;
	memcpy(key, k.mv_data, k.mv_size);
	key[k.mv_size] = '\0';
	*value = v.mv_data;
	*len = v.mv_size;
	return OK;
}
