#!/bin/sh
# What lasthop-gateway says of itself and its man page tell the same: commands,
# their actions and options, exit codes; and every key of the configuration
# stands in the page, no key there that the program does not know.
# usage: manual_test.sh BIN SOURCE
set -eu
gateway=$1/lasthop-gateway
source=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# same WHAT LEFT RIGHT - the two files hold the same lines.
same() {
    sort -u "$2" >"$dir/left"
    sort -u "$3" >"$dir/right"
    if ! diff "$dir/left" "$dir/right" >"$dir/diff"; then
        echo "manual_test: $1: < ${2##*/} alone, > ${3##*/} alone" >&2
        grep '^[<>]' "$dir/diff" >&2
        failed=1
    fi
}

sed 's/\\f.//g; s/\\-/-/g; s/"//g; s/[[:space:]]\{1,\}/ /g' \
    "$source/gateway/app/lasthop-gateway.8" >"$dir/page"
# part NAME - the lines below .SH NAME.
part() { sed -n "/^\\.SH $1\$/,/^\\.SH /p" "$dir/page" | grep -v '^\.SH'; }

# Commands and actions, "lasthop-gateway WORD[|WORD]... [ACTION]".
"$gateway" --help >"$dir/help"
sed -n 's/^.*lasthop-gateway \([a-z|-]*[a-z]\).*/\1/p' "$dir/help" |
    grep -v '^-' | tr '|' '\n' >"$dir/help.commands"
part SYNOPSIS | grep -o 'lasthop-gateway [a-z-]*[a-z]\|( [^)]*)' |
    sed 's/^lasthop-gateway //' | tr '()| ' '\n\n\n\n' |
    grep '^[a-z]' >"$dir/page.commands"
same commands "$dir/help.commands" "$dir/page.commands"

cp "$dir/help" "$dir/helps"
for command in $(sort -u "$dir/help.commands"); do
    "$gateway" "$command" --help >>"$dir/helps"
done
sed -n 's/.*lasthop-gateway \([a-z]* [a-z][a-z-]*\) .*/\1/p' "$dir/helps" |
    grep '^\(org\|domain\|account\|credential\|dkim\) ' >"$dir/help.actions"
part COMMANDS | sed -n '/^\.TP/{n;p;}' | tr ',' '\n' |
    grep -o '\(org\|domain\|account\|credential\|dkim\) [a-z][a-z-]*' \
    >"$dir/page.actions"
same actions "$dir/help.actions" "$dir/page.actions"

# Options; those of swaks in SETTING UP are not ours.
options() { grep -o -e '--[a-z][a-z-]*' | grep -vx -e --help; }
options <"$dir/helps" >"$dir/help.options"
sed '/^swaks/,/^ *--auth-user/d' "$dir/page" | options >"$dir/page.options"
same options "$dir/help.options" "$dir/page.options"

# Keys: of the tables by which the file is read, and of the page: settings with
# their defaults as tags; others are named by tag or within the text.
sed -n 's/^ *\(KEY\|WORD\|NUMBER\|PART\|SECTION\)(\([a-z_]*, \)\{0,1\}"\([^"]*\)".*/\3/p' \
    "$source/gateway/app/config.c" >"$dir/keys"
[ "$(wc -l <"$dir/keys")" -ge 90 ]
part CONFIGURATION >"$dir/configuration"
tr -c 'a-z_A-Z0-9-' '\n' <"$dir/configuration" >"$dir/words"
for key in $(sort -u "$dir/keys"); do
    grep -qx -e "$key" "$dir/words" ||
        { echo "manual_test: key $key is not in the page" >&2; failed=1; }
done
sed -n '/^\.TP/{n;p;}' "$dir/configuration" |
    grep -o '[a-z]\{1,\}[_-][a-z_-]*[a-z]\|[a-z]\{1,\}' >"$dir/tags"
sort -u "$dir/keys" >"$dir/known"
for tag in $(sort -u "$dir/tags"); do
    case $tag in
    # What stands beside a key in its tag is its default.
    off | no | yes | both | reject | original | none | rfc | urope | msterdam) ;;
    *) grep -qx -e "$tag" "$dir/known" || echo "$tag" ;;
    esac
done >"$dir/unknown"
if [ -s "$dir/unknown" ]; then
    echo "manual_test: the page names keys that are none:" >&2
    cat "$dir/unknown" >&2
    failed=1
fi

exit "$failed"
