#include "conf/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

const char secret_shown[] = "(not shown)";

void secret_set(struct conf_secret *s, const void *octets, size_t len, const char *file)
{
	s->text = alloc(len + 1);
	memcpy(s->text, octets, len);
	s->len = len;
	s->file = file ? alloc_text(file) : NULL;
}

void secret_copy(struct conf_secret *to, const struct conf_secret *from)
{
	*to = (struct conf_secret){ 0 };
	if (from->text)
		secret_set(to, from->text, from->len, from->file);
	else if (from->file)
		to->file = alloc_text(from->file);
}

void secret_fini(struct conf_secret *s)
{
	free_wiped(s->text, s->len);
	free(s->file);
}

bool secret_is_given(const struct conf_secret *s)
{
	return s->text || s->file;
}

static bool is_known(const struct conf_secret *s)
{
	return s->text && strcmp(s->text, secret_shown) != 0;
}

bool secret_differs(const struct conf_secret *a, const struct conf_secret *b)
{
	if (secret_is_given(a) != secret_is_given(b) || !a->file != !b->file)
		return true;
	if (a->file && strcmp(a->file, b->file) != 0)
		return true;
	return is_known(a) && is_known(b) &&
	       (a->len != b->len || memcmp(a->text, b->text, a->len) != 0);
}

/* Checks who may read the file. Returns NULL, or whose rights are too many. */
static char *rights_fault(const struct stat *st, const char *path, const char *user)
{
	const struct passwd *pw = user ? getpwnam(user) : NULL;
	bool own = st->st_uid == 0 || st->st_uid == geteuid() ||
		   (pw && st->st_uid == pw->pw_uid);

	if (!S_ISREG(st->st_mode))
		return alloc_text("it is no file");
	if (!own)
		return alloc_format("it belongs to neither root nor %s, who could "
				    "change it; `chown root %s`",
				    user ? user : "who runs deputyd", path);
	if (st->st_mode & (S_IRWXO | S_IWGRP))
		return alloc_format("others may read or change it; `chmod o=,g-w %s`",
				    path);
	if (st->st_mode & S_IRGRP && !(pw && st->st_gid == pw->pw_gid))
		return alloc_format("a group that is not %s's may read it; "
				    "`chmod g= %s`",
				    user ? user : "deputyd", path);
	return NULL;
}

/* Takes what was read, without its line end. Returns NULL, or why it is not a secret.
 */
static char *take(const char *octets, size_t len, const char *path, bool lines,
		  struct conf_secret *out)
{
	const char *allowed = lines ? "\r\n\t" : "";

	if (len > SECRET_MAX_LEN)
		return alloc_format("it is longer than %d octets", SECRET_MAX_LEN);
	if (len && octets[len - 1] == '\n')
		len--;
	if (len && octets[len - 1] == '\r')
		len--;
	if (len == 0)
		return alloc_text("it is empty");
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)octets[i] < 0x20 || octets[i] == 0x7f) &&
		    !(octets[i] && strchr(allowed, octets[i])))
			return alloc_text(octets[i] == '\n'
						  ? "it has more than one line"
						  : "it contains a control character");
	secret_set(out, octets, len, path);
	return NULL;
}

/* Reads an open file. Returns NULL, or why its contents are not a secret. */
static char *read_open(int fd, const char *path, bool lines, struct conf_secret *out)
{
	char octets[SECRET_MAX_LEN + 1];
	size_t len = 0;
	ssize_t got = 1;
	char *why;

	while (got > 0 && len < sizeof octets) {
		got = read(fd, octets + len, sizeof octets - len);
		if (got > 0)
			len += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	why = got < 0 ? alloc_text(strerror(errno))
		      : take(octets, len, path, lines, out);
	explicit_bzero(octets, sizeof octets);
	return why;
}

char *secret_read(const char *path, const char *user, bool lines,
		  struct conf_secret *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	char *why;

	if (fd < 0)
		return alloc_text(errno == ELOOP ? "it is a link" : strerror(errno));
	why = fstat(fd, &st) ? alloc_text(strerror(errno))
			     : rights_fault(&st, path, user);
	if (why == NULL)
		why = read_open(fd, path, lines, out);
	(void)close(fd);
	return why;
}
