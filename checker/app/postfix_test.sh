#!/bin/sh
# An unmodified Postfix, as an organization's mail server, before the gateway:
# with a foreign CA, a wrong password or a stripped STARTTLS the mail stays in
# its queue and nothing arrives; mended, it arrives once, To, Cc and Bcc; and
# what the gateway puts off with a 4xx is tried again. It has a configuration
# and a queue of its own and listens nowhere.
# usage: postfix_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "postfix_test.sh: SKIPPED: needs root" >&2; exit 77; }
. "$source/checker/app/served.sh"
want postfix
want socat
etc=$dir/etc

master=
stop_postfix() {
    [ -n "$master" ] || return 0
    kill -TERM "$(cat "$dir/queue/pid/master.pid")" 2>/dev/null || true
    wait "$master" 2>/dev/null || true
    master=
    exec 3<&-
}
at_end=stop_postfix

# Its daemons, all without chroot; no listener.
configure() {
    mkdir "$etc" "$dir/queue" "$dir/data"
    chown postfix "$dir/data"
    cat >"$etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = /dev/stdout
myhostname = mail.clinic.example
mydestination =
inet_protocols = ipv4
smtp_tls_security_level = secure
smtp_sasl_auth_enable = yes
smtp_sasl_mechanism_filter = plain
smtp_sasl_tls_security_options = noanonymous
END
    while read -r name kind private wake limit program; do
        echo "$name $kind $private - n $wake $limit $program"
    done >"$etc/master.cf" <<'END'
pickup unix n 1 1 pickup
cleanup unix n - 0 cleanup
qmgr unix n 300 1 qmgr
tlsmgr unix - 1000? 1 tlsmgr
rewrite unix - - - trivial-rewrite
bounce unix - - 0 bounce
defer unix - - 0 bounce
trace unix - - 0 bounce
flush unix n 1000? 0 flush
smtp unix - - - smtp
showq unix n - - showq
retry unix - - - error
error unix - - - error
scache unix - - 1 scache
postlog unix-dgram n - 1 postlogd
END
}

# relay_by CA PASSWORD ADDRESS - as fixtures/recipes/postfix.txt says it.
relay_by() {
    at="[$3]:$LASTHOP_PORT"
    cp "$1" "$dir/trusted.pem"
    postconf -c "$etc" -e "relayhost = $at" \
        "smtp_tls_CAfile = $dir/trusted.pem" \
        "smtp_tls_policy_maps = inline:{ {$at = secure match=$LASTHOP_HOST} }" \
        "smtp_sasl_password_maps = inline:{ {$at = $LASTHOP_USER:$2} }"
}

# await PATTERN - reads the log until a line has it; Postfix ends by itself in
# time, and the log with it.
await() {
    while IFS= read -r line <&3; do
        printf '%s\n' "$line" >>"$dir/postfix.txt"
        # shellcheck disable=SC2254
        case $line in *$1*) return 0 ;; esac
    done
    fail "Postfix ended before: $1"
}

# The master as `postfix start-fg` runs it; what that checks before takes long.
start_postfix() {
    rm -f "$dir/log"
    mkfifo "$dir/log"
    timeout 50 "$(postconf -c "$etc" -h daemon_directory)/master" \
        -c "$etc" -s >"$dir/log" 2>&1 &
    master=$!
    exec 3<"$dir/log"
    await 'daemon started'
}

send() {
    sendmail -C "$etc" -f jansen@clinic.example -t
}

# again CA PASSWORD ADDRESS - with these settings, all that waits at once.
again() {
    stop_postfix
    relay_by "$@"
    # Its status is about the log, which nobody writes while Postfix stands.
    postsuper -c "$etc" -r ALL >"$dir/requeue.txt" 2>&1 || true
    start_postfix
}

# stays WHY NUMBER - the mail is deferred, and in the queue for all recipients.
stays() {
    i=0
    while [ "$i" -lt "$2" ]; do
        await 'status=deferred'
        i=$((i + 1))
        case $line in *"$1"*) ;; *) fail "expected $1: $line" ;; esac
    done
    postqueue -c "$etc" -j >"$dir/queue.txt"
    n=$(grep -o '"address"' "$dir/queue.txt" | wc -l)
    [ "$n" -eq "$2" ] || fail "expected $2 recipients in the queue, met $n"
}

empty() {
    await ': removed'
    postqueue -c "$etc" -j >"$dir/queue.txt"
    [ ! -s "$dir/queue.txt" ] || fail "something stays in the queue"
}

configure
foreign_ca
serve nothing
relay_by "$dir/foreign.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS"
postfix -c "$etc" check >"$dir/postfix.txt" 2>&1 || fail "its check"
start_postfix
send <<'END'
From: Anna Jansen <jansen@clinic.example>
To: bob@hospital.example
Cc: eve@lab.example
Bcc: ann@practice.example
Subject: From Postfix

What only Bob may read.
END
stays 'not verified' 3
again "$dir/ca.pem" wrong "$LASTHOP_ADDRESS"
stays '535 5.7.8' 3
stripper
again "$dir/ca.pem" "$LASTHOP_PASSWORD" "$front"
stays 'TLS is required' 3
strip_no_more
judged 0 "nothing arrives"
said 'user name or password is wrong' || fail "a wrong password is not told"

serve to-cc-bcc
again "$dir/ca.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS"
grep -q 'Requeued: 1 message' "$dir/requeue.txt" || fail "not in the queue"
empty
judged 0 "To, Cc and Bcc, once mended"

serve one-recipient
again "$dir/ca.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS"
send <<'END'
From: Anna Jansen <jansen@clinic.example>
To: bob@hospital.example
Cc: carl@hospital.example
Subject: One at a time

What both may read.
END
stays '452 4.5.3' 1
postqueue -c "$etc" -f
empty
judged 0 "tried again after 452"
