#include "cmd/toy_pbx.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "cmd/toy.h"
#include "net/certificate.h"
#include "net/loop.h"
#include "net/tls.h"
#include "sip/transport.h"

enum { LINE_MAX_LEN = 4096, CERTIFICATE_DAYS = 365 };

/* The process, besides its PBXs. */
struct front {
	struct toy toy;
	const char *certificate, *key, *tls_name;
	struct buffer line; /* of standard input, as far as it came */
	struct watch *input;
	struct watch *signals;
	int signal_fd;
};

static const char usage[] =
	"usage: deputy toy-pbx --listen TRANSPORT@ADDRESS:PORT ... [options]\n"
	"  PBXs that answer just enough to be probed: OPTIONS and REGISTER 200,\n"
	"  INVITE 486.\n"
	"  --listen TRANSPORT@ADDRESS:PORT  udp, tcp or tls; up to eight times\n"
	"  --many N            N PBXs at consecutive addresses\n"
	"  --invite 486|200    how an INVITE is answered\n"
	"  --certificate FILE  for tls; a self-signed one is created if it does not "
	"exist\n"
	"  --key FILE          its key\n"
	"  --tls-name NAME     another name for a created certificate\n"
	"  --quiet             do not print requests\n"
	"Commands on standard input: [NUMBER] resume|503|silent|slow "
	"MS|garbage|refuse,\n"
	"and quit. SIGUSR1 is 503, SIGUSR2 resume.\n";

/* "udp@127.0.0.11:5070", "tls@[::1]:5061", and with "@" before the port. */
static int parse_listen(const char *text, struct toy_listen *out)
{
	const char *at = strchr(text, '@');
	const char *colon = strrchr(text, ':');
	char *host;
	int err;

	if (!at ||
	    !sip_transport_find(text_of(text, (size_t)(at - text)), &out->transport))
		return ERR_MALFORMED;
	at++;
	if (strchr(at, '@') || !colon || colon < at)
		return addr_parse_port(at, 5060, &out->at);
	if (*at == '[' && colon > at + 1 && colon[-1] == ']')
		host = alloc_format("%.*s@%s", (int)(colon - at - 2), at + 1,
				    colon + 1);
	else
		host = alloc_format("%.*s@%s", (int)(colon - at), at, colon + 1);
	err = addr_parse_port(host, 5060, &out->at);
	free(host);
	return err;
}

static int add_listen(struct toy *t, const char *text)
{
	if (t->listen_count == TOY_LISTENS_MAX ||
	    parse_listen(text, &t->listens[t->listen_count])) {
		fprintf(stderr, "toy-pbx: not a valid listen address: %s\n", text);
		return ERR_INVALID;
	}
	t->listen_count++;
	return OK;
}

static int parse_number(const char *text, uint64_t max, uint64_t *out)
{
	struct text t = text_from(text);

	*out = text_u64(&t, max);
	if (t.err || text_len(&t) || *out == 0) {
		fprintf(stderr, "toy-pbx: not a number from 1 to %llu: %s\n",
			(unsigned long long)max, text);
		return ERR_INVALID;
	}
	return OK;
}

static int take_option(struct front *f, int option)
{
	uint64_t number = 0;
	int err = OK;

	switch (option) {
	case 'l':
		return add_listen(&f->toy, optarg);
	case 'm':
		err = parse_number(optarg, TOY_MANY_MAX, &number);
		f->toy.many = (uint32_t)number;
		return err;
	case 'i':
		f->toy.invite_status = strcmp(optarg, "200") == 0 ? 200 : 486;
		return OK;
	case 'c':
		f->certificate = optarg;
		return OK;
	case 'k':
		f->key = optarg;
		return OK;
	case 'n':
		f->tls_name = optarg;
		return OK;
	case 'q':
		f->toy.quiet = true;
		return OK;
	default:
		return ERR_INVALID;
	}
}

static int parse_arguments(struct front *f, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "many", required_argument, NULL, 'm' },
		{ "invite", required_argument, NULL, 'i' },
		{ "certificate", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "tls-name", required_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' },
		{ 0 },
	};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(f, option))
			return ERR_INVALID;
	return f->toy.listen_count && optind == argc ? OK : ERR_INVALID;
}

static bool wants_tls(const struct toy *t)
{
	for (size_t i = 0; i < t->listen_count; i++)
		if (sip_transports[t->listens[i].transport].is_secure)
			return true;
	return false;
}

