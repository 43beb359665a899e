#include "keeper/folders.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/process/confine.h"
#include "conf/node.h"

enum {
	STATE_MODE = 0750,
	/* The group makes sockets there; the sticky bit keeps each its owner's, and the
	 * group of the folder becomes theirs. */
	RUN_MODE = 03775,
	DESCRIPTORS = 262144
};

/* Makes a folder and those above it. Returns whether it was made, or ERR_SYSTEM. */
static int make_path(const char *path, mode_t mode)
{
	char *above = alloc_text(path);
	int made = 0;

	for (char *p = above + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(above, 0755) && errno != EEXIST)
			break;
		*p = '/';
	}
	/* systemd's RestrictSUIDSGID= refuses the bit of the group, even where nothing
	 * is to be made; root sets it afterwards, and nobody else needs it */
	if (mkdir(path, mode & 01777) == 0)
		made = 1;
	else if (errno != EEXIST)
		made = ERR_SYSTEM;
	free(above);
	return made;
}

static bool is_ours_by_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && strcmp(slash, "/deputy") == 0;
}

static int make(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;
	int made = make_path(path, mode);

	if (made < 0 || stat(path, &st))
		return ERR_SYSTEM;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return ERR_SYSTEM;
	}
	if (geteuid() != 0 || !(made || is_ours_by_name(path)))
		return OK;
	return chown(path, uid, gid) || chmod(path, mode) ? ERR_SYSTEM : OK;
}

int folders_make(const struct conf_node *node, struct diags *diags)
{
	const struct diag_place nowhere = { 0 };
	const struct passwd *user = geteuid() == 0 ? getpwnam(node->user) : NULL;
	uid_t uid = user ? user->pw_uid : geteuid();
	gid_t gid = user ? user->pw_gid : getegid();
	int err = OK;

	if (user == NULL && geteuid() == 0)
		diags_add(diags, DIAG_WARNING, nowhere,
			  "user '%s' does not exist: deputy-dns runs as root without "
			  "root's capabilities; create the user with `useradd --system "
			  "--shell /usr/sbin/nologin %s` and restart deputy",
			  node->user, node->user);
	if (make(node->state_dir, STATE_MODE, uid, gid)) {
		diags_add(diags, DIAG_ERROR, nowhere, "state: %s: %s", node->state_dir,
			  strerror(errno));
		err = ERR_INVALID;
	}
	if (make(node->run_dir, RUN_MODE, geteuid(), gid)) {
		diags_add(diags, DIAG_ERROR, nowhere, "run: %s: %s", node->run_dir,
			  strerror(errno));
		err = ERR_INVALID;
	}
	return err;
}

/* A child may raise its limit no further than this, and a connection takes one. */
static void raise_descriptor_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_max >= DESCRIPTORS)
		return;
	files.rlim_max = DESCRIPTORS;
	(void)setrlimit(RLIMIT_NOFILE, &files); /* fewer connections, if not */
}

int rights_reduce(void)
{
	if (confine_memory())
		return ERR_SYSTEM;
	if (geteuid() != 0)
		return OK;
	raise_descriptor_limit();
	return confine_capabilities(CAP_BIT(CAP_NET_BIND_SERVICE) |
				    CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID) |
				    CAP_BIT(CAP_KILL));
}
