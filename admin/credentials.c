#include "admin/credentials.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum { GROUPS_MAX = 256 };

static bool is_in_group(int fd, const struct ucred *who, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (who->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false; /* in more groups than that: not by group */
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static void find_name(struct credentials *p)
{
	struct passwd user;
	struct passwd *found = NULL;
	char space[4096];

	if (getpwuid_r(p->uid, &user, space, sizeof(space), &found) || found == NULL)
		(void)snprintf(p->name, sizeof(p->name), "uid %u", p->uid);
	else
		(void)snprintf(p->name, sizeof(p->name), "%s", user.pw_name);
}

int credentials_of(int fd, gid_t socket_group, struct credentials *out)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len))
		return ERR_SYSTEM;
	*out = (struct credentials){
		.uid = who.uid,
		.gid = who.gid,
		.may_change = who.uid == 0 || who.uid == geteuid() ||
			      is_in_group(fd, &who, socket_group),
	};
	find_name(out);
	return OK;
}
