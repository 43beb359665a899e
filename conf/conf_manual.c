/* Writes deputy.conf(5) when deputy is built: conf_manual TEMPLATE EXAMPLES > PAGE */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/err.h"
#include "conf/manual.h"

static char *read_all(const char *path)
{
	struct buffer out = { 0 };
	FILE *in = fopen(path, "re");
	int c;

	while (in && (c = fgetc(in)) != EOF)
		buffer_put_u8(&out, (uint8_t)c);
	if (in)
		(void)fclose(in);
	return buffer_take_text(&out);
}

int main(int argc, char **argv)
{
	struct buffer out = { 0 };
	char *template;
	int err = ERR_NOT_FOUND;

	if (argc != 3)
		return 2;
	template = read_all(argv[1]);
	if (*template)
		err = manual_format(template, argv[2], &out);
	free(template);
	if (err || fwrite(out.octets, 1, out.len, stdout) != out.len)
		return 1;
	buffer_fini(&out);
	return fflush(stdout) ? 1 : 0;
}
