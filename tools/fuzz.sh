#!/bin/sh
# fuzz.sh MINUTES FUZZER...: runs each fuzzer for an equal share of the time and sums up the executions in a table. What is new
# goes to build/fuzz/grown/, where the next run begins; with KEEP=1 what reaches new code goes to tests/fuzz/corpus/ too. One that
# finds something is left at once, its input in build/fuzz/found/; the others go on, and the end is a failure then.
set -u
minutes=$1
shift
share=$((minutes * 60 / $#))
[ "$share" -ge 1 ] || share=1
mkdir -p build/fuzz/found
total=0
found=0
printf '%-24s %12s %10s %8s\n' fuzzer executions "a second" corpus
for fuzzer; do
	name=$(basename "$fuzzer" | sed 's/^fuzz_//')
	corpus=tests/fuzz/corpus/$name
	grown=build/fuzz/grown/$name
	mkdir -p "$corpus" "$grown"
	log=build/fuzz/$name.log
	end=
	if "$fuzzer" -max_total_time="$share" -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
		"$grown" "$corpus" >"$log" 2>&1; then
		if [ "${KEEP:-}" = 1 ]; then
			"$fuzzer" -merge=1 -use_counters=0 "$corpus" "$grown" >"$log.merge" 2>&1 || end='  CAN NOT KEEP ITS CORPUS'
		fi
	else
		found=$((found + 1))
		end='  FOUND SOMETHING'
		tail -n 40 "$log"
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
	rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | tail -n 1)
	printf '%-24s %12s %10s %8s%s\n' "$name" "${runs:-0}" "${rate:-0}" "$(find "$corpus" "$grown" -type f | wc -l)" "$end"
	rmdir "$corpus" 2>/dev/null
	total=$((total + ${runs:-0}))
done
printf '%-24s %12s\n' 'all' "$total"
if [ "$found" -gt 0 ]; then
	echo "$found found something: see build/fuzz/found/"
	exit 1
fi
