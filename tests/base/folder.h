/* A temporary folder of one test, removed at its end with all files in it. */
#pragma once

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/deputy-test-XXXXXX";

static inline void folder_make(void)
{
	memcpy(folder, "/tmp/deputy-test-XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		abort();
}

/* The path of a file in it; one of four static texts, in turn. */
static inline const char *folder_path(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned path_turn;
	char *path = paths[path_turn++ % 4];

	(void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static inline void folder_remove(void)
{
	DIR *d = opendir(folder);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlink(folder_path(e->d_name));
	if (d)
		closedir(d);
	(void)rmdir(folder);
}
