#!/bin/sh
# An unmodified swaks submits to a served gateway and world: STARTTLS with the
# run's CA verified, AUTH PLAIN, To, Bcc and an access right; then the world is
# stopped and the outcome judged. A wrong password and a foreign CA are refused.
# usage: swaks_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
dir=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT
mkfifo "$dir/ready"

fail() {
    echo "swaks_test: $1" >&2
    sed 's/^/    /' "$dir"/*.txt >&2
    exit 1
}

serve() {
    "$bin/lasthop" serve "$source/fixtures/recipes/every-kind.yaml" \
        --ready-file "$dir/ready" >"$dir/serve.txt" 2>&1 &
    pid=$!
    cat "$dir/ready" >"$dir/service" # waits until it is written
    . "$dir/service"
}

# The exit status of `serve` is the verdict.
stop() {
    kill -TERM "$LASTHOP_PID"
    code=0
    wait "$pid" || code=$?
    pid=
}

submit() {
    swaks --server "$LASTHOP_ADDRESS" --port "$LASTHOP_PORT" \
        --tls --tls-verify --tls-ca-path "${ca:-$LASTHOP_CA}" \
        --tls-sni "$LASTHOP_HOST" \
        --auth PLAIN --auth-user "$LASTHOP_USER" \
        --auth-password "${password:-$LASTHOP_PASSWORD}" \
        --from jansen@clinic.example \
        --to bob@hospital.example,eve@lab.example,ann@practice.example,fay@gone.example \
        --h-To 'bob@hospital.example, eve@lab.example' \
        --header 'Subject: From a real client' \
        --header 'zivver-access-right: eve@lab.example sms +31612345678' \
        --body 'What only Bob may read.' --timeout 20 >"$dir/swaks.txt" 2>&1
}

serve
submit || fail "swaks was refused"
stop
[ "$code" -eq 0 ] || fail "expected the outcome to pass, got exit status $code"

# The same with nothing submitted must not pass: the verdict means something.
serve
password=wrong
! submit || fail "a wrong password was accepted"
grep -q ' 535 5.7.8 ' "$dir/swaks.txt" || fail "expected 535 5.7.8"
password=
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=foreign -keyout "$dir/key" -out "$dir/foreign.pem" 2>/dev/null
ca=$dir/foreign.pem
! submit || fail "swaks took a certificate of a CA that it does not know"
! grep -q 'AUTH PLAIN' "$dir/swaks.txt" || fail "credentials went to a stranger"
stop
[ "$code" -eq 1 ] || fail "expected missing recipients to fail, got exit status $code"
