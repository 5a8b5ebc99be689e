#!/bin/sh
# A gateway that root starts with `user:` binds its low ports and reads keys that
# root alone can read, and then is nobody: no rights, no way back, no core, in
# its sandbox. What cannot be so is told, and it does not start.
# usage: unprivileged_test.sh BIN SOURCE
set -eu
gateway=$1/lasthop-gateway
[ "$(id -u)" = 0 ] || exit 77
for program in openssl setpriv; do
    command -v "$program" >/dev/null || exit 77
done
dir=$(mktemp -d)
pid=
done_with() {
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    rm -rf -- "$dir"
}
trap done_with EXIT
fail() {
    echo "unprivileged_test: $*" >&2
    cat "$dir/said" >&2
    exit 1
}
chmod 755 "$dir"
address=127.78.$(($$ / 250 % 250)).$(($$ % 250 + 1))
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=gateway.test -addext subjectAltName=DNS:gateway.test \
    -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>"$dir/said"
openssl genpkey -algorithm ed25519 -out "$dir/dkim.pem" 2>"$dir/said"
chmod 600 "$dir/key.pem" "$dir/dkim.pem"
mkfifo "$dir/journal"
cat >"$dir/gateway.yaml" <<END_OF_FILE
lasthop-gateway: 1
host-name: gateway.test
user: nobody
sandbox: SANDBOX
submission: {listen: "$address:25", certificate: certificate.pem, key: key.pem}
bounces: {listen: "$address:26", host: bounce.gateway.test}
dns: {resolver: "$address@53"}
state: state
journal: {descriptor: 3}
notification: {from: no-reply@gateway.test, portal: "https://portal.test"}
dkim: [{domain: gateway.test, selector: one, key: dkim.pem}]
END_OF_FILE
# A sanitizer does without the filter, and with cores.
has_filter=yes
if nm -D "$gateway" 2>/dev/null | grep -q __asan_init; then has_filter=no; fi
[ "$has_filter" = no ] || sed -i 's/SANDBOX/required/' "$dir/gateway.yaml"
sed -i 's/SANDBOX/yes/' "$dir/gateway.yaml"
sed 's/^user:.*/user: no-such-user/' "$dir/gateway.yaml" >"$dir/unknown.yaml"
sed 's/^user:.*/user: root/' "$dir/gateway.yaml" >"$dir/root.yaml"

# refused WORDS COMMAND... - it does not start, and says why.
refused() {
    words=$1
    shift
    code=0
    timeout 20 "$@" >"$dir/said" 2>&1 3>/dev/null || code=$?
    [ "$code" = 1 ] || fail "exit $code and not 1: $*"
    grep -q -e "$words" "$dir/said" || fail "no \"$words\" of: $*"
}

# An old kernel or a container without Landlock says so: nothing to see there.
if "$gateway" --config "$dir/unknown.yaml" 2>&1 | grep -q 'landlock: Func'; then
    exit 77
fi
refused 'user no-such-user: there is none' "$gateway" -c "$dir/unknown.yaml"
refused 'user root: is root himself' "$gateway" -c "$dir/root.yaml"
chmod 644 "$dir/key.pem" "$dir/dkim.pem"
refused 'user nobody: only root can become another' setpriv --reuid 65534 \
    --clear-groups "$gateway" -c "$dir/gateway.yaml"
openssl genpkey -algorithm ed25519 -out "$dir/dkim.pem" 2>"$dir/said"
chmod 600 "$dir/key.pem" "$dir/dkim.pem"
mkdir "$dir/state"
chown nobody "$dir/state"
touch "$dir/state/gateway.db"
chmod 600 "$dir/state/gateway.db"
refused 'state/gateway.db: user 65534 cannot use it, it is of user 0' \
    "$gateway" -c "$dir/gateway.yaml"
rm -r "$dir/state"

"$gateway" -c "$dir/gateway.yaml" 3>"$dir/journal" >"$dir/said" 2>&1 &
pid=$!
timeout 20 head -n 1 "$dir/journal" >"$dir/line" || fail "no journal"
grep -q "\"listening\".*$address:25" "$dir/line" || fail "does not listen"

status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
is() {
    [ "$2" = "$3" ] || fail "$1 is \"$2\" and not \"$3\""
}
is Uid "$(status Uid | tr '\t' ' ')" '65534 65534 65534 65534'
is Gid "$(status Gid | tr '\t' ' ')" "$(id -g nobody) $(id -g nobody) \
$(id -g nobody) $(id -g nobody)"
is CapEff "$(status CapEff)" 0000000000000000
is CapPrm "$(status CapPrm)" 0000000000000000
is NoNewPrivs "$(status NoNewPrivs)" 1
for thread in "/proc/$pid/task"/*; do
    is "Uid of $thread" "$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' \
        "$thread/status")" 65534
    [ "$has_filter" = no ] ||
        is "Seccomp of $thread" \
            "$(sed -n 's/^Seccomp:[[:space:]]*//p' "$thread/status")" 2
done
if [ "$has_filter" = yes ]; then
    grep -q '^Max core file size *0 *0 ' "/proc/$pid/limits" ||
        fail "a core is possible"
    # What cannot be dumped belongs to root in /proc.
    is "owner of its memory" "$(stat -c %u "/proc/$pid/mem")" 0
fi
for file in "$dir/state" "$dir/state"/*; do
    is "owner of $file" "$(stat -c %u "$file")" 65534
done
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
pid=
is "exit status" "$code" 0
chmod 600 "$dir/key.pem" "$dir/dkim.pem"
