#include "base/moment.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/text.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60000, DAY_S = 86400, SPAN_MAX = 1000000 };

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

/* ".123": in milliseconds, which end with what is written. */
static int64_t read_fraction(struct text *t)
{
	struct text digits = text_while(t, "0123456789");
	int64_t ms = 0;

	for (int64_t place = 100; place; place /= 10)
		if (text_len(&digits))
			ms += place * (text_next(&digits) - '0');
	return ms;
}

/*
 * "14:03", "14:03:07", "14:03:07.123". Returns how many milliseconds after what is
 * written to `tm` the last moment of that minute, second or fraction is.
 */
static int64_t read_clock(struct text *t, struct tm *tm)
{
	int64_t last_ms = MINUTE_MS - 1;

	tm->tm_hour = number(t, 2);
	expect(t, ':');
	tm->tm_min = number(t, 2);
	tm->tm_sec = 0;
	if (text_skip(t, ':')) {
		tm->tm_sec = number(t, 2);
		last_ms = text_skip(t, '.') ? read_fraction(t) : SECOND_MS - 1;
	}
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		t->err = ERR_MALFORMED;
	return last_ms;
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

static time_t read_date(struct text *t, int64_t *last_ms)
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
	*last_ms = read_clock(t, &tm);
	return with_zone(t, &tm);
}

/* The last time that the clock showed this: today, or yesterday. */
static time_t read_today(struct text *t, time_t now, int64_t *last_ms)
{
	bool utc = text_len(t) && (t->end[-1] == 'Z' || t->end[-1] == 'z');
	struct tm tm;
	bool local;
	time_t at;

	if (utc)
		(void)gmtime_r(&now, &tm);
	else
		(void)localtime_r(&now, &tm);
	*last_ms = read_clock(t, &tm);
	local = text_len(t) == 0;
	at = with_zone(t, &tm);
	if (!local) /* today may be another day there */
		return at + DAY_S <= now ? at + DAY_S : at > now ? at - DAY_S : at;
	if (at <= now)
		return at;
	tm.tm_mday--;
	tm.tm_isdst = -1;
	return mktime(&tm);
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

static bool has_date(const struct text *t)
{
	return text_len(t) > 4 && t->at[4] == '-';
}

int moment_parse(const char *text, int64_t now_ms, int64_t *out_ms)
{
	struct text t = text_trim(text_from(text));
	int64_t last_ms = 0;
	int64_t at_ms;

	if (text_skip(&t, '-'))
		at_ms = now_ms - SECOND_MS * read_span_s(&t);
	else if (has_date(&t))
		at_ms = SECOND_MS * (int64_t)read_date(&t, &last_ms);
	else
		at_ms = SECOND_MS *
			(int64_t)read_today(&t, (time_t)(now_ms / SECOND_MS), &last_ms);
	if (t.err || text_len(&t))
		return ERR_MALFORMED;
	if (at_ms > now_ms)
		return ERR_RANGE;
	*out_ms = at_ms + last_ms < now_ms ? at_ms + last_ms : now_ms;
	return OK;
}

/* Whether local clocks show this time twice, because they are set back. */
static bool is_shown_twice(time_t at, const struct tm *shown)
{
	for (time_t side = -1; side <= 1; side += 2) {
		time_t near = at + side * DAY_S;
		time_t other;
		struct tm tm;

		if (!localtime_r(&near, &tm) || tm.tm_gmtoff == shown->tm_gmtoff)
			continue;
		other = at + shown->tm_gmtoff - tm.tm_gmtoff;
		if (localtime_r(&other, &tm) && tm.tm_gmtoff != shown->tm_gmtoff)
			return true;
	}
	return false;
}

static void put_local(struct buffer *out, time_t at, bool dated, struct text fraction,
		      int64_t last_ms)
{
	struct tm tm;

	if (!localtime_r(&at, &tm))
		return;
	if (dated)
		buffer_printf(out, "%04d-%02d-%02dT", tm.tm_year + 1900, tm.tm_mon + 1,
			      tm.tm_mday);
	buffer_printf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
	if (last_ms < MINUTE_MS - 1)
		buffer_printf(out, ":%02d", tm.tm_sec);
	buffer_put(out, fraction.at, text_len(&fraction));
	if (is_shown_twice(at, &tm))
		buffer_printf(out, "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+',
			      labs(tm.tm_gmtoff) / 3600, labs(tm.tm_gmtoff) / 60 % 60);
}

/* Puts the run as local time; false: it is no moment in UTC. */
static bool put_moment(struct buffer *out, struct text run, int64_t now_ms)
{
	const char *point = memchr(run.at, '.', text_len(&run));
	struct text fraction = text_of(run.at, 0);
	bool dated = has_date(&run);
	bool clock = text_len(&run) >= sizeof("14:03:07Z") - 1 && run.at[2] == ':';
	int64_t last_ms;
	time_t at;

	if ((!dated && !clock) || run.end[-1] != 'Z')
		return false;
	if (point)
		fraction = text_of(point, (size_t)(run.end - 1 - point));
	at = dated ? read_date(&run, &last_ms)
		   : read_today(&run, (time_t)(now_ms / SECOND_MS), &last_ms);
	if (run.err || text_len(&run))
		return false;
	put_local(out, at, dated, fraction, last_ms);
	return true;
}

void moment_put_local(struct buffer *out, struct text t, int64_t now_ms)
{
	static const char of_moment[] = "0123456789-:.TZ";
	char before = ' ';

	while (text_len(&t)) {
		struct text rest = t;
		struct text run = text_while(&rest, of_moment);

		if (text_len(&run) == 0)
			run = text_of(t.at, 1);
		while (text_len(&run) > 1 && strchr("-:.", run.end[-1]))
			run.end--;
		if (text_len(&run) == 1) /* only marks, or nothing of a moment */
			run.end = rest.at > run.end ? rest.at : run.end;
		if (isalnum((unsigned char)before) ||
		    (run.end < t.end && isalnum((unsigned char)*run.end)) ||
		    !put_moment(out, run, now_ms))
			buffer_put(out, run.at, text_len(&run));
		before = run.end[-1];
		t.at = run.end;
	}
}
