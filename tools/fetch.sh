#!/bin/sh
# fetch.sh kafka|asyncapi: prints the folder that has what the tests need of others' and Debian doesn't have: the jars that
# tests/kafka/pom.xml names, through Maven; the modules that tests/asyncapi/package.json names, through npm. They are
# fetched once, into ${XDG_CACHE_HOME:-$HOME/.cache}/bauta, and again when the list changes. The folder appears whole or
# not at all; who comes second waits for the first.
set -eu
what=$1
tree=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?fetch.sh: neither XDG_CACHE_HOME nor HOME is set}/.cache}/bauta

fail() {
	echo "fetch.sh: $1" >&2
	exit 1
}

case $what in
kafka)
	list=$tree/tests/kafka/pom.xml tool=mvn from="a Maven repository"
	version=$(sed -n '/kafka_2.13/{n;s|.*<version>\(.*\)</version>.*|\1|p;}' "$list") ;;
asyncapi)
	list=$tree/tests/asyncapi/package.json tool=npm from="an npm registry"
	version=$(sed -n 's|.*"@asyncapi/parser": "\(.*\)".*|\1|p' "$list") ;;
*)
	fail "nobody knows what $what is" ;;
esac

# Into the new, empty folder $1, which holds the list already.
fetch() (
	cd "$1"
	if [ "$what" = kafka ]; then
		# Java takes the home folder from passwd; whoever runs this may have said another.
		MAVEN_OPTS="${MAVEN_OPTS:-} ${HOME:+-Duser.home=$HOME}" \
			mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$1"
	else
		npm install --no-package-lock --no-audit --no-fund --ignore-scripts
	fi
)

there=$cache/$what-$version
if ! cmp -s "$list" "$there/${list##*/}"; then
	command -v $tool >/dev/null || fail "there is no $tool; run tools/packages.sh test"
	mkdir -p "$cache" || fail "can't make the folder $cache (XDG_CACHE_HOME chooses another)"
	exec 9>"$cache/$what.lock"
	flock 9
fi
if ! cmp -s "$list" "$there/${list##*/}"; then
	new=$(mktemp -d "$cache/$what-new-XXXXXX")
	trap 'rm -rf "$new" "$new.log" "$new.old"' EXIT
	trap 'exit 1' INT TERM
	chmod 755 "$new"
	cp "$list" "$new"
	echo "fetching $what $version into $there" >&2
	if ! fetch "$new" >"$new.log" 2>&1; then
		sed 's/\x1b\[[0-9;]*m//g; /^$/d' "$new.log" | head -5 >&2
		fail "$what $version could not be fetched; is $from within reach?"
	fi
	[ ! -e "$there" ] || mv -T "$there" "$new.old"
	mv -T "$new" "$there"
fi
echo "$there"
