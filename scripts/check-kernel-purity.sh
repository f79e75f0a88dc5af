#!/usr/bin/env bash
# Proves that the kernel touches no clock, disk, network, environment, thread or random source, and depends on
# no hash order or platform's mathematics. Four checks, each of which can fail:
#   1. clippy refuses, by name, every line of scripts/purity/forbidden.rs inside of a scratch copy of the kernel;
#   2. every name in crates/kernel/clippy.toml has such a line and a replacement, so no rule is dead;
#   3. the kernel depends on the crates of scripts/purity/allowed-crates.txt and on no others;
#   4. the compiled kernel calls nothing of std beyond core and alloc: its symbols say so, whatever lints think.
# That the kernel itself is clean under those rules is left to `cargo clippy --workspace`.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/freehold-target}"

config=crates/kernel/clippy.toml
forbidden=scripts/purity/forbidden.rs
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

fail() {
    echo "kernel purity: $1" >&2
    failures=$((failures + 1))
}

# One: what clippy says about each line, against the name that the line is marked with.
mkdir -p "$scratch/crates"
cp Cargo.toml Cargo.lock "$scratch/"
cp -r crates/kernel "$scratch/crates/"
cp "$forbidden" "$scratch/crates/kernel/src/forbidden.rs"
echo 'mod forbidden;' >>"$scratch/crates/kernel/src/lib.rs"
# A target directory of its own: the scratch kernel must never be taken for the real one.
if ! (cd "$scratch" && CARGO_TARGET_DIR="$CARGO_TARGET_DIR/purity" \
    cargo clippy --quiet --package freehold-kernel --lib --message-format short) >"$scratch/said" 2>&1; then
    cat "$scratch/said" >&2
    fail "the scratch copy does not compile, so nothing is proven"
fi
grep -n '//~ ' "$forbidden" | sed -E 's/^([0-9]+):.*\/\/~ (.*)$/\1 \2/' | sort >"$scratch/wanted"
sed -nE 's/^.*forbidden\.rs:([0-9]+):[0-9]+: .*use of a disallowed [a-z]+ `([^`]+)`.*$/\1 \2/p' "$scratch/said" |
    sort -u >"$scratch/refused"
while read -r line name; do
    fail "clippy lets $name pass ($forbidden:$line)"
done < <(comm -23 "$scratch/wanted" "$scratch/refused")
while read -r said; do
    fail "$said"
done < <(grep -E 'clippy\.toml' "$scratch/said" || true)

# Two: rules against lines, and a replacement with each rule.
sed -nE 's/^ *\{ path = "([^"]+)".*$/\1/p' "$config" | sort >"$scratch/rules"
cut -d' ' -f2 "$scratch/wanted" | sort >"$scratch/lines"
while read -r name; do
    fail "$config refuses $name, but $forbidden has no line that proves it"
done < <(comm -23 <(sort -u "$scratch/rules") <(sort -u "$scratch/lines"))
while read -r name; do
    fail "$config refuses $name twice"
done < <(uniq -d "$scratch/rules")
while read -r rule; do
    fail "$config names no replacement: $rule"
done < <(grep -E '^ *\{ path = ' "$config" | grep -vE 'reason = "[^"]+"' || true)

# Three: what the kernel is built from (tests may use more).
cargo tree --quiet --locked --package freehold-kernel --edges normal,build --target all --prefix none --format '{p}' |
    cut -d' ' -f1 | sort -u | grep -vx freehold-kernel >"$scratch/crates-found"
while read -r name; do
    fail "the kernel depends on $name, which scripts/purity/allowed-crates.txt does not allow"
done < <(comm -23 "$scratch/crates-found" <(grep -vE '^(#|$)' scripts/purity/allowed-crates.txt | awk '{print $1}' | sort -u))

# Four: undefined symbols of the compiled kernel. core and alloc are pure; std and the C library are not.
if command -v nm >/dev/null; then
    cargo build --quiet --locked --package freehold-kernel --lib
    # Code of std that is generic or inlined is compiled into the kernel; what it calls in turn is listed here.
    nm --demangle --undefined-only "$CARGO_TARGET_DIR/debug/libfreehold_kernel.rlib" 2>/dev/null |
        awk '$1 == "U" { sub(/^ *U /, ""); print }' | sort -u >"$scratch/calls"
    if ! [ -s "$scratch/calls" ]; then
        fail "nm finds no symbols in libfreehold_kernel.rlib, so nothing is proven"
    fi
    while read -r symbol; do
        fail "the compiled kernel calls $symbol"
    done < <(grep -E '^(<?std::|(acosh?|asinh?|atanh?|atan2|cbrt|cosh?|exp|exp2|expm1|hypot|log|log10|log1p|log2|pow|sinh?|sincos|tanh?|tgamma|lgamma)f?$|(clock_gettime|gettimeofday|time|getenv|open(64)?|read|write|socket|connect|pthread_create|getrandom)$)' "$scratch/calls" || true)
else
    echo "kernel purity: SKIPPED the symbols of the compiled kernel: there is no nm (binutils) on this machine"
fi

if [ "$failures" -gt 0 ]; then
    echo "kernel purity: $failures failures" >&2
    exit 1
fi
echo "kernel purity: $(wc -l <"$scratch/wanted") forbidden uses refused by name, $(wc -l <"$scratch/crates-found") crates, no call out of core and alloc"
