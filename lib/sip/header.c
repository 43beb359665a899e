#include "sip/header.h"

#include <string.h>

enum { NAME_MAX_LEN = 19 };

/* clang-format off */
const struct sip_header_row sip_header_rows[SIP_HEADERS] = {
	/* header                     name                   lower                 compact single required */
	[SIP_HEADER_OTHER]        = { "",                    "",                    0,   false, false },
	[SIP_ACCEPT_TYPES]        = { "Accept",              "accept",              0,   false, false },
	[SIP_ALLOW]               = { "Allow",               "allow",               0,   false, false },
	[SIP_AUTHORIZATION]       = { "Authorization",       "authorization",       0,   false, false },
	[SIP_CALL_ID]             = { "Call-ID",             "call-id",             'i', true,  true  },
	[SIP_CONTACT]             = { "Contact",             "contact",             'm', false, false },
	[SIP_CONTENT_ENCODING]    = { "Content-Encoding",    "content-encoding",    'e', false, false },
	[SIP_CONTENT_LENGTH]      = { "Content-Length",      "content-length",      'l', true,  false },
	[SIP_CONTENT_TYPE]        = { "Content-Type",        "content-type",        'c', true,  false },
	[SIP_CSEQ]                = { "CSeq",                "cseq",                0,   true,  true  },
	[SIP_DATE]                = { "Date",                "date",                0,   true,  false },
	[SIP_EVENT]               = { "Event",               "event",               'o', true,  false },
	[SIP_EXPIRES]             = { "Expires",             "expires",             0,   true,  false },
	[SIP_FROM]                = { "From",                "from",                'f', true,  true  },
	[SIP_MAX_FORWARDS]        = { "Max-Forwards",        "max-forwards",        0,   true,  false },
	[SIP_MIN_EXPIRES]         = { "Min-Expires",         "min-expires",         0,   true,  false },
	[SIP_PATH]                = { "Path",                "path",                0,   false, false },
	[SIP_PROXY_AUTHENTICATE]  = { "Proxy-Authenticate",  "proxy-authenticate",  0,   false, false },
	[SIP_PROXY_AUTHORIZATION] = { "Proxy-Authorization", "proxy-authorization", 0,   false, false },
	[SIP_PROXY_REQUIRE]       = { "Proxy-Require",       "proxy-require",       0,   false, false },
	[SIP_RECORD_ROUTE]        = { "Record-Route",        "record-route",        0,   false, false },
	[SIP_REFER_TO]            = { "Refer-To",            "refer-to",            'r', true,  false },
	[SIP_REQUIRE]             = { "Require",             "require",             0,   false, false },
	[SIP_RETRY_AFTER]         = { "Retry-After",         "retry-after",         0,   true,  false },
	[SIP_ROUTE]               = { "Route",               "route",               0,   false, false },
	[SIP_SERVER]              = { "Server",              "server",              0,   true,  false },
	[SIP_SUBJECT]             = { "Subject",             "subject",             's', true,  false },
	[SIP_SUPPORTED]           = { "Supported",           "supported",           'k', false, false },
	[SIP_TO]                  = { "To",                  "to",                  't', true,  true  },
	[SIP_UNSUPPORTED]         = { "Unsupported",         "unsupported",         0,   false, false },
	[SIP_USER_AGENT]          = { "User-Agent",          "user-agent",          0,   true,  false },
	[SIP_VIA]                 = { "Via",                 "via",                 'v', false, true  },
	[SIP_WARNING]             = { "Warning",             "warning",             0,   false, false },
	[SIP_WWW_AUTHENTICATE]    = { "WWW-Authenticate",    "www-authenticate",    0,   false, false },
};

/* The headers by the length of their names; SIP_HEADER_OTHER ends a row. */
static const uint8_t by_len[NAME_MAX_LEN + 1][8] = {
	[2]  = { SIP_TO },
	[3]  = { SIP_VIA },
	[4]  = { SIP_CSEQ, SIP_FROM, SIP_DATE, SIP_PATH },
	[5]  = { SIP_ROUTE, SIP_ALLOW, SIP_EVENT },
	[6]  = { SIP_ACCEPT_TYPES, SIP_SERVER },
	[7]  = { SIP_CALL_ID, SIP_CONTACT, SIP_EXPIRES, SIP_REQUIRE, SIP_SUBJECT, SIP_WARNING },
	[8]  = { SIP_REFER_TO },
	[9]  = { SIP_SUPPORTED },
	[10] = { SIP_USER_AGENT },
	[11] = { SIP_RETRY_AFTER, SIP_MIN_EXPIRES, SIP_UNSUPPORTED },
	[12] = { SIP_MAX_FORWARDS, SIP_CONTENT_TYPE, SIP_RECORD_ROUTE },
	[13] = { SIP_AUTHORIZATION, SIP_PROXY_REQUIRE },
	[14] = { SIP_CONTENT_LENGTH },
	[16] = { SIP_CONTENT_ENCODING, SIP_WWW_AUTHENTICATE },
	[18] = { SIP_PROXY_AUTHENTICATE },
	[19] = { SIP_PROXY_AUTHORIZATION },
};

static const uint8_t by_compact[26] = {
	['c' - 'a'] = SIP_CONTENT_TYPE,
	['e' - 'a'] = SIP_CONTENT_ENCODING,
	['f' - 'a'] = SIP_FROM,
	['i' - 'a'] = SIP_CALL_ID,
	['k' - 'a'] = SIP_SUPPORTED,
	['l' - 'a'] = SIP_CONTENT_LENGTH,
	['m' - 'a'] = SIP_CONTACT,
	['o' - 'a'] = SIP_EVENT,
	['r' - 'a'] = SIP_REFER_TO,
	['s' - 'a'] = SIP_SUBJECT,
	['t' - 'a'] = SIP_TO,
	['v' - 'a'] = SIP_VIA,
};
/* clang-format on */

static bool is_same(const char *name, const char *lower, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((name[i] | 0x20) != lower[i])
			return false;
	return true;
}

enum sip_header sip_header_find(struct text name)
{
	size_t len = text_len(&name);

	if (len == 1) {
		unsigned letter = (unsigned char)(name.at[0] | 0x20) - (unsigned)'a';

		return letter < 26 ? by_compact[letter] : SIP_HEADER_OTHER;
	}
	if (len > NAME_MAX_LEN)
		return SIP_HEADER_OTHER;
	for (const uint8_t *h = by_len[len]; *h; h++)
		if (is_same(name.at, sip_header_rows[*h].lower, len))
			return *h;
	return SIP_HEADER_OTHER;
}

const char *sip_header_name(enum sip_header header)
{
	return sip_header_rows[header].name;
}
