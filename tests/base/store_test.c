#include "base/disk/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

static struct store *opened(void)
{
	struct store *s = NULL;

	CU_ASSERT_EQUAL_FATAL(store_open(folder, &s), OK);
	return s;
}

static void put(struct store *s, const char *key, const char *value)
{
	CU_ASSERT_EQUAL(store_put(s, key, value, strlen(value)), OK);
}

static bool holds(struct store *s, const char *key, const char *value)
{
	const void *found;
	size_t len;
	int err = store_get(s, key, &found, &len);

	if (value == NULL)
		return err == ERR_NOT_FOUND;
	return err == OK && len == strlen(value) && memcmp(found, value, len) == 0;
}

static void puts_are_seen_at_once_and_after_a_close(void)
{
	struct store *s;

	folder_make();
	s = opened();
	CU_ASSERT_TRUE(holds(s, "forced/berlin", NULL));
	put(s, "forced/berlin", "down");
	put(s, "empty", "");
	CU_ASSERT_TRUE(store_is_dirty(s));
	CU_ASSERT_TRUE(holds(s, "forced/berlin", "down"));
	CU_ASSERT_EQUAL(store_fold(s), OK);
	CU_ASSERT_FALSE(store_is_dirty(s));
	put(s, "forced/berlin", "up");
	store_delete(s, "nothing there");
	store_close(s);
	s = opened();
	CU_ASSERT_TRUE(holds(s, "forced/berlin", "up"));
	CU_ASSERT_TRUE(holds(s, "empty", ""));
	store_delete(s, "forced/berlin");
	CU_ASSERT_TRUE(holds(s, "forced/berlin", NULL));
	store_close(s);
	folder_remove();
}

static void note_key(void *arg, const char *key, const void *value, size_t len)
{
	struct buffer *keys = arg;

	(void)value;
	(void)len;
	buffer_printf(keys, "%s ", key);
}

static void expect_keys(struct store *s, const char *prefix, const char *expected)
{
	struct buffer keys = { 0 };
	char *text;

	CU_ASSERT_EQUAL(store_each(s, prefix, note_key, &keys), OK);
	text = buffer_take_text(&keys);
	CU_ASSERT_STRING_EQUAL(text, expected);
	free(text);
}

static void rows_of_a_prefix_come_in_order(void)
{
	struct store *s;

	folder_make();
	s = opened();
	put(s, "b/2", "x");
	put(s, "b/1", "x");
	put(s, "a/9", "x");
	put(s, "c/0", "x");
	expect_keys(s, "b/", "b/1 b/2 ");
	expect_keys(s, "", "a/9 b/1 b/2 c/0 ");
	store_close(s);
	folder_remove();
}

static void expect_next(struct store *s, enum store_way way, const char *prefix,
			char key[STORE_KEY_MAX + 1], const char *expected)
{
	const void *value;
	size_t len;
	int err = store_next(s, prefix, way, key, &value, &len);

	CU_ASSERT_EQUAL(err, expected ? OK : ERR_NOT_FOUND);
	if (expected) {
		CU_ASSERT_STRING_EQUAL(key, expected);
		CU_ASSERT_TRUE(len == 1 && memcmp(value, "x", 1) == 0);
	}
}

static void walk_goes_on_by_key_whatever_changes_meanwhile(void)
{
	char up[STORE_KEY_MAX + 1] = "";
	char down[STORE_KEY_MAX + 1] = "";
	struct store *s;

	folder_make();
	s = opened();
	expect_next(s, STORE_UP, "b/", up, NULL);
	expect_next(s, STORE_DOWN, "b/", down, NULL);
	put(s, "a/9", "x");
	put(s, "b/1", "x");
	put(s, "b/3", "x");
	put(s, "b/5", "x");
	expect_next(s, STORE_DOWN, "b/", down, "b/5"); /* the last key of all */
	put(s, "c/0", "x");
	expect_next(s, STORE_UP, "b/", up, "b/1");
	store_delete(s, "b/1");
	put(s, "b/2", "x");
	expect_next(s, STORE_UP, "b/", up, "b/2");
	CU_ASSERT_EQUAL(store_fold(s), OK);
	expect_next(s, STORE_UP, "b/", up, "b/3");
	expect_next(s, STORE_UP, "b/", up, "b/5");
	expect_next(s, STORE_UP, "b/", up, NULL);
	expect_next(s, STORE_DOWN, "b/", down, "b/3");
	store_delete(s, "b/3");
	expect_next(s, STORE_DOWN, "b/", down, "b/2");
	expect_next(s, STORE_DOWN, "b/", down, NULL);
	down[0] = '\0';
	expect_next(s, STORE_DOWN, "b/", down, "b/5");
	down[0] = '\0';
	expect_next(s, STORE_DOWN, "", down, "c/0");
	store_close(s);
	folder_remove();
}

