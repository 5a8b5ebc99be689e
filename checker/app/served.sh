# served.sh - for tests of real programs against a served world: . served.sh
# Before: $bin, $source. It makes $dir, which is removed at the end.
dir=$(mktemp -d)
chmod 755 "$dir"
world=
relay=
at_end=:
finish() {
    trap '' EXIT
    $at_end || true
    for pid in $world $relay; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() {
    echo "${0##*/}: $1" >&2
    for text in "$dir"/*.txt; do
        [ ! -s "$text" ] || { echo "-- ${text##*/}" && tail -n "${shown:-40}" "$text" | sed 's/^/    /'; } >&2
    done
    exit 1
}

# Loudly: what cannot run here is no success.
skip() {
    echo "${0##*/}: SKIPPED: $1" >&2
    exit 77
}
want() {
    command -v "$1" >/dev/null || skip "there is no $1"
}

# serve RECIPE - waits until the gateway answers; LASTHOP_* are set then.
serve() {
    rm -f "$dir/ready"
    mkfifo "$dir/ready"
    "$bin/lasthop" serve "$source/fixtures/recipes/$1.yaml" \
        --ca "$dir/ca.pem" --ready-file "$dir/ready" >"$dir/serve.txt" 2>&1 &
    world=$!
    timeout 30 cat "$dir/ready" >"$dir/service" || fail "no world came up"
    . "$dir/service"
}

# judged EXIT-STATUS WHAT - stops the world; its exit status is the verdict.
judged() {
    code=0
    kill -TERM "$LASTHOP_PID"
    wait "$world" || code=$?
    world=
    [ "$code" -eq "$1" ] || fail "$2: the verdict is $code, expected $1"
}
said() {
    grep -q -- "$1" "$dir/serve.txt"
}

foreign_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days 2 -subj /CN=foreign -keyout "$dir/foreign.key" \
        -out "$dir/foreign.pem" 2>/dev/null
}

# stripper - a relay at another address of the gateway's block and at its port,
# which takes STARTTLS out of what the gateway offers. $front is its address.
stripper() {
    front=${LASTHOP_ADDRESS%.*}.9
    printf '#!/bin/sh\nsocat -t 5 - TCP:%s:%s | sed -u s/STARTTLS/XSTART/\n' \
        "$LASTHOP_ADDRESS" "$LASTHOP_PORT" >"$dir/strip"
    chmod +x "$dir/strip"
    rm -f "$dir/listening"
    mkfifo "$dir/listening"
    exec 5<>"$dir/listening"
    socat -d -d TCP-LISTEN:"$LASTHOP_PORT",bind="$front",reuseaddr,fork \
        EXEC:"$dir/strip" 2>&5 5>&- &
    relay=$!
    timeout 10 grep -q -m 1 'listening on' <&5 || fail "no relay"
}
strip_no_more() {
    kill "$relay" 2>/dev/null || true
    wait "$relay" 2>/dev/null || true
    relay=
    exec 5>&-
}
