# postfix.sh - an unmodified Postfix with a configuration and a queue of its own:
# . postfix.sh, after served.sh. It listens nowhere unless told to.
want postfix
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
    timeout "${limit:-50}" "$(postconf -c "$etc" -h daemon_directory)/master" \
        -c "$etc" -s >"$dir/log" 2>&1 &
    master=$!
    exec 3<"$dir/log"
    await 'daemon started'
}

send() {
    sendmail -C "$etc" -f jansen@clinic.example -t
}
