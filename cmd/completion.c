/* Shell completion for `deputy`, generated from the rows of commands. */
#include <ctype.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"
#include "cmd/render.h"

/*
 * Rows of the functions for bash and zsh: "name:first:valued:words". `first` says what
 * the first argument is a name of, `valued` which options take a value and what that
 * is a name of.
 */
static const char bash_head[] =
	"# bash completion of deputy; made by `deputy completion bash`\n"
	"_deputy()\n"
	"{\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} typed= words= kind= path= row\n"
	"\tlocal name first valued literals word option i\n"
	"\tlocal -a ask=(\"${COMP_WORDS[0]}\") behind\n"
	"\tlocal -a rows=(\n";

static const char bash_tail[] =
	"\t)\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase $typed${COMP_WORDS[i]} in\n"
	"\t\t*--json | *--color=*) ;;\n"
	"\t\t*--color)\n"
	"\t\t\t[ \"${COMP_WORDS[i + 1]}\" = = ] && ((++i)) # bash splits there\n"
	"\t\t\t((++i == COMP_CWORD)) && path=no words='auto always never'\n"
	"\t\t\t;;\n"
	"\t\t--run | -c)\n"
	"\t\t\task+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i + 1]}\")\n"
	"\t\t\t((++i == COMP_CWORD)) && path=yes\n"
	"\t\t\t;;\n"
	"\t\t*) typed+=\"${COMP_WORDS[i]} \" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tfor row in \"${rows[@]}\"; do\n"
	"\t\t[ -n \"$path\" ] && break\n"
	"\t\tIFS=: read -r name first valued literals <<<\"$row\"\n"
	"\t\tif [[ $typed == \"$name \"* ]]; then\n"
	"\t\t\tkind=$first option=\n"
	"\t\t\tread -ra behind <<<\"${typed#\"$name \"}\"\n"
	"\t\t\tfor word in \"${behind[@]}\"; do\n"
	"\t\t\t\tif [ -n \"$option\" ]; then\n"
	"\t\t\t\t\toption=\n"
	"\t\t\t\telif [[ \" $valued \" == *\" $word=\"* ]]; then\n"
	"\t\t\t\t\toption=$word\n"
	"\t\t\t\telif [[ $word != -* && $first != files ]]; then\n"
	"\t\t\t\t\tkind=\n"
	"\t\t\t\tfi\n"
	"\t\t\tdone\n"
	"\t\t\tif [ -n \"$option\" ]; then\n"
	"\t\t\t\tkind=\" $valued \" literals=\n"
	"\t\t\t\tkind=${kind#*\" $option=\"}\n"
	"\t\t\t\tkind=${kind%% *}\n"
	"\t\t\tfi\n"
	"\t\t\twords+=\" $literals\"\n"
	"\t\telif [[ $name == \"$typed\"* ]]; then\n"
	"\t\t\tname=${name#\"$typed\"}\n"
	"\t\t\twords+=\" ${name%% *}\"\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t[ -z \"$typed$path\" ] && words+=' --json --color --run -c --help'\n"
	"\tcase $kind in\n"
	"\t'' | files) ;;\n"
	"\t*) words+=\" $(\"${ask[@]}\" completion \"$kind\" 2>/dev/null)\" ;;\n"
	"\tesac\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\" | sort -u)\n"
	"\tif [ \"$path\" = yes ] || [ \"$kind\" = files ]; then\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")\n"
	"\tfi\n"
	"}\n"
	"complete -F _deputy deputy\n";

static const char zsh_head[] =
	"#compdef deputy\n"
	"# zsh completion of deputy; made by `deputy completion zsh`\n"
	"_deputy() {\n"
	"\tlocal typed= kind= path_wanted= row name first valued literals word option\n"
	"\tlocal -a found ask fields\n"
	"\tlocal -i i\n"
	"\task=(\"${words[1]}\")\n"
	"\tlocal -a rows=(\n";

