#!/bin/bash
# run.sh [big]: the benchmarks of docs/performance.md -> build/bench.json, build/bench.svg.
# BENCH_ROUNDS, BENCH_SECONDS, BENCH_SESSIONS make it shorter or longer; TMPDIR says on which disk.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory -j2 all build/bench/load build/bench/events build/bench/decide_bench build/bench/route_bench build/bench/big
ulimit -n 8192
exec python3 bench/bench.py "$@"
