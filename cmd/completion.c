/* Shell completion for `deputy`, generated from the rows of commands. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"

static const char bash_head[] =
	"# bash completion of deputy; made by `deputy completion bash`\n"
	"_deputy()\n"
	"{\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} typed= words= files= row name rest i\n"
	"\tlocal -a rows=(\n";

static const char bash_tail[] =
	"\t)\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase $typed${COMP_WORDS[i]} in\n"
	"\t\t*--json) ;;\n"
	"\t\t--run | -c) ((++i == COMP_CWORD)) && files=yes ;;\n"
	"\t\t*) typed+=\"${COMP_WORDS[i]} \" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tfor row in \"${rows[@]}\"; do\n"
	"\t\t[ -n \"$files\" ] && break\n"
	"\t\tname=${row%%:*}' '\n"
	"\t\trest=${row#*:}\n"
	"\t\tif [[ $typed == \"$name\"* ]]; then\n"
	"\t\t\twords+=\" ${rest#*:}\"\n"
	"\t\t\tfiles=${rest%%:*}\n"
	"\t\telif [[ $name == \"$typed\"* ]]; then\n"
	"\t\t\tname=${name#\"$typed\"}\n"
	"\t\t\twords+=\" ${name%% *}\"\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t[ -z \"$typed$files\" ] && words+=' --json --run -c'\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\" | sort -u)\n"
	"\tif [ -n \"$files\" ]; then\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")\n"
	"\tfi\n"
	"}\n"
	"complete -F _deputy deputy\n";

static const char zsh_head[] =
	"#compdef deputy\n"
	"# zsh completion of deputy; made by `deputy completion zsh`\n"
	"_deputy() {\n"
	"\tlocal typed= files= row name rest\n"
	"\tlocal -a found\n"
	"\tlocal -i i\n"
	"\tlocal -a rows=(\n";

static const char zsh_tail[] = "\t)\n"
			       "\tfor ((i = 2; i < CURRENT; i++)); do\n"
			       "\t\tcase $typed${words[i]} in\n"
			       "\t\t*--json) ;;\n"
			       "\t\t--run | -c) ((++i == CURRENT)) && files=yes ;;\n"
			       "\t\t*) typed+=\"${words[i]} \" ;;\n"
			       "\t\tesac\n"
			       "\tdone\n"
			       "\tfor row in $rows; do\n"
			       "\t\t[[ -n $files ]] && break\n"
			       "\t\tname=\"${row%%:*} \"\n"
			       "\t\trest=${row#*:}\n"
			       "\t\tif [[ $typed == \"$name\"* ]]; then\n"
			       "\t\t\tfound+=(${=rest#*:})\n"
			       "\t\t\tfiles=${rest%%:*}\n"
			       "\t\telif [[ $name == \"$typed\"* ]]; then\n"
			       "\t\t\tname=${name#\"$typed\"}\n"
			       "\t\t\tfound+=(${name%% *})\n"
			       "\t\tfi\n"
			       "\tdone\n"
			       "\t[[ -z $typed$files ]] && found+=(--json --run -c)\n"
			       "\tcompadd -- ${(u)found}\n"
			       "\t[[ -n $files ]] && _files\n"
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
	"\t\t\tcase '*--json'\n"
	"\t\t\tcase --run -c\n"
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
	"function __deputy_in\n"
	"\tstring match -q -- \"$argv*\" (__deputy_typed)\n"
	"end\n"
	"complete -c deputy -f\n"
	"complete -c deputy -n '__deputy_at \"\"' -l json -d 'print answers as JSON'\n"
	"complete -c deputy -n '__deputy_at \"\"' -l run -r -F -d 'the directory of "
	"the control sockets'\n"
	"complete -c deputy -n '__deputy_at \"\"' -s c -r -F -d 'the configuration'\n";

/* Removes the brackets and dots around an argument. */
static struct text bare(struct text word)
{
	while (text_len(&word) && *word.at == '[')
		word.at++;
	while (text_len(&word) && strchr("].", word.end[-1]))
		word.end--;
	return word;
}

static bool is_file(const struct text *word)
{
	static const char *const names[] = { "FILE", "OLD", "NEW" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_is(word, names[i]))
			return true;
	return false;
}

static bool takes_file(const struct command *row)
{
	struct text args = text_from(row->args);

	while (text_len(&args)) {
		struct text word = text_split(&args, ' ');

		word = bare(word);
		if (is_file(&word))
			return true;
	}
	return false;
}

/* Options and literal words; values are not completed. */
static void put_words(const struct command *row)
{
	struct text args = text_from(row->args);
	const char *blank = "";

	while (text_len(&args)) {
		struct text word = text_split(&args, ' ');

		word = bare(word);
		while (text_len(&word) && !isupper((unsigned char)*word.at)) {
			struct text one = text_split(&word, '|');

			printf("%s%.*s", blank, (int)text_len(&one), one.at);
			blank = " ";
		}
	}
}

/* "name:file:words", as the functions for bash and zsh read it. */
static void put_rows(const char *head, const char *tail)
{
	const struct command *row;

	fputs(head, stdout);
	for (size_t i = 0; (row = command_at(i)); i++) {
		printf("\t\t'%s:%s:", row->name, takes_file(row) ? "file" : "");
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
		printf("'\ncomplete -c deputy -n '__deputy_in \"%s \"'%s -a '",
		       row->name, takes_file(row) ? " -F" : "");
		put_words(row);
		puts("'");
	}
}

enum exit_status cli_completion(struct cli *c)
{
	const char *shell = request_word(&c->words, 0);

	if (strcmp(shell, "bash") == 0)
		put_rows(bash_head, bash_tail);
	else if (strcmp(shell, "zsh") == 0)
		put_rows(zsh_head, zsh_tail);
	else
		put_fish();
	return EXIT_DONE;
}
