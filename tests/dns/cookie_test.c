#include "dns/cookie.h"

#include <string.h>

#include "tests/harness.h"

static const struct cookie_keys keys = {
	.keys = { { 0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc,
		    0x84, 0x9e, 0x37, 0xbf, 0xcf } },
	.count = 1,
};

static struct addr address(const char *text)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL(addr_parse(text, &a), 0);
	return a;
}

/* RFC 9018 appendix A.1: learning a server cookie. */
static const char a1[] = "\x24\x64\xc4\xab\xcf\x10\xc9\x57\x01\0\0\0\x5c\xf7\x9f\x11"
			 "\x1f\x81\x30\xc3\xee\xe2\x94\x80";
/* A.2: the same client, forty minutes later. */
static const char a2[] = "\x24\x64\xc4\xab\xcf\x10\xc9\x57\x01\0\0\0\x5c\xf7\xa8\x71"
			 "\xd4\xa5\x64\xa1\x44\x2a\xca\x77";
/* A.3: another client; its cookie has the reserved octets set. */
static const char a3_asked[] = "\xfc\x93\xfc\x62\x80\x7d\xdb\x86\x01\xab\xcd\xef\x5c"
			       "\xf7\x8f\x71\xa3\x14\x22\x7b\x66\x79\xeb\xf5";
static const char a3[] = "\xfc\x93\xfc\x62\x80\x7d\xdb\x86\x01\0\0\0\x5c\xf7\xa9\xac"
			 "\xf7\x3a\x78\x10\xac\xa2\x38\x1e";
/* A.4: IPv6, and a key rolled in between. */
static const char a4_asked[] = "\x22\x68\x1a\xb9\x7d\x52\xc2\x98\x01\0\0\0\x5c\xf7\xc5"
			       "\x79\x26\x55\x6b\xd0\x93\x4c\x72\xf8";
static const char a4[] = "\x22\x68\x1a\xb9\x7d\x52\xc2\x98\x01\0\0\0\x5c\xf7\xc6\x09"
			 "\xa6\xbb\x79\xd1\x66\x25\x50\x7a";

static void expect(const struct cookie_keys *with, const struct addr *client,
		   uint32_t now_s, const char *cookie)
{
	uint8_t made[COOKIE_LEN];

	cookie_make(with, (const uint8_t *)cookie, client, now_s, made);
	CU_ASSERT_EQUAL(memcmp(made, cookie, COOKIE_LEN), 0);
}

static enum cookie_verdict judge(const struct cookie_keys *with, const char *cookie,
				 const struct addr *client, uint32_t now_s)
{
	return cookie_check(with, guarded(cookie, COOKIE_LEN), COOKIE_LEN, client,
			    now_s);
}

static void appendix_a_1_to_3(void)
{
	struct addr client = address("198.51.100.100");
	struct addr other = address("203.0.113.203");

	expect(&keys, &client, 1559731985, a1);
	expect(&keys, &client, 1559734385, a2);
	expect(&keys, &other, 1559734700, a3);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, 1559731985), COOKIE_GOOD);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, 1559734385), COOKIE_OLD);
	CU_ASSERT_EQUAL(judge(&keys, a3_asked, &other, 0x5cf78f71 + 10), COOKIE_GOOD);
}

static void appendix_a_4_rolls_the_key(void)
{
	static const uint8_t old_key[COOKIE_KEY_LEN] = { 0xdd, 0x3b, 0xdf, 0x93,
							 0x44, 0xb6, 0x78, 0xb1,
							 0x85, 0xa6, 0xf5, 0xcb,
							 0x60, 0xfc, 0xa7, 0x15 };
	static const uint8_t fresh_key[COOKIE_KEY_LEN] = { 0x44, 0x55, 0x36, 0xbc,
							   0xd2, 0x51, 0x32, 0x98,
							   0x07, 0x5a, 0x5d, 0x37,
							   0x96, 0x63, 0xc9, 0x62 };
	struct addr client = address("2001:db8:220:1:59de:d0f4:8769:82b8");
	struct cookie_keys rolled = { 0 };

	cookie_roll(&rolled, old_key);
	CU_ASSERT_EQUAL(rolled.count, 1);
	expect(&rolled, &client, 0x5cf7c579, a4_asked);
	cookie_roll(&rolled, fresh_key);
	CU_ASSERT_EQUAL(rolled.count, 2);
	CU_ASSERT_EQUAL(judge(&rolled, a4_asked, &client, 1559741961), COOKIE_GOOD);
	expect(&rolled, &client, 1559741961, a4);
	cookie_roll(&rolled, fresh_key);
	CU_ASSERT_EQUAL(judge(&rolled, a4_asked, &client, 1559741961), COOKIE_BAD);
}

static void cookies_age_and_come_from_the_future_a_little(void)
{
	struct addr client = address("198.51.100.100");
	uint32_t made_s = 1559731985;

	CU_ASSERT_EQUAL(judge(&keys, a1, &client, made_s + 1800), COOKIE_GOOD);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, made_s + 1801), COOKIE_OLD);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, made_s + 3600), COOKIE_OLD);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, made_s + 3601), COOKIE_STALE);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, made_s - 300), COOKIE_GOOD);
	CU_ASSERT_EQUAL(judge(&keys, a1, &client, made_s - 301), COOKIE_STALE);
}

static void time_wraps_as_serials_do(void)
{
	struct addr client = address("198.51.100.100");
	uint8_t made[COOKIE_LEN];

	cookie_make(&keys, (const uint8_t *)a1, &client, UINT32_MAX - 10, made);
	CU_ASSERT_EQUAL(cookie_check(&keys, made, COOKIE_LEN, &client, 100),
			COOKIE_GOOD);
}

static void a_cookie_of_another_client_or_with_a_changed_bit_is_bad(void)
{
	struct addr client = address("198.51.100.100");
	struct addr other = address("198.51.100.101");

	CU_ASSERT_EQUAL(judge(&keys, a1, &other, 1559731985), COOKIE_BAD);
	for (unsigned i = 0; i < COOKIE_LEN; i++) {
		char changed[COOKIE_LEN];

		memcpy(changed, a1, COOKIE_LEN);
		changed[i] = (char)(changed[i] ^ 1);
		CU_ASSERT_EQUAL(judge(&keys, changed, &client, 1559731985),
				i == 12 || i == 13 ? COOKIE_STALE : COOKIE_BAD);
	}
	CU_ASSERT_EQUAL(cookie_check(&keys, guarded(a1, 8), 8, &client, 1559731985),
			COOKIE_CLIENT_ONLY);
	CU_ASSERT_EQUAL(cookie_check(&keys, guarded(a1, 16), 16, &client, 1559731985),
			COOKIE_BAD);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "9018 A.1 to A.3", appendix_a_1_to_3 },
		{ "9018 A.4: the key rolls", appendix_a_4_rolls_the_key },
		{ "cookies age, and come from the future a little",
		  cookies_age_and_come_from_the_future_a_little },
		{ "time wraps as serials do", time_wraps_as_serials_do },
		{ "a cookie of another client or with a changed bit is bad",
		  a_cookie_of_another_client_or_with_a_changed_bit_is_bad },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/cookie", tests);
}
