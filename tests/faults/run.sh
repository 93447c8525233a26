#!/bin/sh
# Applies each fault in a worktree of its own and demands that the test it names fails.
#
#   tests/faults/run.sh [NAME...]     all faults, or those named
#
# A patch begins with "Fault: what is wrong" and "Test: arguments of cargo test". The last commit is
# what is tested. The target folder is one of its own: cargo tells the crates of two worktrees apart by
# time only, and a later test of the project could run a faulty one.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$(pwd)
tree=$(mktemp -d) || exit 2
log=$tree.log
trap 'git worktree remove --force "$tree"; rm -f "$log"' EXIT
trap 'exit 130' INT TERM
git worktree add --quiet --force --detach "$tree" HEAD || exit 2
export CARGO_TARGET_DIR="$root/target/faults"

survivors=0
if [ $# -eq 0 ]; then
    set -- "$root"/tests/faults/*.patch
fi
printf '| fault | what is wrong | killed by |\n|---|---|---|\n'
for patch; do
    name=$(basename "$patch" .patch)
    patch=$root/tests/faults/$name.patch
    what=$(sed -n 's/^Fault: //p' "$patch")
    test=$(sed -n 's/^Test: //p' "$patch")
    (cd "$tree" && git apply "$patch") || { echo "$name: does not apply" >&2; exit 2; }
    # $test is a list of arguments; the test's name, if any, comes last and --no-run ignores it
    # shellcheck disable=SC2086
    if ! (cd "$tree" && cargo test --release --quiet --no-run $test) >"$log" 2>&1; then
        cat "$log" >&2
        echo "$name: does not compile" >&2
        exit 2
    fi
    # shellcheck disable=SC2086
    if (cd "$tree" && cargo test --release --quiet $test) >"$log" 2>&1; then
        echo "$name SURVIVED: $test" >&2
        survivors=$((survivors + 1))
    elif ! grep -q 'test result: FAILED' "$log"; then
        cat "$log" >&2
        echo "$name: no test failed, but the run did" >&2
        exit 2
    else
        killer=$(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p; s/^    \([a-z_0-9:]*\)$/\1/p' "$log" | sort -u | tr '\n' ' ')
        printf '| `%s` | %s | %s |\n' "$name" "$what" "${killer% }"
    fi
    git -C "$tree" checkout --quiet -- . || exit 2
done
[ "$survivors" -eq 0 ]
