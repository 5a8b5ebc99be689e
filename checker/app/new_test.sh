#!/bin/sh
# Whatever kind a scenario is started from, it lints and runs green, bears its
# own title, and is never written over.
# usage: new_test.sh BIN SOURCE
set -eu
lasthop=$1/lasthop
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

fail() {
    echo "new_test: $1" >&2
    exit 1
}

"$lasthop" new --list >kinds
[ "$(wc -l <kinds)" -ge 5 ] || fail "too few kinds"
while read -r kind what; do
    [ -n "$what" ] || fail "$kind does not say what it is"
    "$lasthop" new "mine/deep/what-$kind-does" --kind "$kind" >said
    head -n 1 said | grep -qx "mine/deep/what-$kind-does.yaml" ||
        fail "$kind: the file is not told"
    grep -q "^title: \"What $kind does\"$" "mine/deep/what-$kind-does.yaml" ||
        fail "$kind: the title is not there"
done <kinds
"$lasthop" lint mine
"$lasthop" run mine
mkdir empty
code=0
"$lasthop" lint empty >said 2>&1 || code=$?
[ "$code" = 4 ] && grep -q "no scenario file" said ||
    fail "lint of an empty folder does not say that nothing is there"

cp mine/deep/what-direct-does.yaml before
if "$lasthop" new mine/deep/what-direct-does.yaml --kind bcc 2>said; then
    fail "a file was written over"
fi
grep -q "exists already" said || fail "it does not say why"
cmp before mine/deep/what-direct-does.yaml
code=0
"$lasthop" new other --kind dirct 2>said || code=$?
[ "$code" = 2 ] && grep -q "did you mean direct?" said ||
    fail "a near miss is not suggested"
[ ! -e other.yaml ] || fail "an unknown kind was written"
