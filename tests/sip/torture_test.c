/*
 * The messages of RFC 4475, where they are at hand: what their table expects of a
 * server is what our verdict says.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sip/check.h"
#include "tests/harness.h"

enum { LINE_LEN = 512, FILE_LEN = 65536, ROWS = 49 };

/* From the build folder of a work tree, or of one beside others. */
static const char *const folders[] = { "../../shared/torture",
				       "../../../shared/torture" };
static const char *folder;
static struct sip_message message;

static size_t load(const char *name, uint8_t *out)
{
	char path[LINE_LEN];
	FILE *f;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "re");
	if (f) {
		len = fread(out, 1, FILE_LEN, f);
		(void)fclose(f);
	}
	return len;
}

/* What a server does with a message, in the words of the table. */
static const char *judge(const uint8_t *octets, size_t len)
{
	static char code[8];
	struct sip_check v;

	if (sip_message_read(&message, octets, len))
		return "drop";
	v = sip_check(&message, NULL);
	if (v.action == SIP_ACTION_DROP || message.is_response)
		return "drop"; /* no response is waited for here */
	if (v.action == SIP_ACTION_ACCEPT)
		return "accept";
	(void)snprintf(code, sizeof(code), "%u", v.status);
	return code;
}

/* "400,501": any of them; "liberal": 400 or accept; a 200 is an accept. */
static bool is_expected(const char *expected, const char *got)
{
	if (strcmp(expected, "liberal") == 0)
		return strcmp(got, "accept") == 0 || strcmp(got, "400") == 0;
	if (strcmp(got, "accept") == 0 && strstr(expected, "200"))
		return true;
	return strstr(expected, got) != NULL;
}

static int check_row(char *line)
{
	static uint8_t octets[FILE_LEN];
	const char *file = strtok(line, "\t");
	const char *kind = strtok(NULL, "\t");
	const char *expected;
	const char *got;
	size_t len;

	(void)strtok(NULL, "\t");
	expected = strtok(NULL, "\t");
	if (!file || !kind || !expected)
		return 0;
	len = load(file, octets);
	CU_ASSERT(len > 0);
	got = judge(guarded(octets, len), len);
	if (!is_expected(expected, got))
		printf("# %s: %s, not %s\n", file, got, expected);
	CU_ASSERT(is_expected(expected, got));
	if (strcmp(kind, "response") != 0 && strcmp(got, "drop") != 0) {
		if (strcmp(kind, "method") == 0)
			kind = "";
		CU_ASSERT_STRING_EQUAL(sip_method_name(message.method), kind);
	}
	return 1;
}

static void rfc4475_messages_get_their_verdicts(void)
{
	char path[LINE_LEN];
	char line[LINE_LEN];
	struct stat st;
	FILE *table;
	int rows = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !folder; i++)
		if (stat(folders[i], &st) == 0)
			folder = folders[i];
	if (!folder) {
		skip("the folder of torture messages is not present");
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/expected.tsv", folder);
	table = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	while (fgets(line, sizeof(line), table))
		if (line[0] != '#')
			rows += check_row(line);
	(void)fclose(table);
	CU_ASSERT_EQUAL(rows, ROWS);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 4475: each message gets its verdict",
		  rfc4475_messages_get_their_verdicts },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/torture", tests);
}
