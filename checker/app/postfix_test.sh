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
want socat
. "$source/checker/app/postfix.sh"

# again CA PASSWORD ADDRESS - with these settings, all that waits at once.
again() {
    stop_postfix
    relay_by "$@"
    # Its status is about the log, which nobody writes while Postfix stands.
    postsuper -c "$etc" -r ALL >"$dir/requeue.txt" 2>&1 || true
    start_postfix
}

# deferred WHY NUMBER - the next so many recipients are.
deferred() {
    i=0
    while [ "$i" -lt "$2" ]; do
        await 'status=deferred'
        i=$((i + 1))
        case $line in *"$1"*) ;; *) fail "expected $1: $line" ;; esac
    done
}

# waiting NUMBER - for so many recipients the mail is in the queue.
waiting() {
    postqueue -c "$etc" -j >"$dir/queue.txt"
    n=$(grep -o '"address"' "$dir/queue.txt" | wc -l)
    [ "$n" -eq "$1" ] || fail "expected $1 recipients in the queue, met $n"
}

stays() {
    deferred "$1" "$2"
    waiting "$2"
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
deferred '452 4.5.3' 1 # as soon as it is said
await 'status=sent'
waiting 1
postqueue -c "$etc" -f
empty
judged 0 "tried again after 452"
