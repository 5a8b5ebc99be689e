#!/bin/sh
# What the compiler and the linker do to make a flaw harder to use, read off the
# programs: position-independent, all relocations bound at the start and
# read-only from then on, no executable stack, stack protector, checked calls
# of libc, and landing pads for indirect jumps.
# usage: hardened_test.sh BIN SOURCE
set -eu
bin=$1
failed=0

fail() {
    echo "hardened_test: $*" >&2
    failed=1
}

# of FILE WHAT COMMAND... - the command's output says what.
of() {
    file=$1
    what=$2
    shift 2
    LC_ALL=C "$@" "$bin/$file" 2>/dev/null | grep -q -e "$what" ||
        fail "$file: no $what in: $*"
}

command -v readelf >/dev/null || exit 77
built=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$bin/../CMakeCache.txt")
for file in lasthop-gateway lasthop liblasthop-warm.so; do
    of "$file" 'Type: *DYN' readelf -hW
    of "$file" GNU_RELRO readelf -lW
    of "$file" 'BIND_NOW\|Flags: .*NOW' readelf -dW
    of "$file" '__stack_chk_fail' readelf --dyn-syms -W
    if LC_ALL=C readelf -lW "$bin/$file" | grep -q 'GNU_STACK.* RWE '; then
        fail "$file: its stack is executable"
    fi
    if LC_ALL=C readelf -dW "$bin/$file" | grep -q TEXTREL; then
        fail "$file: code is changed by relocations"
    fi
    if LC_ALL=C readelf -lW "$bin/$file" | grep -q '^ *LOAD.* RWE '; then
        fail "$file: a segment can be written and executed"
    fi
done
for file in lasthop-gateway lasthop; do
    of "$file" 'Flags: .*PIE' readelf -dW
    case $built in
    Debug) ;; # checked calls want optimisation
    *) of "$file" '__[a-z_]*printf_chk' readelf --dyn-syms -W ;;
    esac
    case $(uname -m) in
    x86_64) of "$file" 'endbr64' objdump -d --no-show-raw-insn \
        --disassemble=main ;;
    esac
done
exit $failed
