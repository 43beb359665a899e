#include "sip/grammar.h"

/* clang-format off */
#define T OCTET_TOKEN
#define W OCTET_WORD
#define P OCTET_PARAM
#define U OCTET_USER
#define H OCTET_HOST
#define X OCTET_HEX
#define S OCTET_SCHEME

/* Letters and digits are of nearly every kind; then the other characters. */
const uint8_t sip_octets[256] = {
	[' '] = OCTET_BLANK, ['\t'] = OCTET_BLANK, ['\r'] = OCTET_BLANK, ['\n'] = OCTET_BLANK,
	['0' ... '9'] = T | W | P | U | H | X | S,
	['A' ... 'F'] = T | W | P | U | H | X | S,
	['G' ... 'Z'] = T | W | P | U | H | S,
	['a' ... 'f'] = T | W | P | U | H | X | S,
	['g' ... 'z'] = T | W | P | U | H | S,
	['-']  = T | W | P | U | H | S,
	['.']  = T | W | P | U | H | S,
	['!']  = T | W | P | U,
	['%']  = T | W | P | U,
	['*']  = T | W | P | U,
	['_']  = T | W | P | U | H,
	['+']  = T | W | P | U | S,
	['`']  = T | W | P,
	['\''] = T | W | P | U,
	['~']  = T | W | P | U,
	['(']  = W | P | U,
	[')']  = W | P | U,
	['<']  = W,
	['>']  = W,
	[':']  = W | P,
	['\\'] = W,
	['"']  = W,
	['/']  = W | P | U,
	['[']  = W | P,
	[']']  = W | P,
	['?']  = W | U,
	['{']  = W,
	['}']  = W,
	['@']  = W | P,
	['&']  = P | U,
	['=']  = P | U,
	['$']  = P | U,
	[',']  = U,
	[';']  = U,
	['#']  = U, /* not in the grammar, but phones dial it */
};
/* clang-format on */

#undef T
#undef W
#undef P
#undef U
#undef H
#undef X
#undef S

bool sip_take_quoted(struct text *t, struct text *out)
{
	const char *from = t->at;

	if (!text_skip(t, '"'))
		return false;
	while (t->at < t->end && *t->at != '"') {
		if (*t->at == '\\')
			t->at++;
		if (t->at < t->end)
			t->at++;
	}
	if (!text_skip(t, '"'))
		return false;
	*out = text_of(from, (size_t)(t->at - from));
	return true;
}
