#include "recursor/anchors.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/disk/file.h"
#include "base/err.h"

/* KSK-2017 and KSK-2024, https://data.iana.org/root-anchors/root-anchors.xml */
#define KSK_2017      \
 ". IN DS 20326 8 2 " \
 "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define KSK_2024      \
 ". IN DS 38696 8 2 " \
 "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16"

static const char both[] = KSK_2017 "\n" KSK_2024 "\n";

const char *anchors_at(unsigned n)
{
	static const char *const keys[] = { KSK_2017, KSK_2024 };

	return n < sizeof(keys) / sizeof(*keys) ? keys[n] : NULL;
}

int anchors_prepare(const char *path)
{
	if (access(path, R_OK | W_OK) == 0)
		return OK;
	return file_replace(path, both, strlen(both), 0644);
}
