#include "keeper/folders.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "conf/node.h"
#include "tests/harness.h"

static char scratch[] = "/tmp/deputy-folders.XXXXXX";
static uid_t nobody;

static char *at(const char *name)
{
	return alloc_format("%s/%s", scratch, name);
}

static struct stat status_of(const char *name)
{
	struct stat st = { 0 };
	char *path = at(name);

	CU_ASSERT_EQUAL(stat(path, &st), 0);
	free(path);
	return st;
}

static void make_directory(const char *name, mode_t mode, uid_t owner)
{
	char *path = at(name);

	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
	CU_ASSERT_EQUAL(chmod(path, mode), 0);
	CU_ASSERT_EQUAL(chown(path, owner, (gid_t)-1), 0);
	free(path);
}

static void make_link(const char *to, const char *name, uid_t owner)
{
	char *path = at(name);
	char *target = at(to);

	CU_ASSERT_EQUAL_FATAL(symlink(target, path), 0);
	CU_ASSERT_EQUAL(lchown(path, owner, (gid_t)-1), 0);
	free(path);
	free(target);
}

/* Makes `state` beside a run folder that is as it should be. Returns whether it may be
 * used; if not, that the reason has these words. */
static bool may_use(const char *state, const char *why)
{
	char user[] = "nobody";
	struct conf_node node = { .user = user,
				  .state_dir = at(state),
				  .run_dir = at("run") };
	struct diags diags = { 0 };
	int err = folders_make(&node, &diags);

	CU_ASSERT_EQUAL(diags.error_count, err ? 1 : 0);
	if (err)
		CU_ASSERT_PTR_NOT_NULL(strstr(diags.rows[0].text, why));
	free(node.state_dir);
	free(node.run_dir);
	diags_fini(&diags);
	return err == OK;
}

static void folders_are_the_users_and_those_above_are_not(void)
{
	CU_ASSERT_TRUE(may_use("var/lib/state", ""));
	CU_ASSERT_EQUAL(status_of("var/lib").st_uid, 0);
	CU_ASSERT_EQUAL(status_of("var/lib/state").st_uid, nobody);
	CU_ASSERT_EQUAL(status_of("var/lib/state").st_mode & 07777, 0750);
	CU_ASSERT_EQUAL(status_of("run").st_uid, 0);
	CU_ASSERT_EQUAL(status_of("run").st_mode & 07777, 03775);
}

static void folder_of_any_other_name_stays_whose_it_is(void)
{
	make_directory("mine", 0755, 0);
	CU_ASSERT_TRUE(may_use("mine", ""));
	CU_ASSERT_EQUAL(status_of("mine").st_uid, 0);
	make_directory("deputy", 0755, 0);
	CU_ASSERT_TRUE(may_use("deputy", ""));
	CU_ASSERT_EQUAL(status_of("deputy").st_uid, nobody);
}

static void root_gives_nothing_away_over_a_link(void)
{
	make_directory("treasure", 0700, 0);
	make_directory("trap", 01777, 0);
	make_link("treasure", "trap/deputy", nobody);
	CU_ASSERT_FALSE(may_use("trap/deputy", "is a symbolic link"));
	make_directory("own", 0755, 0);
	make_link("treasure", "own/deputy", 0);
	CU_ASSERT_FALSE(may_use("own/deputy", "is a symbolic link"));
	make_link("treasure", "trap/way", nobody);
	CU_ASSERT_FALSE(may_use("trap/way/deputy", "not root's"));
	CU_ASSERT_FALSE(may_use("trap/way/../treasure/deputy", "not root's"));
	CU_ASSERT_EQUAL(status_of("treasure").st_uid, 0);
	CU_ASSERT_EQUAL(status_of("treasure").st_mode & 07777, 0700);
}

static void link_of_roots_own_may_stand_above(void)
{
	make_directory("far", 0755, 0);
	make_link("far", "near", 0);
	CU_ASSERT_TRUE(may_use("near/deputy", ""));
	CU_ASSERT_EQUAL(status_of("far/deputy").st_uid, nobody);
}

static void nothing_stands_where_every_user_can_replace_it(void)
{
	make_directory("open", 0777, 0);
	CU_ASSERT_FALSE(may_use("open/deputy", "every user can replace it"));
	make_directory("sticky", 01777, 0);
	CU_ASSERT_TRUE(may_use("sticky/deputy", ""));
	make_directory("taken", 01777, 0);
	make_directory("taken/deputy", 0755, nobody + 1);
	CU_ASSERT_FALSE(may_use("taken/deputy", "another user made it"));
	CU_ASSERT_EQUAL(status_of("taken/deputy").st_uid, nobody + 1);
}

static void file_in_its_place_is_told(void)
{
	char *path = at("file");
	FILE *f = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fclose(f);
	free(path);
	CU_ASSERT_FALSE(may_use("file", "Not a directory"));
	CU_ASSERT_FALSE(may_use("file/deputy", "Not a directory"));
}

static void missing_user_is_an_error_and_root_is_none(void)
{
	char missing[] = "deputy-is-not-here";
	char root[] = "root";
	struct conf_node node = { .user = missing };
	struct diags diags = { 0 };

	CU_ASSERT_EQUAL(user_check(&node, &diags), ERR_INVALID);
	CU_ASSERT_EQUAL_FATAL(diags.error_count, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(diags.rows[0].text, "`useradd --system "));
	node.user = root;
	CU_ASSERT_EQUAL(user_check(&node, &diags), OK);
	CU_ASSERT_EQUAL(diags.error_count, 1);
	diags_fini(&diags);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the folders are the user's, and those above are not",
		  folders_are_the_users_and_those_above_are_not },
		{ "a folder of any other name stays whose it is",
		  folder_of_any_other_name_stays_whose_it_is },
		{ "root gives nothing away over a link",
		  root_gives_nothing_away_over_a_link },
		{ "a link of root's own may stand above",
		  link_of_roots_own_may_stand_above },
		{ "nothing stands where every user can replace it",
		  nothing_stands_where_every_user_can_replace_it },
		{ "a file in its place is told", file_in_its_place_is_told },
		{ "a missing user is an error, and root is none",
		  missing_user_is_an_error_and_root_is_none },
		CU_TEST_INFO_NULL,
	};
	const struct passwd *user = getpwnam("nobody");
	char *remove;
	int status;

	if (geteuid() != 0 || user == NULL || mkdtemp(scratch) == NULL) {
		puts("1..0 # SKIP only root gives folders to another user");
		return 0;
	}
	nobody = user->pw_uid;
	(void)chmod(scratch, 0755);
	status = suite_run("keeper/folders", tests);
	remove = alloc_format("rm -rf %s", scratch);
	(void)!system(remove);
	free(remove);
	return status;
}