static const char zsh_tail[] =
	"\t)\n"
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tcase $typed${words[i]} in\n"
	"\t\t*--json | *--color=*) ;;\n"
	"\t\t*--color) ((++i == CURRENT)) && path_wanted=no found=(auto always never) ;;\n"
	"\t\t--run | -c)\n"
	"\t\t\task+=(\"${words[i]}\" \"${words[i + 1]}\")\n"
	"\t\t\t((++i == CURRENT)) && path_wanted=yes\n"
	"\t\t\t;;\n"
	"\t\t*) typed+=\"${words[i]} \" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tfor row in $rows; do\n"
	"\t\t[[ -n $path_wanted ]] && break\n"
	"\t\tfields=(\"${(@s.:.)row}\")\n"
	"\t\tname=$fields[1] first=$fields[2] valued=$fields[3] literals=$fields[4]\n"
	"\t\tif [[ $typed == \"$name \"* ]]; then\n"
	"\t\t\tkind=$first option=\n"
	"\t\t\tfor word in ${=typed#\"$name \"}; do\n"
	"\t\t\t\tif [[ -n $option ]]; then\n"
	"\t\t\t\t\toption=\n"
	"\t\t\t\telif [[ \" $valued \" == *\" $word=\"* ]]; then\n"
	"\t\t\t\t\toption=$word\n"
	"\t\t\t\telif [[ $word != -* && $first != files ]]; then\n"
	"\t\t\t\t\tkind=\n"
	"\t\t\t\tfi\n"
	"\t\t\tdone\n"
	"\t\t\tif [[ -n $option ]]; then\n"
	"\t\t\t\tkind=\" $valued \" literals=\n"
	"\t\t\t\tkind=${kind#*\" $option=\"}\n"
	"\t\t\t\tkind=${kind%% *}\n"
	"\t\t\tfi\n"
	"\t\t\tfound+=(${=literals})\n"
	"\t\telif [[ $name == \"$typed\"* ]]; then\n"
	"\t\t\tname=${name#\"$typed\"}\n"
	"\t\t\tfound+=(${name%% *})\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t[[ -z $typed$path_wanted ]] && found+=(--json --color --run -c --help)\n"
	"\t[[ -n $kind && $kind != files ]] &&\n"
	"\t\tfound+=(${(f)\"$(\"${ask[@]}\" completion $kind 2>/dev/null)\"})\n"
	"\tcompadd -- ${(u)found}\n"
	"\t[[ $path_wanted == yes || $kind == files ]] && _files\n"
	"\treturn 0\n"
	"}\n"
	"if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
	"\t_deputy \"$@\"\n"
	"else\n"
	"\tcompdef _deputy deputy\n"
	"fi\n";

static const char fish_head[] =
	"# fish completion of deputy; made by `deputy completion fish`\n"
	"function __deputy_typed\n"
	"\tset -l words (commandline -opc)[2..]\n"
	"\tset -l typed\n"
	"\twhile set -q words[1]\n"
	"\t\tswitch \"$typed$words[1]\"\n"
	"\t\t\tcase '*--json' '*--color=*'\n"
	"\t\t\tcase --run -c '*--color'\n"
	"\t\t\t\tset -e words[1]\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\tset typed \"$typed$words[1] \"\n"
	"\t\tend\n"
	"\t\tset -e words[1]\n"
	"\tend\n"
	"\techo -- \"$typed\"\n"
	"end\n"
	"function __deputy_at\n"
	"\ttest (__deputy_typed) = \"$argv\"\n"
	"end\n"
	"# Behind a command, and not where the value of one of its options is: the last\n"
	"# of what was typed is none of them.\n"
	"function __deputy_in\n"
	"\tset -l typed (__deputy_typed)\n"
	"\tstring match -q -- \"$argv[1]*\" $typed\n"
	"\tand not contains -- (string split -n ' ' -- $typed)[-1] $argv[2..]\n"
	"end\n"
	"# Likewise, and it has no argument yet.\n"
	"function __deputy_first\n"
	"\t__deputy_in $argv; or return 1\n"
	"\tset -l skip no\n"
	"\tfor word in (string split -n ' ' -- (string replace -- $argv[1] '' "
	"(__deputy_typed)))\n"
	"\t\tif test $skip = yes\n"
	"\t\t\tset skip no\n"
	"\t\telse if contains -- $word $argv[2..]\n"
	"\t\t\tset skip yes\n"
	"\t\telse if not string match -q -- '-*' $word\n"
	"\t\t\treturn 1\n"
	"\t\tend\n"
	"\tend\n"
	"\treturn 0\n"
	"end\n"
	"# Where the value of this option is.\n"
	"function __deputy_value\n"
	"\tstring match -q -- \"$argv[1]*$argv[2] \" (__deputy_typed)\n"
	"end\n"
	"function __deputy_names\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l ask $words[1]\n"
	"\tset -e words[1]\n"
	"\twhile string match -qr -- '^(--json|--run|-c|--color.*)$' \"$words[1]\"\n"
	"\t\tif contains -- $words[1] --run -c\n"
	"\t\t\tset -a ask $words[1..2]\n"
	"\t\t\tset -e words[1]\n"
	"\t\tend\n"
	"\t\tset -e words[1]\n"
	"\tend\n"
	"\t$ask completion $argv[1] 2>/dev/null\n"
	"end\n"
	"complete -c deputy -f\n"
	"complete -c deputy -n '__deputy_at \"\"' -l json -d 'print answers as JSON'\n"
	"complete -c deputy -n '__deputy_at \"\"' -l help -d 'explain a command'\n"
	"complete -c deputy -n '__deputy_at \"\"' -l color -x -a 'auto always never' -d "
	"'states in colour'\n"
	"complete -c deputy -n '__deputy_at \"\"' -l run -r -F -d 'the directory of "
	"the control sockets'\n"
	"complete -c deputy -n '__deputy_at \"\"' -s c -r -F -d 'the configuration'\n";

