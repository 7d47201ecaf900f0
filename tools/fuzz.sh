#!/bin/sh
# fuzz.sh MINUTES FUZZER...: runs each fuzzer for an equal share of the time, keeps what is new in
# tests/fuzz/corpus/, and sums up the executions. A find stops the run and is left in build/fuzz/found/.
set -eu
minutes=$1
shift
share=$((minutes * 60 / $#))
[ "$share" -ge 1 ] || share=1
mkdir -p build/fuzz/found
total=0
for fuzzer; do
	name=$(basename "$fuzzer" | sed 's/^fuzz_//')
	corpus=tests/fuzz/corpus/$name
	grown=build/fuzz/grown/$name
	mkdir -p "$corpus" "$grown"
	log=build/fuzz/$name.log
	if ! "$fuzzer" -max_total_time="$share" -print_final_stats=1 -artifact_prefix=build/fuzz/found/ \
		"$grown" "$corpus" >"$log" 2>&1; then
		tail -n 40 "$log"
		echo "$name: found something, see build/fuzz/found/"
		exit 1
	fi
	"$fuzzer" -merge=1 "$corpus" "$grown" >>"$log" 2>&1
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
	echo "$name: $runs executions"
	total=$((total + runs))
done
echo "$total executions, nothing found"
