#!/bin/sh
# kafka.sh: prints the folder that has the jars of the Kafka broker of the end-to-end tests. What tests/kafka/pom.xml
# names is fetched through Maven once, into ${XDG_CACHE_HOME:-$HOME/.cache}/bauta, and again when the file changes. The
# folder appears whole or not at all; who comes second waits for the first.
set -eu
pom=$(dirname "$0")/../tests/kafka/pom.xml
cache=${XDG_CACHE_HOME:-${HOME:?kafka.sh: neither XDG_CACHE_HOME nor HOME is set}/.cache}/bauta
version=$(sed -n '/kafka_2.13/{n;s|.*<version>\(.*\)</version>.*|\1|p;}' "$pom")
jars=$cache/kafka-$version

if cmp -s "$pom" "$jars/pom.xml"; then
	echo "$jars"
	exit 0
fi
command -v mvn >/dev/null || { echo "kafka.sh: there is no mvn; run tools/packages.sh test" >&2; exit 1; }
mkdir -p "$cache" || { echo "kafka.sh: can't make the folder $cache (XDG_CACHE_HOME chooses another)" >&2; exit 1; }
exec 9>"$cache/kafka.lock"
flock 9
if ! cmp -s "$pom" "$jars/pom.xml"; then
	new=$(mktemp -d "$cache/kafka-new-XXXXXX")
	trap 'rm -rf "$new"' EXIT
	chmod 755 "$new"
	echo "fetching Kafka $version into $jars" >&2
	# Java takes the home folder from passwd; whoever runs this may have said another.
	if ! MAVEN_OPTS="${MAVEN_OPTS:-} ${HOME:+-Duser.home=$HOME}" mvn -q -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$new" >"$new/log" 2>&1; then
		sed -n 's/\x1b\[[0-9;]*m//g; /ERROR/p' "$new/log" | head -5 >&2
		echo "kafka.sh: Maven could not fetch Kafka $version; is a registry of Maven within reach?" >&2
		exit 1
	fi
	rm "$new/log"
	cp "$pom" "$new/pom.xml"
	[ ! -e "$jars" ] || mv -T "$jars" "$new.old"
	mv -T "$new" "$jars"
	rm -rf "$new.old"
fi
echo "$jars"