/* Runs `act` in a process that dies without a word. */
static void in_killed_process(void (*act)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		act();
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
}

static void write_without_fold(void)
{
	struct store *s = opened();

	put(s, "written", "yes");
	put(s, "twice", "1");
	put(s, "twice", "2");
	if (store_write(s) == OK)
		put(s, "unwritten", "yes");
}

static void written_puts_survive_a_killed_process(void)
{
	struct store *s;

	folder_make();
	in_killed_process(write_without_fold);
	s = opened();
	CU_ASSERT_TRUE(store_is_owned(s));
	CU_ASSERT_TRUE(holds(s, "written", "yes"));
	CU_ASSERT_TRUE(holds(s, "twice", "2"));
	CU_ASSERT_TRUE(holds(s, "unwritten", NULL));
	CU_ASSERT_FALSE(store_is_dirty(s));
	store_close(s);
	folder_remove();
}

static void second_process(void)
{
	struct store *s = opened();
	int fails = 0;

	fails += store_is_owned(s);
	fails += !holds(s, "a", "folded");
	put(s, "b", "waits");
	fails += store_write(s) != ERR_AGAIN;
	_exit(fails);
}

static void second_process_reads_and_takes_over_later(void)
{
	struct store *first;
	struct store *second;
	int status = 1;
	pid_t pid;

	folder_make();
	first = opened();
	put(first, "a", "folded");
	CU_ASSERT_EQUAL(store_fold(first), OK);
	put(first, "a", "newer");
	pid = fork();
	if (pid == 0)
		second_process();
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(store_write(first), OK);
	store_close(first);
	second = opened();
	CU_ASSERT_TRUE(store_is_owned(second));
	CU_ASSERT_TRUE(holds(second, "a", "newer"));
	store_close(second);
	folder_remove();
}

static int commands[2];
static int replies[2];

/* Opens beside the owner, puts, and takes over once the owner has gone. */
static void successor(void)
{
	struct store *s = opened();
	char c = store_is_owned(s) ? 'x' : 'w';

	put(s, "b", "waited");
	if (write(replies[1], &c, 1) != 1 || read(commands[0], &c, 1) != 1)
		_exit(1);
	if (store_fold(s) || !store_is_owned(s) || !holds(s, "a", "last word") ||
	    !holds(s, "b", "waited"))
		_exit(2);
	store_close(s);
	_exit(0);
}

static void successor_takes_over_what_the_owner_wrote_last(void)
{
	struct store *s;
	int status = 1;
	char c = 0;
	pid_t pid;

	folder_make();
	CU_ASSERT_EQUAL(pipe(commands), 0);
	CU_ASSERT_EQUAL(pipe(replies), 0);
	s = NULL;
	pid = fork();
	if (pid == 0) {
		if (read(commands[0], &c, 1) != 1)
			_exit(3);
		successor();
	}
	s = opened();
	put(s, "a", "first");
	CU_ASSERT_EQUAL(store_write(s), OK);
	CU_ASSERT_EQUAL(write(commands[1], "o", 1), 1);
	CU_ASSERT_EQUAL(read(replies[0], &c, 1), 1);
	CU_ASSERT_EQUAL(c, 'w');
	put(s, "a", "last word");
	CU_ASSERT_EQUAL(store_write(s), OK);
	store_close(s);
	CU_ASSERT_EQUAL(write(commands[1], "t", 1), 1);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
	folder_remove();
}

static int truncate_fails(int fd, off_t len)
{
	(void)fd;
	(void)len;
	errno = EIO;
	return -1;
}

static void fold_that_cannot_clear_its_log_is_repeated(void)
{
	struct file_calls calls = file_system_calls;
	struct store *s;

	folder_make();
	s = opened();
	put(s, "k", "1");
	calls.truncate = truncate_fails;
	file_calls = &calls;
	CU_ASSERT_EQUAL(store_fold(s), ERR_SYSTEM);
	CU_ASSERT_TRUE(store_is_dirty(s));
	put(s, "k", "2");
	CU_ASSERT_TRUE(holds(s, "k", "2"));
	file_calls = &file_system_calls;
	CU_ASSERT_EQUAL(store_fold(s), OK);
	store_close(s);
	s = opened();
	CU_ASSERT_TRUE(holds(s, "k", "2"));
	store_close(s);
	folder_remove();
}

