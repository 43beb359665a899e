#include "cmd/toy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/ring.h"
#include "sip/element.h"
#include "sip/response.h"
#include "sip/server.h"
#include "sip/transaction.h"
#include "sip/transport.h"

enum {
	TRANSACTIONS_MAX = 20000,
	EXPIRES_PRESET_S = 3600,
	T1_MS = 500,
	T2_MS = 4000,
	PATIENCE_MS = 64 * T1_MS
};

enum mode {
	MODE_ANSWER,
	MODE_DRAIN,
	MODE_SILENT,
	MODE_SLOW,
	MODE_GARBAGE,
	MODE_REFUSE
};

/* An answer delayed by mode `slow`. */
struct late {
	struct ring link;
	struct timer timer;
	struct toy_pbx *pbx;
	struct sip_remote to;
	struct buffer octets;
};

/* A 200 to an INVITE, repeated until its ACK (RFC 3261 section 13.3.1.4). */
struct accepted {
	struct ring link;
	struct timer timer;
	struct toy_pbx *pbx;
	struct sip_remote to;
	struct buffer call; /* its Call-ID */
	struct buffer octets;
	uint64_t until;
	uint32_t repeat_ms;
};

struct toy_pbx {
	struct toy *toy;
	uint32_t number; /* from 1 */
	enum mode mode;
	uint32_t slow_ms;
	struct toy_listen listens[TOY_LISTENS_MAX];
	struct sip_server *server; /* NULL: refuses */
	struct sip_transactions *transactions;
	struct ring late;
	struct ring accepted;
};

/* clang-format off */
static const struct mode_row {
	const char *word;
	enum mode mode;
	const char *help;
} mode_rows[] = {
	{ "resume",  MODE_ANSWER,  "answer normally" },
	{ "503",     MODE_DRAIN,   "answer 503 to everything" },
	{ "silent",  MODE_SILENT,  "accept everything, answer nothing" },
	{ "slow",    MODE_SLOW,    "answer after MS milliseconds" },
	{ "garbage", MODE_GARBAGE, "answer with octets that are not SIP" },
	{ "refuse",  MODE_REFUSE,  "close all sockets" },
	{ NULL,      0,            NULL },
};
/* clang-format on */

/* Prints one line, and frees it. */
static void print_line(const struct toy_pbx *p, char *text)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	printf("%02d:%02d:%02d.%03ld pbx %u %s\n", tm.tm_hour, tm.tm_min, tm.tm_sec,
	       now.tv_nsec / 1000000, p->number, text);
	free(text);
}

static void free_late(struct late *l)
{
	ring_remove(&l->link);
	timer_stop(&l->timer);
	buffer_fini(&l->octets);
	free(l);
}

static void on_late(void *arg)
{
	struct late *l = arg;

	(void)sip_server_send(l->pbx->server, &l->to, l->octets.octets, l->octets.len);
	free_late(l);
}

/* Sends an answer, or holds it back, depending on the mode. Also used by transactions.
 */
static int send_answer(void *arg, const struct sip_remote *to, const void *octets,
		       size_t len)
{
	struct toy_pbx *p = arg;
	struct late *l;

	if (p->mode != MODE_SLOW)
		return sip_server_send(p->server, to, octets, len);
	l = alloc(sizeof(*l));
	l->pbx = p;
	l->to = *to;
	buffer_put(&l->octets, octets, len);
	ring_append(&p->late, &l->link);
	timer_start(p->toy->loop, &l->timer, p->slow_ms, on_late, l);
	return OK;
}

static void free_accepted(struct accepted *a)
{
	ring_remove(&a->link);
	timer_stop(&a->timer);
	buffer_fini(&a->call);
	buffer_fini(&a->octets);
	free(a);
}

static void on_unacknowledged(void *arg)
{
	struct accepted *a = arg;
	struct loop *l = a->pbx->toy->loop;

	if (loop_now(l) >= a->until) {
		free_accepted(a);
		return;
	}
	(void)send_answer(a->pbx, &a->to, a->octets.octets, a->octets.len);
	a->repeat_ms = a->repeat_ms * 2 < T2_MS ? a->repeat_ms * 2 : T2_MS;
	timer_start(l, &a->timer, a->repeat_ms, on_unacknowledged, a);
}

/* Repeats the answer in `octets` until the call's ACK comes. */
static void await_ack(struct toy_pbx *p, const struct sip_message *m,
		      const struct sip_remote *to, const struct buffer *octets)
{
	struct accepted *a = alloc(sizeof(*a));
	struct text call = sip_field(m, SIP_CALL_ID, 0);

	a->pbx = p;
	a->to = *to;
	a->until = loop_now(p->toy->loop) + PATIENCE_MS;
	a->repeat_ms = T1_MS;
	buffer_put(&a->call, call.at, text_len(&call));
	buffer_put(&a->octets, octets->octets, octets->len);
	ring_append(&p->accepted, &a->link);
	timer_start(p->toy->loop, &a->timer, T1_MS, on_unacknowledged, a);
}

