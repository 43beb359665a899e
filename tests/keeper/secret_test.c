/* What a keeper hands over of a configuration whose secret stands in a file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "keeper/keeper_body.h"
#include "tests/conf/own_schema.h"
#include "tests/harness.h"

static char folder[] = "/tmp/deputy-keeper-XXXXXX";

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	(void)fputs(text, out);
	(void)fclose(out);
	CU_ASSERT_EQUAL(chmod(path, 0600), 0);
}

/* As a child gets it, and as the next deputyd: the file is gone by then. */
static void the_receiver_of_a_parcel_opens_no_secret_file(void)
{
	struct keeper_conf first = { .octets = -1 };
	struct keeper_conf next = { .octets = -1 };
	struct diags diags = { 0 };
	char *path = alloc_format("%s/deputy.conf", folder);
	char *secret = alloc_format("%s/secret", folder);

	write_file(path, HEAD "key: { file: secret }\n");
	write_file(secret, "told once\n");
	CU_ASSERT_EQUAL(keeper_conf_read(path, -1, &diags, &first), OK);
	CU_ASSERT_TRUE_FATAL(first.octets >= 0);
	(void)unlink(secret);
	(void)unlink(path);
	CU_ASSERT_EQUAL(keeper_conf_read(path, first.octets, &diags, &next), OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(next.conf);
	CU_ASSERT_STRING_EQUAL(own(next.conf)->key.text, "told once");
	CU_ASSERT_EQUAL(fcntl(next.octets, F_GET_SEALS),
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	CU_ASSERT_EQUAL(lseek(first.octets, 0, SEEK_END),
			lseek(next.octets, 0, SEEK_END));
	keeper_conf_fini(&first);
	keeper_conf_fini(&next);
	diags_fini(&diags);
	free(path);
	free(secret);
}

static void a_secret_that_cannot_be_read_refuses_the_whole(void)
{
	struct keeper_conf c = { .octets = -1 };
	struct diags diags = { 0 };
	char *path = alloc_format("%s/deputy.conf", folder);

	write_file(path, HEAD "key: { file: secret }\n");
	CU_ASSERT_EQUAL(keeper_conf_read(path, -1, &diags, &c), ERR_INVALID);
	CU_ASSERT_EQUAL(c.octets, -1);
	CU_ASSERT_EQUAL(diags.error_count, 1);
	(void)unlink(path);
	diags_fini(&diags);
	free(path);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the receiver of a parcel opens no secret file",
		  the_receiver_of_a_parcel_opens_no_secret_file },
		{ "a secret that cannot be read refuses the whole",
		  a_secret_that_cannot_be_read_refuses_the_whole },
		CU_TEST_INFO_NULL,
	};
	int status;

	if (mkdtemp(folder) == NULL)
		return 1;
	status = suite_run("keeper/secret", tests);
	(void)rmdir(folder);
	return status;
}
