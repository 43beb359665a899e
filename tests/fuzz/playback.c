/*
 * Drives a fuzz target without libFuzzer: its seeds as they are, each cut at every
 * length, and each with one octet after another turned over. Prints TAP.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX = 65536, VARIED_MAX = 4096 };

static uint8_t seed[SEED_MAX];

static void play(size_t len)
{
	(void)LLVMFuzzerTestOneInput(guarded(seed, len), len);
}

static void play_variations(size_t len)
{
	play(len);
	for (size_t i = 0; i < len && len <= VARIED_MAX; i++) {
		uint8_t was = seed[i];

		play(i);
		seed[i] = (uint8_t)~was;
		play(len);
		seed[i] = was;
	}
}

static int play_file(const char *dir, const char *name)
{
	char path[4096];
	size_t len;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return 0;
	f = fopen(path, "rb");
	if (!f)
		return 0;
	len = fread(seed, 1, sizeof(seed), f);
	(void)fclose(f);
	play_variations(len);
	printf("ok - %s\n", name);
	return 1;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : ".";
	DIR *dir = opendir(path);
	int count = 0;

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			count += play_file(path, e->d_name);
	if (dir)
		(void)closedir(dir);
	if (!count) {
		seed[0] = 0;
		play(0);
		printf("ok - nothing at all\n");
		count = 1;
	}
	printf("1..%d\n", count);
	return 0;
}
