#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "base/text.h"

enum { DAY_S = 86400, SPAN_MAX = 1000000 };

/* A number of exactly `digits` digits. */
static int number(struct text *t, unsigned digits)
{
	int value = 0;

	while (digits--) {
		int c = text_next(t);

		if (c < '0' || c > '9')
			t->err = ERR_MALFORMED;
		else
			value = 10 * value + (c - '0');
	}
	return value;
}

static void expect(struct text *t, char c)
{
	if (!text_skip(t, c))
		t->err = ERR_MALFORMED;
}

/* "14:03", "14:03:07", "14:03:07.123"; the fraction is skipped. */
static void read_clock(struct text *t, struct tm *tm)
{
	tm->tm_hour = number(t, 2);
	expect(t, ':');
	tm->tm_min = number(t, 2);
	if (text_skip(t, ':')) {
		tm->tm_sec = number(t, 2);
		if (text_skip(t, '.'))
			(void)text_while(t, "0123456789");
	}
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		t->err = ERR_MALFORMED;
}

/* "Z", "+02:00", or nothing, which is this host's. */
static time_t with_zone(struct text *t, struct tm *tm)
{
	int sign = text_peek(t) == '-' ? -1 : 1;
	long apart_s;

	if (text_skip(t, 'Z') || text_skip(t, 'z'))
		return timegm(tm);
	if (!text_skip(t, '+') && !text_skip(t, '-')) {
		tm->tm_isdst = -1;
		return mktime(tm);
	}
	apart_s = 3600L * number(t, 2);
	expect(t, ':');
	apart_s += 60L * number(t, 2);
	return timegm(tm) - sign * apart_s;
}

static time_t read_date(struct text *t)
{
	struct tm tm = { 0 };

	tm.tm_year = number(t, 4) - 1900;
	expect(t, '-');
	tm.tm_mon = number(t, 2) - 1;
	expect(t, '-');
	tm.tm_mday = number(t, 2);
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31)
		t->err = ERR_MALFORMED;
	if (!text_skip(t, 'T') && !text_skip(t, 't'))
		expect(t, ' ');
	read_clock(t, &tm);
	return with_zone(t, &tm);
}

/* The last time that the clock showed this: today, or yesterday. */
static time_t read_today(struct text *t, time_t now)
{
	bool utc = text_len(t) && (t->end[-1] == 'Z' || t->end[-1] == 'z');
	struct tm tm;
	time_t at;

	if (utc)
		(void)gmtime_r(&now, &tm);
	else
		(void)localtime_r(&now, &tm);
	tm.tm_sec = 0;
	read_clock(t, &tm);
	at = with_zone(t, &tm);
	if (at <= now)
		return at;
	tm.tm_mday--;
	tm.tm_isdst = -1;
	return utc ? timegm(&tm) : mktime(&tm);
}

static int64_t read_span_s(struct text *t)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', DAY_S } };
	int64_t value = (int64_t)text_u64(t, SPAN_MAX);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text_skip(t, units[i].unit))
			return value * units[i].s;
	t->err = ERR_MALFORMED;
	return 0;
}

int moment_parse(const char *text, int64_t now_ms, int64_t *out_ms)
{
	struct text t = text_trim(text_from(text));
	int64_t at_ms;

	if (text_skip(&t, '-'))
		at_ms = now_ms - 1000 * read_span_s(&t);
	else if (text_len(&t) > 4 && t.at[4] == '-')
		at_ms = 1000 * (int64_t)read_date(&t);
	else
		at_ms = 1000 * (int64_t)read_today(&t, (time_t)(now_ms / 1000));
	if (t.err || text_len(&t))
		return ERR_MALFORMED;
	if (at_ms > now_ms)
		return ERR_RANGE;
	*out_ms = at_ms;
	return OK;
}