static void damaged_log_records_change_nothing(void)
{
	static const uint8_t zeroes[64];
	struct store *s;

	folder_make();
	CU_ASSERT_EQUAL(file_replace(folder_path("log"), zeroes, 64, 0600), OK);
	s = opened();
	CU_ASSERT_FALSE(store_is_dirty(s));
	put(s, "k", "1");
	store_close(s);
	folder_remove();
}

/* What the file is from its third page on, behind LMDB's two heads. */
static void damage(uint8_t octet, size_t cut)
{
	uint8_t *octets;
	size_t len;

	CU_ASSERT_EQUAL_FATAL(file_read(folder_path("data.mdb"), 1 << 20, &octets,
					&len),
			      OK);
	memset(octets + cut, octet, len - cut);
	CU_ASSERT_EQUAL(file_replace(folder_path("data.mdb"), octets, octet ? len : cut,
				     0600),
			OK);
	free(octets);
}

/* In a process of its own, as LMDB may end it. */
static bool opens(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct store *s;

		_exit(store_open(folder, &s) == OK ? 0 : 1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void a_damaged_file_is_set_aside(void)
{
	static const struct {
		uint8_t octet;
		size_t cut;
	} rows[] = { { 0xa5, 0 }, { 0xa5, 8192 }, { 0, 8192 }, { 0, 4096 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct store *s;
		int deaths = 0;

		folder_make();
		s = opened();
		put(s, "k", "1");
		store_close(s);
		damage(rows[i].octet, rows[i].cut);
		while (deaths < 10 && !opens())
			deaths++;
		CU_ASSERT_TRUE(deaths <= 3);
		CU_ASSERT_EQUAL(access(folder_path("data.mdb.damaged"), F_OK), 0);
		s = opened();
		CU_ASSERT_FALSE(store_was_damaged(s));
		CU_ASSERT_FALSE(holds(s, "k", "1"));
		put(s, "k", "2");
		store_close(s);
		s = opened();
		CU_ASSERT_TRUE(holds(s, "k", "2"));
		store_close(s);
		folder_remove();
	}
}

static void what_is_too_long_is_refused_and_told_once(void)
{
	static uint8_t value[STORE_VALUE_MAX + 1];
	char key[STORE_KEY_MAX + 2];
	struct store *s;

	memset(key, 'k', sizeof(key));
	key[STORE_KEY_MAX + 1] = 0;
	folder_make();
	s = opened();
	CU_ASSERT_EQUAL(store_put(s, "k", "1", 1), OK);
	CU_ASSERT_EQUAL(store_put(s, "k", value, STORE_VALUE_MAX + 1), ERR_LIMIT);
	CU_ASSERT_EQUAL(store_put(s, key, "1", 1), ERR_LIMIT);
	CU_ASSERT_EQUAL(store_put(s, "", "1", 1), ERR_LIMIT);
	CU_ASSERT_EQUAL(store_delete(s, key), ERR_LIMIT);
	CU_ASSERT_TRUE(holds(s, "k", "1"));
	CU_ASSERT_EQUAL(store_write(s), ERR_LIMIT);
	CU_ASSERT_EQUAL(store_fold(s), ERR_LIMIT);
	CU_ASSERT_EQUAL(store_fold(s), OK);
	key[STORE_KEY_MAX] = 0;
	CU_ASSERT_EQUAL(store_put(s, key, value, STORE_VALUE_MAX), OK);
	CU_ASSERT_EQUAL(store_fold(s), OK);
	store_close(s);
	folder_remove();
}

static void a_log_that_cannot_be_folded_has_an_end(void)
{
	static uint8_t value[64 << 10];
	const struct store_limits presets = store_limits;
	struct file_calls calls = file_system_calls;
	struct store *s;
	char key[16];
	int count = 0;

	folder_make();
	store_limits.log_len = 1 << 20;
	s = opened();
	calls.truncate = truncate_fails;
	file_calls = &calls;
	for (int i = 0; i < 32; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		count += store_put(s, key, value, sizeof(value)) == OK;
		(void)store_fold(s);
	}
	CU_ASSERT_EQUAL(count, 15);
	file_calls = &file_system_calls;
	CU_ASSERT_EQUAL(store_fold(s), ERR_LIMIT); /* it tells what was refused */
	CU_ASSERT_EQUAL(store_fold(s), OK);
	CU_ASSERT_EQUAL(store_put(s, "k31", value, sizeof(value)), OK);
	CU_ASSERT_EQUAL(store_fold(s), OK);
	store_close(s);
	store_limits = presets;
	folder_remove();
}

static void a_full_map_is_told_and_takes_again_what_fits(void)
{
	static uint8_t value[256 << 10];
	const struct store_limits presets = store_limits;
	struct store *s;
	char key[16];
	int err = OK;

	folder_make();
	store_limits.map_len = 4 << 20;
	s = opened();
	put(s, "first", "1");
	CU_ASSERT_EQUAL(store_fold(s), OK);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		CU_ASSERT_EQUAL(store_put(s, key, value, sizeof(value)), OK);
	}
	CU_ASSERT_EQUAL(store_fold(s), ERR_LIMIT);
	CU_ASSERT_EQUAL(store_fold(s), ERR_LIMIT);
	CU_ASSERT_TRUE(store_is_dirty(s));
	store_close(s);
	store_limits.map_len = 32 << 20; /* another release */
	s = opened();
	CU_ASSERT_TRUE(holds(s, "first", "1"));
	for (int i = 0; i < 20; i++) {
		const void *found;
		size_t len;

		(void)snprintf(key, sizeof(key), "k%d", i);
		err |= store_get(s, key, &found, &len);
	}
	CU_ASSERT_EQUAL(err, OK);
	store_close(s);
	store_limits = presets;
	folder_remove();
}

static void what_may_be_lost_leaves_room_on_a_full_disk(void)
{
	enum { ROW = 1000, MANY = 200 };
	static uint8_t value[256 << 10];
	const struct store_limits presets = store_limits;
	struct store *s;
	const void *found;
	size_t len;
	int kept = 0;

	folder_make();
	store_limits.map_len = 256 << 10;
	s = opened();
	put(s, "k", "1");
	CU_ASSERT_EQUAL(store_fold(s), OK);
	store_limits.spare_len = sizeof(value) + (size_t)20 * ROW;
	CU_ASSERT_EQUAL(store_put(s, "large", value, sizeof(value)), OK);
	CU_ASSERT_EQUAL(store_fold(s), ERR_LIMIT); /* takes nothing from now on */
	for (int i = 0; i < MANY; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "h%d", i);
		kept += store_put_spare(s, key, value, ROW) == OK;
	}
	CU_ASSERT_TRUE(kept > 10 && kept < 20);
	CU_ASSERT_EQUAL(store_write(s), OK); /* that is nobody's fault */
	for (int i = 0; i < MANY; i++)       /* states still are taken */
		CU_ASSERT_EQUAL(store_put(s, "state", value, ROW), OK);
	store_close(s);
	store_limits.map_len = 8 << 20; /* there is room again */
	s = opened();
	CU_ASSERT_EQUAL(store_put_spare(s, "h", value, ROW), OK);
	CU_ASSERT_EQUAL(store_get(s, "state", &found, &len), OK);
	CU_ASSERT_EQUAL(store_get(s, "h0", &found, &len), OK);
	store_close(s);
	store_limits = presets;
	folder_remove();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "puts are seen at once and after a close",
		  puts_are_seen_at_once_and_after_a_close },
		{ "rows of a prefix come in order", rows_of_a_prefix_come_in_order },
		{ "a walk goes on by key, whatever changes meanwhile",
		  walk_goes_on_by_key_whatever_changes_meanwhile },
		{ "written puts survive a killed process",
		  written_puts_survive_a_killed_process },
		{ "a second process reads and takes over later",
		  second_process_reads_and_takes_over_later },
		{ "a successor takes over what the owner wrote last",
		  successor_takes_over_what_the_owner_wrote_last },
		{ "a fold that cannot clear its log is repeated",
		  fold_that_cannot_clear_its_log_is_repeated },
		{ "damaged log records change nothing",
		  damaged_log_records_change_nothing },
		{ "a damaged file is set aside", a_damaged_file_is_set_aside },
		{ "what is too long is refused and told once",
		  what_is_too_long_is_refused_and_told_once },
		{ "a log that cannot be folded has an end",
		  a_log_that_cannot_be_folded_has_an_end },
		{ "a full map is told and takes again what fits",
		  a_full_map_is_told_and_takes_again_what_fits },
		{ "what may be lost leaves room on a full disk",
		  what_may_be_lost_leaves_room_on_a_full_disk },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/store", tests);
}
