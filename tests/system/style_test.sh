#!/usr/bin/env bash
# What STYLE.md says that no compiler checks.
. "$(dirname "$0")/tap.sh"
cd "$top"

files() { # those that git knows, or all but build folders in a tarball, wherever that was unpacked
	if git ls-files --error-unmatch STYLE.md >/dev/null 2>&1; then
		git ls-files "$@"
	else
		for pattern; do find . -path './build*' -prune -o -name "${pattern##*/}" -print; done | sed 's,^\./,,'
	fi
}
sources() { files '*.c' '*.h'; }
none() { # succeeds when the command prints nothing
	local found
	found=$("$@")
	[ -z "$found" ] || { echo "$found"; return 1; }
}
floor_plan() { sources | awk -f tests/floorplan.awk tests/floorplan -; }
floor_plan_catches() { # floor_plan_catches FILE LINE: a planted fault, so that the check is known to be awake
	mkdir -p "$scratch/plan/$(dirname "$1")" && cd "$scratch/plan" &&
		printf '%s\n' "$2" >"$1" &&
		! echo "$1" | awk -f "$top/tests/floorplan.awk" "$top/tests/floorplan" - >/dev/null
	local caught=$?
	cd "$top" && return $caught
}
long_files() { sources | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }'; }
vague_names() { sources | grep -E '/(util|utils|common|misc|helper|helpers|manager)\.[ch]$'; }
unfinished() { sources | xargs grep -nE '\b(TODO|FIXME|XXX|HACK)\b'; }
once_only() { files '*.h' | xargs grep -L '^#pragma once'; }
typedefs() { sources | xargs grep -nE '^typedef (struct|enum|union)( [a-z_]+)? *\{|^typedef (struct|enum|union) [a-z_]+ [a-z_]+;'; }
unsafe_calls() { # a literal may be copied: its length is plain to see
	sources | grep -v ^tests/ | xargs grep -nE '\b(strcpy|strcat|sprintf|gets|strtok|atoi|atol|rand)\(' |
		grep -vE 'strcpy\([^,]*, "'
}
spaces() { files '*.c' '*.h' '*.md' '*.sh' '*.py' '*.awk' 'meson.build' | xargs grep -nE '[[:blank:]]+$'; }
formatted() { sources | xargs clang-format-14 --dry-run -Werror; }
lost_sections() { # of our own documents, which code names as `doc/design.md, Evidence`
	sources | xargs grep -nE '\bDESIGN [0-9]'
	sources | xargs grep -hoE 'doc/design\.md, [A-Z][a-z ]+' | sed 's/.*, //; s/ *$//' | sort -u | while read -r title; do
		grep -qx "## $title" doc/design.md || echo "doc/design.md has no section $title"
	done
}
pages() { files '*.[1-9]' '*.[1-9].in' | grep '^man/'; }
pages_lint() { # which other pages a host has says nothing about ours
	pages | grep -v '\.in$' | xargs mandoc -Tlint | grep -vE 'STYLE: referenced manual not found|outdated mandoc.db'
}
lost_references() { # to a page of deputy that is not there
	pages | xargs sed -n 's/^\.Xr \(deputy[a-z.-]*\) \([1-9]\).*/\1.\2/p' | sort -u | while read -r page; do
		pages | grep -qE "^man/$page(\.in)?\$" || echo "$page"
	done
}

check "folders include only what stands above them in the floor plan" floor_plan
check "the floor plan's check catches a header of a higher folder" floor_plan_catches lib/base/planted.c '#include "zones/zone.h"'
check "the floor plan's check catches a library that has another door" floor_plan_catches lib/base/planted.c '#include <yaml.h>'
check "the floor plan's check catches a room that enters another" floor_plan_catches resolver/recursion/planted.c '#include "resolver/live/world.h"'
check "the floor plan's check catches a room that it does not know" floor_plan_catches resolver/unknown/planted.c '#include "base/err.h"'
tags() { sources | python3 tests/declared.py tags; }
uncalled() { sources | python3 tests/declared.py uncalled tests/uncalled; }
declared_catches() { # declared_catches TEXT COMMAND...: a planted fault
	mkdir -p "$scratch/declared/lib" && cd "$scratch/declared" && printf '%s\n' "$1" >lib/planted.h && : >empty
	shift
	! echo lib/planted.h | python3 "$top/tests/declared.py" "$@" >/dev/null
	local caught=$?
	cd "$top" && return $caught
}
check "no tag of a struct, enum or union stands for two things" tags
check "the check of tags catches one that stands twice" declared_catches $'struct two {\n\tint a;\n};\nenum two { TWO };' tags
check "every function is called, or tests/uncalled says why not" uncalled
check "the check of calls catches a function that nobody calls" declared_catches 'int nobody_calls(int a);' uncalled empty
check "no file is longer than 600 lines" none long_files
check "no file is called util, common, misc, helper or manager" none vague_names
check "no unfinished work is marked" none unfinished
check "every header is guarded" none once_only
check "no struct or enum is hidden behind a typedef" none typedefs
check "no call without a bound on what it writes" none unsafe_calls
check "no blanks end a line" none spaces
if command -v clang-format-14 >/dev/null; then
	check "clang-format 14 changes nothing" formatted
else
	skip "clang-format 14 changes nothing" "clang-format-14 is not installed"
fi
check "comments refer to no document or section that is not there" none lost_sections
check "the manuals refer to no page of deputy that is not there" none lost_references
if command -v mandoc >/dev/null; then
	check "mandoc finds nothing in the manuals" none pages_lint
else
	skip "mandoc finds nothing in the manuals" "mandoc is not installed"
fi
finish
