# What a test in shell is written with; sourced. It prints TAP, cleans up after itself and
# stops by pid what it started.
#
#   . "$(dirname "$0")/tap.sh"
#   spawn kamailio -DD -f "$scratch/kamailio.cfg"       started in a process group of its own
#   check "the answer is the failover pbx" grep -q 127.0.0.12 "$scratch/answer"
#   skip "a phone can be called" "baresip is not installed"
#   finish
set -u
unset COLUMNS # what a test reads is not to be cut for a terminal
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${MESON_BUILD_ROOT:-$top/build}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/deputy-test.XXXXXX")
tap_count=0
tap_failed=0
spawned=()

tap_end() {
	for pid in "${spawned[@]}"; do
		kill -KILL -- "-$pid" 2>/dev/null
	done
	wait 2>/dev/null
	if [ -n "${KEEP_SCRATCH:-}" ]; then
		echo "# kept: $scratch"
	else
		rm -rf "$scratch"
	fi
}
trap tap_end EXIT
trap 'exit 130' INT TERM

# check SENTENCE COMMAND...: one test; what the command prints is shown only if it fails.
check() {
	local sentence=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" >"$scratch/.check" 2>&1; then
		echo "ok $tap_count - $sentence"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $sentence"
		tail -30 "$scratch/.check" | sed 's/^/# /'
	fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# Ends the whole file as skipped.
skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

need() {
	for program; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}

finish() {
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}

# spawn COMMAND...: in the background, its output in $scratch/NAME.log; its pid in $spawned_pid.
spawn() {
	setsid "$@" >"$scratch/$(basename "$1").log" 2>&1 </dev/null &
	spawned_pid=$!
	spawned+=("$spawned_pid")
}

# within SECONDS COMMAND...: asks until the command succeeds; fails when the time is up.
within() {
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		read -rt 0.02 <> <(:)
	done
	return 0
}

# A port that neither TCP nor UDP has taken, below those of outgoing connections.
free_port() { PYTHONPATH="$top/tests/system" python3 -c 'import tap; print(tap.free_port())'; }
