#!/bin/sh
# packages.sh build|demo|test|bench: see to it that the Debian packages of packages.txt are there, up to
# and including that part of the list. As root it installs what is missing; else it prints the line to run.
# Where the list names a path beside a package, the path being there is enough.
set -eu
want=$1
list=$(dirname "$0")/../packages.txt

wanted=$( # "package path" a line, "-" for no path
	awk -v want="$want" '
	/^# \[/ { part = substr($2, 2, length($2) - 2); if (done) exit; if (part == want || want == "demo") done = 1; next }
	/^#/ || /^$/ { next }
	{ print $1, (NF > 1 ? $2 : "-") }' "$list"
)

missing=$(echo "$wanted" | while read -r package path; do
	[ "$path" != - ] && [ -e "$path" ] && continue
	dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' || printf ' %s' "$package"
done)
[ -z "$missing" ] && exit 0
line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" != 0 ]; then
	echo "These packages are missing. Run:" >&2
	echo "  sudo $line" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
$line >/dev/null
