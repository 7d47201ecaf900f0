#!/bin/sh
# Every fuzzer over its kept corpus (tests/fuzz/corpus/NAME/) and a few thousand fresh inputs of a fixed
# seed: what was found once stays found.
cd "$(dirname "$0")/../.." || exit 1
set --
for source in tests/fuzz/fuzz_*.c; do
	set -- "$@" "build/fuzz/bin/$(basename "$source" .c)"
done
echo "1..$#"
i=0
bad=0
for fuzzer; do
	i=$((i + 1))
	name=$(basename "$fuzzer" | sed 's/^fuzz_//')
	scratch=$(mktemp -d)
	corpus=tests/fuzz/corpus/$name
	[ -d "$corpus" ] || corpus=
	if "$fuzzer" -seed=1 -runs=20000 -max_total_time=20 -artifact_prefix="$scratch/" "$scratch" $corpus >"$scratch/log" 2>&1; then
		echo "ok $i - fuzzer $name survives its corpus"
	else
		tail -n 30 "$scratch/log" | sed 's/^/# /'
		echo "not ok $i - fuzzer $name survives its corpus"
		bad=1
	fi
	rm -rf "$scratch"
done
exit $bad
