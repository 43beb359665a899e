/*
 * Preloaded: the wall clock stands ahead of the real one by as many ms as the first
 * eight octets of a file say, at every moment. The monotonic clock is left alone.
 *
 *   CLOCK_SHIFT=FILE LD_PRELOAD=libclock_shift.so PROGRAM
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int clock_fn(clockid_t clock, struct timespec *out);

static const volatile int64_t *shift_ms; /* of a shared mapping */
static clock_fn *real;

__attribute__((constructor)) static void map_shift(void)
{
	const char *path = getenv("CLOCK_SHIFT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED
			  : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);

	if (fd >= 0)
		(void)close(fd);
	shift_ms = at == MAP_FAILED ? NULL : at;
	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's are reserved
 */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
							 struct timespec *out)
{
	int result = real(clock, out);
	bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
	int64_t ns = out->tv_nsec;

	if (result || !wall || !shift_ms)
		return result;
	ns += *shift_ms % 1000 * 1000000 + 1000000000;
	out->tv_sec += *shift_ms / 1000 + ns / 1000000000 - 1;
	out->tv_nsec = ns % 1000000000;
	return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *out, void *zone)
{
	struct timespec t = { 0 };

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	out->tv_sec = t.tv_sec;
	out->tv_usec = t.tv_nsec / 1000;
	return 0;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
