#include "keeper/folders.h"

#include <errno.h>
#include <fcntl.h>
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

/* One of the two, and what root makes of it. */
struct folder {
	const char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool made;
	const char *why; /* it is not used; NULL: errno tells */
};

static bool is_ours_by_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && strcmp(slash, "/deputy") == 0;
}

static bool is_root(void)
{
	return geteuid() == 0;
}

/*
 * What root must not step over: others may have put it there, so that root would give
 * away what it leads to.
 *
 * is_link  a link that may be followed
 */
static const char *trap_at(int at, const char *name, bool last, uid_t uid,
			   bool *is_link)
{
	struct stat above, st;

	*is_link = false;
	if (!is_root() || fstat(at, &above) ||
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
		return NULL;
	if ((last || S_ISLNK(st.st_mode)) && above.st_mode & S_IWOTH &&
	    !(above.st_mode & S_ISVTX))
		return "every user can replace it: remove the write permission of "
		       "others from its parent directory (chmod o-w)";
	if (S_ISLNK(st.st_mode) && (last || st.st_uid != 0))
		return last ? "is a symbolic link, which root does not follow here: "
			      "give the path of the directory itself"
			    : "leads over a symbolic link that is not root's";
	if (last && above.st_mode & S_IWOTH && st.st_uid != 0 && st.st_uid != uid)
		return "another user made it in a directory that every user can write "
		       "to: choose another path";
	*is_link = S_ISLNK(st.st_mode);
	return NULL;
}

/* Opens a directory in `at`, which it closes; makes it if it is missing. */
static int enter(struct folder *f, int at, const char *name, bool last)
{
	/* systemd's RestrictSUIDSGID= refuses the bit of the group, even where nothing
	 * is to be made; root sets it afterwards, and nobody else needs it */
	bool made = mkdirat(at, name, last ? f->mode & 01777 : 0755) == 0;
	int reason = made ? ENOENT : errno;
	int fd = -1;
	bool is_link;

	f->why = trap_at(at, name, last, f->uid, &is_link);
	if (f->why == NULL)
		fd = openat(at, name,
			    (last && is_root() ? O_RDONLY : O_PATH) | O_DIRECTORY |
				    O_CLOEXEC |
				    (is_root() && !is_link ? O_NOFOLLOW : 0));
	if (fd < 0 && f->why == NULL && errno == ENOENT)
		errno = reason; /* why it could not be made */
	reason = errno;
	close(at);
	errno = reason;
	f->made = last && made;
	return fd;
}

/* Opens it, making it and those above it. Returns a descriptor or ERR_SYSTEM. */
static int open_path(struct folder *f)
{
	char *names = alloc_text(f->path);
	char *rest = NULL;
	int at = open(*f->path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *name = strtok_r(names, "/", &rest);

	while (at >= 0 && name) {
		char *next = strtok_r(NULL, "/", &rest);

		at = enter(f, at, name, next == NULL);
		name = next;
	}
	free(names);
	return at < 0 ? ERR_SYSTEM : at;
}

static int make(struct folder *f)
{
	int fd = open_path(f);
	int err = OK;

	if (fd < 0)
		return ERR_SYSTEM;
	if (is_root() && (f->made || is_ours_by_name(f->path)) &&
	    (fchown(fd, f->uid, f->gid) || fchmod(fd, f->mode)))
		err = ERR_SYSTEM;
	if (err)
		f->why = strerror(errno);
	close(fd);
	return err;
}

static int make_one(struct folder f, const char *setting, struct diags *diags)
{
	if (make(&f) == OK)
		return OK;
	diags_add(diags, DIAG_ERROR, (struct diag_place){ 0 }, "%s: %s: %s", setting,
		  f.path, f.why ? f.why : strerror(errno));
	return ERR_INVALID;
}

int user_check(const struct conf_node *node, struct diags *diags)
{
	if (!is_root() || getpwnam(node->user))
		return OK;
	diags_add(diags, DIAG_ERROR, (struct diag_place){ 0 },
		  "user '%s' does not exist: create it with `useradd --system "
		  "--shell /usr/sbin/nologin %s`, or say `user: root` to have all "
		  "processes run as root",
		  node->user, node->user);
	return ERR_INVALID;
}

int folders_make(const struct conf_node *node, struct diags *diags)
{
	const struct passwd *user = is_root() ? getpwnam(node->user) : NULL;
	uid_t uid = user ? user->pw_uid : geteuid();
	gid_t gid = user ? user->pw_gid : getegid();
	int err = make_one((struct folder){ .path = node->state_dir,
					    .mode = STATE_MODE,
					    .uid = uid,
					    .gid = gid },
			   "state", diags);
	if (make_one((struct folder){ .path = node->run_dir,
				      .mode = RUN_MODE,
				      .uid = geteuid(),
				      .gid = gid },
		     "run", diags))
		err = ERR_INVALID;
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