static void take_ack(struct toy_pbx *p, const struct sip_message *m)
{
	struct text call = sip_field(m, SIP_CALL_ID, 0);

	for (struct ring *r = ring_first(&p->accepted); r;) {
		struct accepted *a = RING_OWNER(r, struct accepted, link);

		r = ring_next(&p->accepted, r);
		if (a->call.len == text_len(&call) &&
		    memcmp(a->call.octets, call.at, a->call.len) == 0)
			free_accepted(a);
	}
}

/* Writes the Contact lines of the answer to a REGISTER: as it asked for. */
static void put_binding(struct buffer *out, const struct sip_message *m)
{
	struct sip_elements e = sip_elements_of(m, SIP_CONTACT);
	uint32_t expires = EXPIRES_PRESET_S;
	struct text contact;

	if (sip_number_read(sip_field(m, SIP_EXPIRES, 0), UINT32_MAX, &expires))
		expires = EXPIRES_PRESET_S;
	while (sip_elements_next(&e, &contact)) {
		struct text all = contact;

		(void)text_until(&all, "\r\n*");
		if (text_len(&all))
			continue; /* folded, or all bindings to be removed */
		buffer_put_text(out, "Contact: ");
		buffer_put(out, contact.at, text_len(&contact));
		buffer_put_text(out, "\r\n");
	}
	buffer_printf(out, "Expires: %u\r\n", expires);
}

/* The status a request is answered with; 0: not at all. */
static uint16_t status_of(const struct toy_pbx *p, const struct sip_message *m,
			  const struct sip_remote *from, const char **reason)
{
	*reason = "OK";
	if (p->mode == MODE_DRAIN) {
		*reason = "Service Unavailable";
		return m->method == SIP_ACK ? 0 : 503;
	}
	switch (m->method) {
	case SIP_ACK:
		return 0;
	case SIP_OPTIONS:
	case SIP_REGISTER:
	case SIP_BYE:
		return 200;
	case SIP_CANCEL:
		if (sip_transactions_cancelled(p->transactions, m, from))
			return 200;
		*reason = "Call/Transaction Does Not Exist";
		return 481;
	case SIP_INVITE:
		if (p->toy->invite_status != 200)
			*reason = "Busy Here";
		return p->toy->invite_status;
	default:
		*reason = "Not Implemented";
		return 501;
	}
}

static void answer(struct toy_pbx *p, const struct sip_message *m,
		   const struct sip_remote *from, struct sip_transaction *x)
{
	const char *reason;
	uint16_t status = status_of(p, m, from, &reason);
	struct buffer fields = { 0 };
	char *text;
	char tag[16];
	struct buffer *out = &p->toy->out;

	if (status == 0)
		return;
	(void)snprintf(tag, sizeof(tag), "toy%u", p->number);
	if (status == 503)
		buffer_put_text(&fields, "Retry-After: 10\r\n");
	if (m->method == SIP_REGISTER && status == 200)
		put_binding(&fields, m);
	if (m->method == SIP_INVITE && status == 200)
		buffer_printf(&fields, "Contact: <sip:toy%u@toy.invalid>\r\n",
			      p->number);
	buffer_put_text(&fields,
			"Allow: OPTIONS, REGISTER, INVITE, ACK, BYE, CANCEL\r\n"
			"Server: deputy-toy-pbx/" DEPUTY_VERSION "\r\n");
	text = buffer_take_text(&fields);
	out->len = 0;
	sip_response_write(m,
			   &(struct sip_response){ .status = status,
						   .reason = reason,
						   .to_tag = tag,
						   .fields = text,
						   .from = &from->addr },
			   out);
	if (m->method == SIP_INVITE && status == 200)
		await_ack(p, m, from, out);
	if (x)
		(void)sip_transaction_answer(x, status, out->octets, out->len);
	else
		(void)send_answer(p, from, out->octets, out->len);
	free(text);
}

static void report(const struct toy_pbx *p, const struct sip_message *m,
		   const struct sip_remote *from, const char *how)
{
	char at[ADDR_TEXT_LEN];

	if (p->toy->quiet)
		return;
	print_line(p,
		   alloc_format("%.*s from %s %s%s", (int)text_len(&m->method_name),
				m->method_name.at, sip_transports[from->transport].name,
				addr_format_port(&from->addr, at), how));
}

static void on_message(void *arg, const struct sip_message *m,
		       const struct sip_remote *from)
{
	static const char garbage[] = "\x01\x02 this is no SIP \xff\xfe\r\n\r\n";
	struct toy_pbx *p = arg;
	enum sip_arrival arrival = SIP_ARRIVAL_NEW;
	struct sip_transaction *x = NULL;

	if (m->is_response)
		return;
	if (p->mode == MODE_SILENT || p->mode == MODE_GARBAGE) {
		report(p, m, from, p->mode == MODE_SILENT ? ", silent" : ", garbage");
		if (p->mode == MODE_GARBAGE)
			(void)sip_server_send(p->server, from, garbage,
					      sizeof(garbage) - 1);
		return;
	}
	/* Answers to OPTIONS are all the same: a retransmission is answered again. */
	if (m->method != SIP_OPTIONS)
		arrival = sip_transactions_receive(p->transactions, m, from, &x);
	if (arrival != SIP_ARRIVAL_NEW) {
		report(p, m, from,
		       arrival == SIP_ARRIVAL_FULL ? ", too many" : ", again");
		return;
	}
	report(p, m, from, "");
	if (m->method == SIP_ACK)
		take_ack(p, m);
	answer(p, m, from, x);
}