/* What a value is a name of, and where a node lists those: kinds of `completion`. */
static const struct {
	const char *value;
	const char *kind;
	const char *command;    /* NULL: of no process */
	const char *rows, *key; /* of its answer */
} kinds[] = {
	{ "PBX", "pbxs", "pbx list", "pbxs", "pbx" },
	{ "NAME", "names", "name list", "names", "name" },
	{ "ZONE", "zones", "zone list", "zones", "zone" },
	{ "FILE", "files", NULL, NULL, NULL },
	{ "OLD", "files", NULL, NULL, NULL },
	{ "NEW", "files", NULL, NULL, NULL },
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds), NAMES_US = 500000 };

/* Removes the brackets and dots around an argument. */
static struct text bare(struct text word)
{
	while (text_len(&word) && *word.at == '[')
		word.at++;
	while (text_len(&word) && strchr("].", word.end[-1]))
		word.end--;
	return word;
}

/* Returns the kind of a value, or "". */
static const char *kind_of(const struct text *value)
{
	for (size_t i = 0; i < KINDS; i++)
		if (text_is(value, kinds[i].value))
			return kinds[i].kind;
	return "";
}

/* Returns the kind of the first argument that is no option, or "". */
static const char *first_kind(const struct command *row)
{
	struct text args = text_from(row->args);
	struct text word = text_split(&args, ' ');

	word = bare(word);
	return kind_of(&word);
}

/* One argument after the other; of an option its value, which may be empty. */
static bool next_argument(struct text *args, struct text *word, struct text *value)
{
	if (text_len(args) == 0)
		return false;
	*word = text_split(args, ' ');
	*value = text_of(word->end, 0);
	if (text_len(word) > 1 && strncmp(word->at, "[-", 2) == 0 &&
	    word->end[-1] != ']') {
		*value = text_split(args, ' ');
		*value = bare(*value);
	}
	*word = bare(*word);
	return true;
}

/* Options and literal words; values are not among them. */
static void put_words(const struct command *row)
{
	struct text args = text_from(row->args);
	struct text word, value;
	const char *blank = "";

	while (next_argument(&args, &word, &value))
		while (text_len(&word) && !isupper((unsigned char)*word.at)) {
			struct text one = text_split(&word, '|');

			printf("%s%.*s", blank, (int)text_len(&one), one.at);
			blank = " ";
		}
}

/* Options with a value; `equals`: "--down=pbxs --from=", else "--down --from", each
 * with a blank before it. */
static void put_valued(const struct command *row, bool equals)
{
	struct text args = text_from(row->args);
	struct text word, value;

	while (next_argument(&args, &word, &value))
		if (text_len(&value))
			printf(" %.*s%s%s", (int)text_len(&word), word.at,
			       equals ? "=" : "", equals ? kind_of(&value) : "");
}

