#!/usr/bin/env bash
# ./demo shows what the README says, ends clean, and says why when it cannot start.
. "$(dirname "$0")/tap.sh"
need dig
export DEMO_BUILD=$build TMPDIR=$scratch
DEMO_PORT=$(free_port) DEMO_SIP_PORT=$(free_port)
export DEMO_PORT DEMO_SIP_PORT

"$top/demo" --once >"$scratch/shown" 2>&1 </dev/null
status=$?
check "the demo runs to its end" test $status = 0
said() { grep -qE "$1" "$scratch/shown" || { cat "$scratch/shown" && false; }; }
check "it shows the dig line" said "dig @127.0.0.1 -p $DEMO_PORT pbx.wildixin.com"
check "it tells how long the switch took" said '^    switched in [0-9.]+ ms$'
check "it tells the reason" said 'because: .*main down since'
answers() { test "$(grep -xE ' *127\.0\.0\.1[12]' "$scratch/shown" | xargs)" = "127.0.0.11 127.0.0.12 127.0.0.11"; }
check "main, standby and main again are the answers" answers
left() { ! ls -d "$scratch"/deputy-demo.* 2>/dev/null; }
check "it leaves no files" left

python3 -c "import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', $DEMO_PORT)); time.sleep(60)" &
holder=$!
within 5 grep -qi "$(printf ':%04X' "$DEMO_PORT")" /proc/net/udp
"$top/demo" --once >"$scratch/shown" 2>&1 </dev/null
status=$?
kill $holder
refused() { test $status = 1 && said "127.0.0.1@$DEMO_PORT"; }
check "a taken port is named, and the status is 1" refused

setsid "$top/demo" >"$scratch/shown" 2>&1 </dev/null &
demo=$!
within 60 grep -q 'until Ctrl-C' "$scratch/shown"
check "it stays up" kill -0 $demo
kill -INT $demo
kill -TERM $demo
ended() { ! kill -0 $demo 2>/dev/null; }
check "it ends when told" within 20 ended
check "it leaves no files then either" left
finish