static const struct sip_server_calls server_calls = { .received = on_message };

static const struct sip_transactions_calls transactions_calls = { .send = send_answer };

static void close_pbx(struct toy_pbx *p)
{
	struct ring *r;

	while ((r = ring_first(&p->accepted)))
		free_accepted(RING_OWNER(r, struct accepted, link));
	while ((r = ring_first(&p->late)))
		free_late(RING_OWNER(r, struct late, link));
	sip_transactions_free(p->transactions);
	sip_server_free(p->server);
	p->transactions = NULL;
	p->server = NULL;
}

static int open_pbx(struct toy_pbx *p)
{
	static const struct sip_server_limits limits = { 0 };

	p->server = sip_server_new(p->toy->loop, &limits, &server_calls, p);
	p->transactions = sip_transactions_new(p->toy->loop, TRANSACTIONS_MAX,
					       &transactions_calls, p);
	for (size_t i = 0; i < p->toy->listen_count; i++) {
		const struct toy_listen *l = &p->listens[i];
		char at[ADDR_TEXT_LEN];

		if (sip_server_listen(p->server, l->transport, &l->at, p->toy->tls) ==
		    OK)
			continue;
		fprintf(stderr, "toy-pbx: cannot listen on %s %s: %s\n",
			sip_transports[l->transport].name, addr_format_port(&l->at, at),
			strerror(errno));
		close_pbx(p);
		return ERR_SYSTEM;
	}
	return OK;
}

static void set_mode(struct toy_pbx *p, const struct mode_row *row, uint32_t slow_ms)
{
	struct timespec now;

	p->mode = row->mode;
	p->slow_ms = slow_ms;
	if (row->mode == MODE_REFUSE)
		close_pbx(p);
	else if (!p->server && open_pbx(p))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	print_line(p, alloc_format("mode %s at %lld.%09ld", row->word,
				   (long long)now.tv_sec, now.tv_nsec));
}

static void set_modes(struct toy *t, uint64_t number, const char *word,
		      uint32_t slow_ms)
{
	const struct mode_row *row = mode_rows;

	while (row->word && strcmp(row->word, word) != 0)
		row++;
	if (!row->word || number > t->many) {
		printf("unknown command; expected [NUMBER] resume|503|silent|slow "
		       "MS|garbage|refuse\n");
		return;
	}
	for (uint32_t i = 0; i < t->many; i++)
		if (number == 0 || number == i + 1)
			set_mode(&t->pbxs[i], row, slow_ms);
}

/* Advances an address by `by`. */
static void move_on(struct addr *a, uint32_t by)
{
	for (size_t i = addr_len(a); i-- > 0 && by;) {
		by += a->octets[i];
		a->octets[i] = (uint8_t)by;
		by >>= 8;
	}
}

int toy_open(struct toy *t)
{
	t->pbxs = alloc_array(t->many, sizeof(*t->pbxs));
	for (uint32_t i = 0; i < t->many; i++) {
		struct toy_pbx *p = &t->pbxs[i];

		p->toy = t;
		p->number = i + 1;
		ring_init(&p->late);
		ring_init(&p->accepted);
		for (size_t k = 0; k < t->listen_count; k++) {
			p->listens[k] = t->listens[k];
			move_on(&p->listens[k].at, i);
		}
		if (open_pbx(p))
			return ERR_SYSTEM;
	}
	return OK;
}

void toy_close(struct toy *t)
{
	for (uint32_t i = 0; t->pbxs && i < t->many; i++)
		if (t->pbxs[i].toy)
			close_pbx(&t->pbxs[i]);
	free(t->pbxs);
	buffer_fini(&t->out);
}

bool toy_obey(struct toy *t, struct text line)
{
	uint64_t number;
	uint64_t ms = 0;
	struct text word;
	struct text ahead;
	char name[16];

	line = text_trim(line);
	ahead = line;
	number = text_u64(&ahead, UINT32_MAX);
	if (!ahead.err && text_skip_blanks(&ahead))
		line = ahead;
	else
		number = 0;
	word = text_until(&line, " \t\r");
	(void)text_skip_blanks(&line);
	if (text_len(&line))
		ms = text_u64(&line, UINT32_MAX);
	(void)snprintf(name, sizeof(name), "%.*s", (int)text_len(&word), word.at);
	if (strcmp(name, "quit") == 0)
		return false;
	if (name[0])
		set_modes(t, number, name, (uint32_t)ms);
	return true;
}
