#include <stdio.h>
#include <string.h>

#include "dns/rr_field.h"

bool rr_number(const char *at, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned char)at[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > max)
			return false;
	}
	*out = value;
	return true;
}

static uint64_t unit_s(char c)
{
	switch (c | 0x20) {
	case 'w':
		return 604800;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

bool rr_period(const char *at, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t sum = 0;
	const char *end = at + len;

	if (rr_number(at, len, max, out))
		return true;
	while (at < end) {
		const char *from = at;
		uint64_t count;
		uint64_t unit;

		while (at < end && *at >= '0' && *at <= '9')
			at++;
		if (at == end || !rr_number(from, (size_t)(at - from), max, &count))
			return false;
		unit = unit_s(*at++);
		if (!unit || count > max / unit || sum + count * unit > max)
			return false;
		sum += count * unit;
	}
	*out = sum;
	return len != 0;
}

static int parse_number(struct rr_text *t, uint64_t max, const char *what,
			uint64_t *out)
{
	int err = rr_need_word(t, what);

	if (err)
		return err;
	if (!rr_number(t->token.at, t->token.len, max, out))
		return rr_not(t, what);
	return OK;
}

static int parse_u8(struct rr_text *t)
{
	uint64_t value = 0;
	int err = parse_number(t, UINT8_MAX, u8_field.what, &value);

	writer_u8(&t->out, (uint8_t)value);
	return err;
}

static int parse_u16(struct rr_text *t)
{
	uint64_t value = 0;
	int err = parse_number(t, UINT16_MAX, u16_field.what, &value);

	writer_u16(&t->out, (uint16_t)value);
	return err;
}

static int parse_u32(struct rr_text *t)
{
	uint64_t value = 0;
	int err = parse_number(t, UINT32_MAX, u32_field.what, &value);

	writer_u32(&t->out, (uint32_t)value);
	return err;
}

static int parse_u64(struct rr_text *t)
{
	uint64_t value = 0;
	int err = parse_number(t, UINT64_MAX, u64_field.what, &value);

	writer_u32(&t->out, (uint32_t)(value >> 32));
	writer_u32(&t->out, (uint32_t)value);
	return err;
}

static int parse_period(struct rr_text *t)
{
	uint64_t value = 0;
	int err = rr_need_word(t, period_field.what);

	if (err)
		return err;
	if (!rr_period(t->token.at, t->token.len, UINT32_MAX, &value))
		return rr_not(t, period_field.what);
	writer_u32(&t->out, (uint32_t)value);
	return OK;
}

static bool is_leap(uint64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(uint64_t year, uint64_t month)
{
	static const uint8_t days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

/* Fourteen digits to seconds since 1970. */
static bool read_date(const char *at, uint64_t *out)
{
	static const struct {
		uint8_t len;
		uint16_t min, max;
	} parts[6] = { { 4, 1970, 2106 }, { 2, 1, 12 }, { 2, 1, 31 },
		       { 2, 0, 23 },      { 2, 0, 59 }, { 2, 0, 59 } };
	uint64_t v[6];
	uint64_t days;

	for (unsigned i = 0; i < 6; i++) {
		if (!rr_number(at, parts[i].len, parts[i].max, &v[i]) ||
		    v[i] < parts[i].min)
			return false;
		at += parts[i].len;
	}
	if (v[2] > month_days(v[0], v[1]))
		return false;
	days = v[2] - 1;
	for (uint64_t month = 1; month < v[1]; month++)
		days += month_days(v[0], month);
	for (uint64_t year = 1970; year < v[0]; year++)
		days += is_leap(year) ? 366 : 365;
	*out = ((days * 24 + v[3]) * 60 + v[4]) * 60 + v[5];
	return *out <= UINT32_MAX;
}

static int parse_time(struct rr_text *t)
{
	enum { DATE_LEN = 14 };
	uint64_t value = 0;
	int err = rr_need_word(t, time_field.what);

	if (err)
		return err;
	if (t->token.len == DATE_LEN
		    ? !read_date(t->token.at, &value)
		    : !rr_number(t->token.at, t->token.len, UINT32_MAX, &value))
		return rr_not(t, time_field.what);
	writer_u32(&t->out, (uint32_t)value);
	return OK;
}

static int check_u8(struct reader *r)
{
	reader_take(r, 1);
	return r->err;
}

static int check_u16(struct reader *r)
{
	reader_take(r, 2);
	return r->err;
}

static int check_u32(struct reader *r)
{
	reader_take(r, 4);
	return r->err;
}

static int check_u64(struct reader *r)
{
	reader_take(r, 8);
	return r->err;
}

static void format_u8(struct reader *r, struct buffer *out)
{
	buffer_printf(out, "%u", reader_u8(r));
}

static void format_u16(struct reader *r, struct buffer *out)
{
	buffer_printf(out, "%u", reader_u16(r));
}

static void format_u32(struct reader *r, struct buffer *out)
{
	buffer_printf(out, "%u", reader_u32(r));
}

static void format_u64(struct reader *r, struct buffer *out)
{
	unsigned long long high = reader_u32(r);

	buffer_printf(out, "%llu", high << 32 | reader_u32(r));
}

static void format_time(struct reader *r, struct buffer *out)
{
	uint32_t value = reader_u32(r);
	unsigned days = value / 86400;
	unsigned rest = value % 86400;
	unsigned year = 1970;
	unsigned month = 1;

	for (; days >= (is_leap(year) ? 366U : 365U); year++)
		days -= is_leap(year) ? 366 : 365;
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	buffer_printf(out, "%04u%02u%02u%02u%02u%02u", year, month, days + 1,
		      rest / 3600, rest / 60 % 60, rest % 60);
}

const struct rr_field u8_field = { "a number up to 255", parse_u8, check_u8,
				   format_u8 };
const struct rr_field u16_field = { "a number up to 65535", parse_u16, check_u16,
				    format_u16 };
const struct rr_field u32_field = { "a number up to 4294967295", parse_u32, check_u32,
				    format_u32 };
const struct rr_field u64_field = { "a number up to 18446744073709551615", parse_u64,
				    check_u64, format_u64 };
const struct rr_field period_field = { "a time in seconds or like 1h30m", parse_period,
				       check_u32, format_u32 };
const struct rr_field time_field = { "a time as YYYYMMDDHHMMSS", parse_time, check_u32,
				     format_time };