static void put_rows(const char *head, const char *tail)
{
	const struct command *row;

	fputs(head, stdout);
	for (size_t i = 0; (row = command_at(i)); i++) {
		printf("\t\t'%s:%s:", row->name, first_kind(row));
		put_valued(row, true);
		putchar(':');
		put_words(row);
		puts("'");
	}
	fputs(tail, stdout);
}

/* In single quotes of fish. */
static void put_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void put_fish_condition(const char *function, const struct command *row)
{
	printf("complete -c deputy -n '%s \"%s \"", function, row->name);
	put_valued(row, false);
	putchar('\'');
}

static void put_fish_arguments(const struct command *row)
{
	struct text args = text_from(row->args);
	const char *first = first_kind(row);
	bool takes_file = strcmp(first, "files") == 0;
	struct text word, value;

	put_fish_condition("__deputy_in", row);
	printf("%s -a '", takes_file ? " -F" : "");
	put_words(row);
	puts("'");
	if (*first && !takes_file) {
		put_fish_condition("__deputy_first", row);
		printf(" -a '(__deputy_names %s)'\n", first);
	}
	while (next_argument(&args, &word, &value))
		if (text_len(&value) && *kind_of(&value))
			printf("complete -c deputy -n '__deputy_value \"%s \" %.*s' -a "
			       "'(__deputy_names %s)'\n",
			       row->name, (int)text_len(&word), word.at,
			       kind_of(&value));
}

static void put_fish(void)
{
	const struct command *row;

	fputs(fish_head, stdout);
	for (size_t i = 0; (row = command_at(i)); i++) {
		const char *space = strchr(row->name, ' ');
		int first_len = space ? (int)(space - row->name)
				      : (int)strlen(row->name);

		printf("complete -c deputy -n '__deputy_at \"\"' -a '%.*s'%s",
		       first_len, row->name, space ? "\n" : " -d '");
		if (space)
			printf("complete -c deputy -n '__deputy_at \"%.*s \"' -a '%s' "
			       "-d '",
			       first_len, row->name, space + 1);
		put_quoted(row->help);
		puts("'");
		put_fish_arguments(row);
	}
}

/* Shells expand what they complete: only what means nothing to any of them. */
static bool is_plain(struct text name)
{
	struct text plain = text_while(&name, "abcdefghijklmnopqrstuvwxyz"
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789._-");

	return text_len(&plain) && text_len(&name) == 0;
}

static void end_silently(int number)
{
	(void)number;
	_exit(EXIT_DONE);
}

/* The names that a node knows, which end with the moment when a shell would be kept
 * waiting: without any. */
static void put_names(struct cli *c, size_t kind)
{
	const struct itimerval soon = { .it_value.tv_usec = NAMES_US };
	const struct sigaction end = { .sa_handler = end_silently };
	struct buffer names = { 0 };
	struct text rest;
	char *answer;

	(void)sigaction(SIGALRM, &end, NULL);
	(void)setitimer(ITIMER_REAL, &soon, NULL);
	(void)cli_fetch(c, "dns.sock", kinds[kind].command, NULL, 0, &answer);
	if (answer)
		render_column(answer, kinds[kind].rows, kinds[kind].key, &names);
	free(answer);
	rest = text_of(names.octets, names.len);
	while (text_len(&rest)) {
		struct text name = text_split(&rest, '\n');

		if (text_len(&name) > 1 && name.end[-1] == '.')
			name.end--;
		if (is_plain(name))
			printf("%.*s\n", (int)text_len(&name), name.at);
	}
	buffer_fini(&names);
}

enum exit_status cli_completion(struct cli *c)
{
	const char *shell = request_word(&c->words, 0);

	if (strcmp(shell, "bash") == 0)
		put_rows(bash_head, bash_tail);
	else if (strcmp(shell, "zsh") == 0)
		put_rows(zsh_head, zsh_tail);
	else if (strcmp(shell, "fish") == 0)
		put_fish();
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(shell, kinds[i].kind) == 0 && kinds[i].command)
			put_names(c, i);
	return EXIT_DONE;
}