/* A certificate for the name, if there is one, and the first PBX's addresses. */
static int make_certificate(const struct front *f, const char *certificate,
			    const char *key)
{
	char texts[TOY_LISTENS_MAX][ADDR_TEXT_LEN];
	const char *names[TOY_LISTENS_MAX + 2] = { f->tls_name ? f->tls_name
							       : "toy-pbx" };

	for (size_t i = 0; i < f->toy.listen_count; i++)
		names[i + 1] = addr_format(&f->toy.listens[i].at, texts[i]);
	return certificate_make(names, CERTIFICATE_DAYS, certificate, key);
}

static int open_tls(struct front *f)
{
	char dir[] = "/tmp/deputy-toy-XXXXXX";
	bool temporary = !f->certificate || !f->key;
	char *certificate;
	char *key;
	int err = OK;

	if (temporary && !mkdtemp(dir))
		return ERR_SYSTEM;
	certificate = temporary ? alloc_format("%s/chain.pem", dir)
				: alloc_text(f->certificate);
	key = temporary ? alloc_format("%s/key.pem", dir) : alloc_text(f->key);
	if (temporary || access(certificate, R_OK) != 0)
		err = make_certificate(f, certificate, key);
	if (!err)
		err = tls_server_new(certificate, key, 0, &f->toy.tls);
	if (err)
		fprintf(stderr, "toy-pbx: cannot load or create the certificate: %s\n",
			err == ERR_TLS ? tls_error() : err_text(err));
	if (temporary) {
		(void)unlink(certificate);
		(void)unlink(key);
		(void)rmdir(dir);
	}
	free(certificate);
	free(key);
	return err;
}

static void on_input(void *arg, int ready)
{
	struct front *f = arg;
	uint8_t octets[LINE_MAX_LEN];
	ssize_t len = read(STDIN_FILENO, octets, sizeof(octets));
	struct text rest;

	(void)ready;
	if (len <= 0) {
		watch_stop(f->input);
		f->input = NULL;
		return;
	}
	buffer_put(&f->line, octets, (size_t)len);
	rest = text_of(f->line.octets, f->line.len);
	while (memchr(rest.at, '\n', text_len(&rest)))
		if (!toy_obey(&f->toy, text_split(&rest, '\n')))
			loop_stop(f->toy.loop);
	buffer_drop(&f->line, f->line.len - text_len(&rest));
	if (f->line.len > LINE_MAX_LEN)
		f->line.len = 0;
}

static void on_signal(void *arg, int ready)
{
	struct front *f = arg;
	struct signalfd_siginfo info;

	(void)ready;
	if (read(f->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		(void)toy_obey(&f->toy, text_from("503"));
	else if (info.ssi_signo == SIGUSR2)
		(void)toy_obey(&f->toy, text_from("resume"));
	else
		loop_stop(f->toy.loop);
}

static void watch_signals(struct front *f)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	f->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (f->signal_fd >= 0)
		f->signals = watch_start(f->toy.loop, f->signal_fd, LOOP_READ,
					 on_signal, f);
}

static int serve(struct front *f)
{
	char at[ADDR_TEXT_LEN];

	f->toy.loop = loop_new();
	watch_signals(f);
	if ((wants_tls(&f->toy) && open_tls(f)) || toy_open(&f->toy))
		return EXIT_NEGATIVE;
	for (size_t i = 0; i < f->toy.listen_count; i++)
		printf("toy-pbx: %u at %s %s%s\n", f->toy.many,
		       sip_transports[f->toy.listens[i].transport].name,
		       addr_format_port(&f->toy.listens[i].at, at),
		       f->toy.many > 1 ? " and on" : "");
	f->input = watch_start(f->toy.loop, STDIN_FILENO, LOOP_READ, on_input, f);
	loop_run(f->toy.loop);
	return EXIT_DONE;
}

int toy_pbx_main(int argc, char **argv)
{
	struct front f = { .toy = { .many = 1, .invite_status = 486 },
			   .signal_fd = -1 };
	int status;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (parse_arguments(&f, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	status = serve(&f);
	toy_close(&f.toy);
	watch_stop(f.input);
	watch_stop(f.signals);
	if (f.signal_fd >= 0)
		close(f.signal_fd);
	buffer_fini(&f.line);
	tls_free(f.toy.tls);
	loop_free(f.toy.loop);
	return status;
}
