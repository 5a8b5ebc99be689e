#!/bin/sh
# An unmodified Postfix as a recipient's server that accepts and bounces
# afterwards: its bounce comes to the gateway's return-path listener, over TLS,
# and the sender, whose mailbox the same Postfix keeps, gets a report of the
# gateway's own instead. The world only names the servers.
# usage: bounce_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "bounce_test.sh: SKIPPED: needs root" >&2; exit 77; }
. "$source/checker/app/served.sh"
want postfix
want swaks
etc=$dir/etc

master=
gateway=
stop_all() {
    [ -z "$gateway" ] || kill -TERM "$gateway" 2>/dev/null || true
    [ -z "$master" ] ||
        kill -TERM "$(cat "$dir/queue/pid/master.pid")" 2>/dev/null || true
    [ -z "$gateway" ] || wait "$gateway" 2>/dev/null || true
    [ -z "$master" ] || wait "$master" 2>/dev/null || true
    gateway=
    master=
}
at_end=stop_all

# await DESCRIPTOR FILE PATTERN - reads lines until one has it; both programs
# end by themselves in time, and their lines with them.
await() {
    while IFS= read -r line <&"$1"; do
        printf '%s\n' "$line" >>"$dir/$2"
        # shellcheck disable=SC2254
        case $line in *$3*) return 0 ;; esac
    done
    fail "it ended before: $3"
}

# Accepts whoever it is at the hospital, and knows nobody there.
configure_postfix() {
    owner=$(id -u nobody)
    mkdir "$etc" "$dir/queue" "$dir/data" "$dir/mail"
    chown postfix "$dir/data"
    chown nobody "$dir/mail"
    cat >"$etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = /dev/stdout
myhostname = mx.hospital.example
mydestination = hospital.example
local_recipient_maps =
alias_maps =
inet_protocols = ipv4
smtp_tls_security_level = may
transport_maps = inline:{ {bounce.$LASTHOP_HOST = smtp:[$net.21]:$LASTHOP_PORT},
    {zivverbounce.clinic.example = smtp:[$net.21]:$LASTHOP_PORT} }
virtual_mailbox_domains = clinic.example
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = inline:{ {jansen@clinic.example = jansen} }
virtual_minimum_uid = 1
virtual_uid_maps = static:$owner
virtual_gid_maps = static:$(id -g nobody)
END
    while read -r name kind private owner wake limit program; do
        echo "$name $kind $private $owner n $wake $limit $program"
    done >"$etc/master.cf" <<END
$net.10:$LASTHOP_PORT inet n - - - smtpd
$net.11:$LASTHOP_PORT inet n - - - smtpd
pickup unix n - 1 1 pickup
cleanup unix n - - 0 cleanup
qmgr unix n - 300 1 qmgr
tlsmgr unix - - 1000? 1 tlsmgr
rewrite unix - - - - trivial-rewrite
bounce unix - - - 0 bounce
defer unix - - - 0 bounce
trace unix - - - 0 bounce
verify unix - - - 1 verify
flush unix n - 1000? 0 flush
smtp unix - - - - smtp
error unix - - - - error
retry unix - - - - error
anvil unix - - - 1 anvil
local unix - n - - local
virtual unix - n - - virtual
scache unix - - - 1 scache
postlog unix-dgram n - - 1 postlogd
END
}

# The master as `postfix start-fg` runs it; what that checks before takes long.
start_postfix() {
    mkfifo "$dir/log"
    timeout 50 "$(postconf -c "$etc" -h daemon_directory)/master" \
        -c "$etc" -s >"$dir/log" 2>&1 &
    master=$!
    exec 4<"$dir/log"
    await 4 postfix.txt 'daemon started'
}

# A gateway beside the world's, with its configuration, at addresses of its own.
start_gateway() {
    cp -r "$LASTHOP_WORK" "$dir/gateway"
    rm -rf "$dir/gateway/state" "$dir/gateway/control"
    sed -e "s/\"$net\.1:/\"$net.20:/" -e "s/\"$net\.1\"/\"$net.20\"/" \
        -e "s/\"$net\.5:/\"$net.21:/" -e "s/\"$net\.6:/\"$net.22:/" \
        "$LASTHOP_WORK/gateway.yaml" >"$dir/gateway/gateway.yaml"
    mkfifo "$dir/journal"
    timeout 50 "$bin/lasthop-gateway" --config "$dir/gateway/gateway.yaml" \
        3>"$dir/journal" 2>"$dir/gateway.txt" &
    gateway=$!
    exec 6<"$dir/journal"
    await 6 journal.txt '"event":"listening"'
}

submit() {
    timeout 20 swaks --server "$net.20:$LASTHOP_PORT" --tls \
        --auth PLAIN --auth-user "$LASTHOP_USER" \
        --auth-password "$LASTHOP_PASSWORD" --from "$LASTHOP_FROM" \
        --to bob@hospital.example --header 'Subject: To be bounced' \
        --body 'What only Bob may read.' >"$dir/swaks.txt" 2>&1 ||
        fail "it was not accepted"
}

# in_mail PATTERN - in the report that lies in the sender's mailbox.
in_mail() {
    grep -q -- "$1" "$dir/mail/jansen" || {
        cp "$dir/mail/jansen" "$dir/report.txt"
        fail "the report has no: $1"
    }
}

serve others-servers
net=${LASTHOP_ADDRESS%.*}
configure_postfix
postfix -c "$etc" check >"$dir/postfix.txt" 2>&1 || fail "its check"
start_postfix
start_gateway
submit
await 4 postfix.txt 'unknown user: "bob"'
await 6 journal.txt '"event":"bounced"'
case $line in
*'"recipient":"bob@hospital.example"'*'"status":"5.1.1"'*) ;;
*) fail "journalled: $line" ;;
esac
await 6 journal.txt '"event":"dsn"'
await 4 postfix.txt 'to=<jansen@clinic.example>'
grep -q 'status=sent (250 2.0.0' "$dir/postfix.txt" ||
    fail "the bounce was not taken"
in_mail '^Action: failed'
in_mail '^Status: 5.1.1'
in_mail '^Final-Recipient: rfc822; bob@hospital.example'
in_mail '^Remote-MTA: dns; mx.hospital.example'
in_mail '^Reporting-MTA: dns; gateway.lasthop.example'
in_mail '^Subject: To be bounced'
in_mail '^X-Zivver-Transport: dsn'
! grep -q 'What only Bob may read' "$dir/mail/jansen" ||
    fail "the report holds content"
[ "$(grep -c '^From ' "$dir/mail/jansen")" = 1 ] || fail "more than one report"
stop_all
judged 0 "the world has only named them"
