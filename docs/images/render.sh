#!/bin/sh
# Renders the pictures in this directory from what confctl really writes on a terminal and shows in a browser,
# against its embedded fake.
#
# It needs Go, and of Debian: tmux aha chromium fonts-noto-cjk pngquant
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
tmux="tmux -L confctl-$$ -f /dev/null"
trap '$tmux kill-server 2>/dev/null || true; rm -rf "$tmp"' EXIT
go -C "$here/../../cmd/confctl" build -o "$tmp/confctl" .

# picture NAME COLUMNS LINES LANGUAGE TEXT COMMAND runs a command line on a terminal of that size until a text is on it,
# which is to come within a minute and a half.
picture() {
	name=$1 columns=$2 lines=$3 language=$4 text=$5 command=$6
	env -u CONFOPENAPI_BASE_URL -u CONFOPENAPI_TOKEN -u NO_COLOR PATH="$tmp:$PATH" LANG="$language" LC_ALL= TZ=Asia/Shanghai \
		$tmux -u new-session -d -x "$columns" -y "$lines" "printf '%s\\n' '\$ $command'; $command; exec sleep 120"
	for _ in $(seq 900); do
		$tmux capture-pane -p | grep -qe "$text" && break
		sleep 0.1
	done
	$tmux capture-pane -e -N -p >"$tmp/ansi"
	lines=$($tmux capture-pane -p | awk 'NF { n = NR } END { print n }')
	$tmux kill-server
	grep -qe "$text" "$tmp/ansi" || { echo "$name: there is no \"$text\"" >&2; exit 1; }
	{
		cat "$here/terminal.html"
		aha --no-header --stylesheet --black <"$tmp/ansi"
		echo '</pre>'
	} >"$tmp/$name.html"
	chromium --headless --no-sandbox --hide-scrollbars --force-device-scale-factor=2 \
		--window-size="$((columns * 7 + 32)),$((lines * 20 + 32))" --screenshot="$tmp/$name.png" "file://$tmp/$name.html" 2>/dev/null
	pngquant --force --output "$here/$name.png" 32 "$tmp/$name.png"
	echo "$name.png: $(wc -c <"$here/$name.png") bytes"
}

picture list 88 28 en 'the service counts' 'confctl list'
picture list-zh 88 28 zh '据服务端统计' 'confctl list'
picture watch 104 29 en ' ended [0-9]*[5-9]' 'confctl watch'
picture watch-zh 104 29 zh '已结束 [0-9]*[5-9]' 'confctl watch'

TZ=Asia/Shanghai go -C "$here/../../internal/e2e" test -count=1 ./browser -run '^TestPictures$' -pictures "$tmp" >/dev/null
for name in web web-zh; do
	pngquant --force --output "$here/$name.png" 64 "$tmp/$name.png"
	echo "$name.png: $(wc -c <"$here/$name.png") bytes"
done
