#!/bin/sh
# An unmodified msmtp, in place of sendmail, submits to a served world; with a
# foreign CA, a stripped STARTTLS or a wrong password it says that it failed,
# and nothing arrives.
# usage: msmtp_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
. "$source/checker/app/served.sh"
want msmtp
want socat

# submit CA PASSWORD ADDRESS
submit() {
    cat >"$dir/msmtprc" <<END
account default
host $3
port $LASTHOP_PORT
tls on
tls_starttls on
tls_trust_file $1
tls_host_override $LASTHOP_HOST
auth plain
user $LASTHOP_USER
password $2
from jansen@clinic.example
timeout 20
END
    chmod 600 "$dir/msmtprc"
    msmtp --file="$dir/msmtprc" -t >"$dir/msmtp.txt" 2>&1 <<'END'
From: Anna Jansen <jansen@clinic.example>
To: bob@hospital.example
Cc: eve@lab.example
Bcc: ann@practice.example
Subject: From msmtp

What only Bob may read.
END
}

serve to-cc-bcc
submit "$dir/ca.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS" ||
    fail "msmtp failed"
judged 0 "To, Cc and Bcc"

serve nothing
foreign_ca
! submit "$dir/foreign.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS" ||
    fail "msmtp took the certificate of a CA that it does not know"
! submit "$dir/ca.pem" wrong "$LASTHOP_ADDRESS" ||
    fail "msmtp called a wrong password a success"
stripper
! submit "$dir/ca.pem" "$LASTHOP_PASSWORD" "$front" ||
    fail "msmtp went on without TLS"
grep -q STARTTLS "$dir/msmtp.txt" || fail "it failed for another reason"
strip_no_more
judged 0 "nothing arrives"
said 'user name or password is wrong' || fail "a wrong password is not told"
