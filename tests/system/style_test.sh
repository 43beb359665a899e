#!/usr/bin/env bash
# What STYLE.md says that no compiler checks.
. "$(dirname "$0")/tap.sh"
cd "$top"

files() { # those that git knows, or all but build folders in a tarball
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
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
pages_lint() { # our own pages need not be installed where mandoc looks for them
	files 'man/*.[1-9]' | xargs -r mandoc -Tlint | grep -v 'referenced manual not found: Xr deputy'
}

check "folders include only what stands above them in the floor plan" floor_plan
check "the floor plan's check catches a header of a higher folder" floor_plan_catches lib/base/planted.c '#include "zones/zone.h"'
check "the floor plan's check catches a library that has another door" floor_plan_catches lib/base/planted.c '#include <yaml.h>'
check "the floor plan's check catches a room that enters another" floor_plan_catches resolver/recursion/planted.c '#include "resolver/live/world.h"'
check "the floor plan's check catches a room that it does not know" floor_plan_catches resolver/unknown/planted.c '#include "base/err.h"'
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
check "mandoc finds nothing in the manuals" none pages_lint
finish
