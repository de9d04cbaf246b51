# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: models of the lock-free parts, checked exhaustively with spin

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

MODELS=$FASTMEM_TOP/lib/fastmem/model
MEMORY_MB=3000
LIMIT=1200 # seconds; the largest takes 90 on a machine that is not busy

# Explore all states of a model: DIRECTORY MODEL [-DNAME...]
explore() {
	local dir=$TEST_BUILDS/model/$1 model=$MODELS/$2.pml
	shift 2
	rm -rf "$dir"
	mkdir -p "$dir" && cd "$dir" || return 1
	spin -a "$@" "$model" || return 1
	gcc -w -O2 -DSAFETY -DCOLLAPSE -DMEMLIM="$MEMORY_MB" -o pan pan.c || return 1
	./pan -m100000 > result
	cat result
}

# A row: NAME HOW DIRECTORY MODEL [-DNAME...]
model() {
	row -t "$LIMIT" "$@"
}

# No error in any state, and all states visited.
holds() {
	explore "$@" || return 1
	grep -q 'errors: 0$' result || return 1
	! grep -E 'Search not completed|max search depth too small|MEMLIM bound' result
}

# The same, and each statement of the model is reached.
holds_everywhere() {
	holds "$@" || return 1
	! grep -E '\.pml:.*, state' result
}

# The model finds the mistake that was put in.
fails() {
	explore "$@" || return 1
	grep -q 'assertion violated' result && grep -q 'errors: 1$' result
}

if ! command -v spin > /dev/null; then
	skip_row "models" "no spin"
	exit 0
fi
model "depot: no magazine lost or handed out twice" holds_everywhere depot depot
model "depot without the tag fails" fails depot-tag depot -DOPS=2 -DWITHOUT_TAG
model "depot without compare-and-swap fails" fails depot-retry depot -DOPS=2 -DWITHOUT_RETRY
model "processes: caches have one owner and are taken back" holds_everywhere procs procs -DSLOTS=3
model "processes: fewer slots than processes" holds procs-few procs
model "processes without generations fail" fails procs-generation procs -DWITHOUT_GENERATION
model "processes that lock their slot last fail" fails procs-last procs -DLOCK_LAST
model "predictions: none of a slab that left" holds_everywhere predict predict
model "predictions: three slabs" holds predict-slabs predict -DSLABS=3 -DSTEPS=3
model "predictions that do not look again fail" fails predict-look predict -DWITHOUT_LOOK
model "predictions forgotten too early fail" fails predict-first predict -DFORGET_FIRST
model "repair: slabs of dead processes are found, by one" holds repair repair -DSLABS=1
model "repair: two slabs, two processes" holds repair-slabs repair -DPROCS=2
model "repair: locks taken over without repair fail" fails repair-none repair -DWITHOUT_REPAIR
model "repair: slabs that name their holder late fail" fails repair-late repair -DPROCS=2 -DHOLDER_LAST
model "repair: slabs taken from their holder fail" fails repair-holder repair -DSLABS=1 -DKILLS=1 -DWITHOUT_HOLDER
model "repair: slabs looked for without the lock fail" fails repair-lock repair -DSLABS=1 -DKILLS=1 -DWITHOUT_POOL_LOCK
exit 0
