/*
 * One message of our own for each case of RFC 4475, and the RFC's own where they are at
 * hand: what the table beside them says a server does is what our verdict says.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sip/check.h"
#include "tests/harness.h"

enum { LINE_LEN = 512, FILE_LEN = 65536, ROWS = 49 };

/* Beside the build folder of a work tree, or of one beside others. */
static const char *const folders[] = { "../../shared/torture",
				       "../../../shared/torture" };
static struct sip_message message;

static size_t load(const char *folder, const char *name, uint8_t *out)
{
	char path[2 * LINE_LEN];
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

/* What an element does with a message, in the words of the tables. */
static const char *judge(const uint8_t *octets, size_t len)
{
	static char code[8];
	struct sip_check v;

	if (sip_message_read(&message, octets, len))
		return "drop";
	v = sip_check(&message, NULL);
	if (v.action == SIP_ACTION_DROP)
		return "drop";
	if (v.action == SIP_ACTION_ACCEPT)
		return "accept";
	(void)snprintf(code, sizeof(code), "%u", v.status);
	return code;
}

static void check_kind(const char *kind)
{
	CU_ASSERT_EQUAL(message.is_response, strcmp(kind, "response") == 0);
	if (message.is_response)
		return;
	if (strcmp(kind, "method") == 0)
		kind = "";
	CU_ASSERT_STRING_EQUAL(sip_method_name(message.method), kind);
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

/* own: our table says one verdict; the other drops responses, for none is waited for.
 */
static int check_row(const char *folder, char *line, bool own)
{
	static uint8_t octets[FILE_LEN];
	char name[LINE_LEN];
	const char *file = strtok(line, "\t");
	const char *kind = strtok(NULL, "\t");
	const char *expected;
	const char *got;
	size_t len;
	bool good;

	(void)strtok(NULL, "\t");
	expected = strtok(NULL, "\t");
	if (!file || !kind || !expected)
		return 0;
	(void)snprintf(name, sizeof(name), own ? "%s.sip" : "%s", file);
	len = load(folder, name, octets);
	CU_ASSERT(len > 0);
	got = judge(guarded(octets, len), len);
	if (!own && message.is_response)
		got = "drop";
	good = own ? strcmp(expected, got) == 0 : is_expected(expected, got);
	if (!good)
		printf("# %s: %s, not %s\n", file, got, expected);
	CU_ASSERT(good);
	if (strcmp(got, "drop") != 0)
		check_kind(kind);
	return 1;
}

static void check_table(const char *folder, bool own)
{
	char path[2 * LINE_LEN];
	char line[LINE_LEN];
	FILE *table;
	int rows = 0;

	(void)snprintf(path, sizeof(path), "%s/expected.tsv", folder);
	table = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	while (fgets(line, sizeof(line), table))
		if (line[0] != '#')
			rows += check_row(folder, line, own);
	(void)fclose(table);
	CU_ASSERT_EQUAL(rows, ROWS);
}

static void a_message_of_our_own_for_each_case_gets_its_verdict(void)
{
	check_table(TORTURE_DIR, true);
}

static void rfc4475_messages_get_their_verdicts(void)
{
	struct stat st;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		if (stat(folders[i], &st))
			continue;
		check_table(folders[i], false);
		return;
	}
	skip("the folder of the RFC's own messages is not present");
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 4475: a message of our own for each case gets its verdict",
		  a_message_of_our_own_for_each_case_gets_its_verdict },
		{ "RFC 4475: its own messages get their verdicts",
		  rfc4475_messages_get_their_verdicts },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/torture", tests);
}
