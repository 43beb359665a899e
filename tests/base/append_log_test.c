#include "base/disk/append_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

static const char *const records[] = { "berlin down", "x", "hq up again at 14:03:07" };
enum { RECORDS = 3, HEAD = 8 };

struct log_seen {
	struct buffer text;
	size_t count;
};

static void see(void *arg, const uint8_t *octets, size_t len)
{
	struct log_seen *s = arg;

	buffer_put(&s->text, octets, len);
	buffer_put_u8(&s->text, '\n');
	s->count++;
}

static void put_all(struct append_log *l)
{
	for (size_t i = 0; i < RECORDS; i++)
		append_log_put(l, records[i], strlen(records[i]));
}

/* A file of all records, as octets. */
static uint8_t *log_octets(const char *path, size_t *len)
{
	struct log_seen seen = { 0 };
	struct append_log *l = NULL;
	uint8_t *octets = NULL;

	CU_ASSERT_EQUAL(append_log_open(path, see, &seen, NULL, &l), OK);
	put_all(l);
	CU_ASSERT_EQUAL(append_log_write(l), OK);
	append_log_close(l);
	CU_ASSERT_EQUAL(file_read(path, 1000, &octets, len), OK);
	buffer_fini(&seen.text);
	return octets;
}

/* How many of the records stand whole in the first `len` octets. */
static size_t whole(size_t len)
{
	size_t count = 0;

	while (count < RECORDS && len >= HEAD + strlen(records[count]))
		len -= HEAD + strlen(records[count++]);
	return count;
}

static void expect_recovery(const char *path, size_t count, bool dropped)
{
	struct log_seen seen = { 0 };
	struct log_seen again = { 0 };
	struct append_log *l = NULL;
	size_t dropped_len = 0;

	CU_ASSERT_EQUAL(append_log_open(path, see, &seen, &dropped_len, &l), OK);
	CU_ASSERT_EQUAL(seen.count, count);
	CU_ASSERT_EQUAL(dropped_len > 0, dropped);
	append_log_put(l, "later", 5);
	CU_ASSERT_EQUAL(append_log_write(l), OK);
	append_log_close(l);
	CU_ASSERT_EQUAL(append_log_open(path, see, &again, &dropped_len, &l), OK);
	CU_ASSERT_EQUAL(again.count, count + 1);
	CU_ASSERT_EQUAL(dropped_len, 0);
	if (seen.text.len)
		CU_ASSERT_EQUAL(memcmp(again.text.octets, seen.text.octets,
				       seen.text.len),
				0);
	append_log_close(l);
	buffer_fini(&seen.text);
	buffer_fini(&again.text);
}

static void log_cut_at_any_octet_keeps_all_whole_records(void)
{
	const char *path;
	uint8_t *octets;
	size_t len = 0;

	folder_make();
	path = folder_path("log");
	octets = log_octets(path, &len);
	for (size_t cut = 1; cut <= len; cut++) {
		size_t left = 0;

		CU_ASSERT_EQUAL(file_replace(path, octets, cut, 0600), OK);
		for (size_t i = 0; i < whole(cut); i++)
			left += HEAD + strlen(records[i]);
		expect_recovery(path, whole(cut), left != cut);
	}
	free(octets);
	folder_remove();
}

static void changed_octet_stops_recovery_before_its_record(void)
{
	const char *path;
	uint8_t *octets;
	size_t len = 0;

	folder_make();
	path = folder_path("log");
	octets = log_octets(path, &len);
	for (size_t at = 0; at < len; at++) {
		octets[at] ^= 0x10;
		CU_ASSERT_EQUAL(file_replace(path, octets, len, 0600), OK);
		octets[at] ^= 0x10;
		expect_recovery(path, whole(at), true);
	}
	free(octets);
	folder_remove();
}

static ssize_t write_half(int fd, const void *octets, size_t len)
{
	static bool written;

	written = !written;
	if (written)
		return file_system_calls.write(fd, octets, len / 2);
	errno = ENOSPC;
	return -1;
}

static void full_disk_leaves_the_file_whole_and_records_waiting(void)
{
	struct file_calls calls = file_system_calls;
	struct append_log *l = NULL;
	struct log_seen seen = { 0 };
	const char *path;

	folder_make();
	path = folder_path("log");
	CU_ASSERT_EQUAL(append_log_open(path, see, &seen, NULL, &l), OK);
	put_all(l);
	CU_ASSERT_EQUAL(append_log_write(l), OK);
	put_all(l);
	calls.write = write_half;
	file_calls = &calls;
	CU_ASSERT_EQUAL(append_log_write(l), ERR_SYSTEM);
	file_calls = &file_system_calls;
	CU_ASSERT_EQUAL(append_log_replay(l, see, &seen), OK);
	CU_ASSERT_EQUAL(seen.count, (size_t)2 * RECORDS);
	CU_ASSERT_EQUAL(append_log_write(l), OK);
	append_log_close(l);
	seen.count = 0;
	CU_ASSERT_EQUAL(append_log_open(path, see, &seen, NULL, &l), OK);
	CU_ASSERT_EQUAL(seen.count, (size_t)2 * RECORDS);
	CU_ASSERT_EQUAL(append_log_clear(l), OK);
	seen.count = 0;
	CU_ASSERT_EQUAL(append_log_replay(l, see, &seen), OK);
	CU_ASSERT_EQUAL(seen.count, 0);
	append_log_close(l);
	buffer_fini(&seen.text);
	folder_remove();
}

static unsigned write_count;

static ssize_t write_counted(int fd, const void *octets, size_t len)
{
	write_count++;
	return file_system_calls.write(fd, octets, len);
}

static void many_records_are_one_write(void)
{
	struct file_calls calls = file_system_calls;
	struct append_log *l = NULL;
	struct log_seen seen = { 0 };

	folder_make();
	CU_ASSERT_EQUAL(append_log_open(folder_path("log"), see, &seen, NULL, &l), OK);
	calls.write = write_counted;
	file_calls = &calls;
	for (int i = 0; i < 1000; i++)
		put_all(l);
	CU_ASSERT_EQUAL(append_log_write(l), OK);
	CU_ASSERT_EQUAL(append_log_write(l), OK);
	file_calls = &file_system_calls;
	CU_ASSERT_EQUAL(write_count, 1);
	append_log_close(l);
	buffer_fini(&seen.text);
	folder_remove();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a log cut at any octet keeps all whole records",
		  log_cut_at_any_octet_keeps_all_whole_records },
		{ "a changed octet stops recovery before its record",
		  changed_octet_stops_recovery_before_its_record },
		{ "a full disk leaves the file whole and records waiting",
		  full_disk_leaves_the_file_whole_and_records_waiting },
		{ "many records are one write", many_records_are_one_write },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/append_log", tests);
}
