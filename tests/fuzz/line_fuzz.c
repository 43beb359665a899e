#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "admin/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct request_line line;
	const char *why;

	if (line_parse((const char *)octets, len, &line, &why)) {
		if (strlen(why) == 0)
			__builtin_trap();
		return 0;
	}
	for (size_t i = 0; i < line.arg_count; i++)
		if (strlen(line.args[i]) > len)
			__builtin_trap();
	if (strlen(line.command) > len || line.args[line.arg_count])
		__builtin_trap();
	line_fini(&line);
	return 0;
}
