#!/bin/bash
# What `lasthop` says of itself, its man page and its completion tell the same:
# commands, each command's options, exit codes.
# usage: manual_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# same WHAT LEFT RIGHT - the two files hold the same lines.
same() {
    if ! diff <(sort -u "$2") <(sort -u "$3") >"$dir/diff"; then
        echo "manual_test: $1: < ${2##*/} alone, > ${3##*/} alone" >&2
        grep '^[<>]' "$dir/diff" >&2
        failed=1
    fi
}

# Plain text: no font changes, no quotes, dashes as they are typed.
sed 's/\\f.//g; s/\\-/-/g; s/"//g; s/[[:space:]]\{1,\}/ /g' \
    "$source/checker/app/lasthop.1" >"$dir/page"

"$bin/lasthop" --help >"$dir/all"
sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p' "$dir/all" >"$dir/help.commands"
[ "$(wc -l <"$dir/help.commands")" -ge 12 ]

# Of each command's options, "COMMAND --option" and "COMMAND -o".
while read -r command; do
    "$bin/lasthop" "$command" --help >"$dir/help.$command.text"
    sed -n 'h; s/^ *\(-[a-zA-Z]\), *--.*/\1/p; g
        s/^ *\(-., \)\{0,1\} *\(--[a-z-]*\).*/\2/p' \
        "$dir/help.$command.text" | grep -vx -e -h -e --help |
        sed "s/^/$command /" || true
done <"$dir/help.commands" >"$dir/help.options"

awk '/^\.SH /{part = $2} part != "COMMANDS" {next}
    tag {print $2; tag = 0} /^\.T[PQ]/{tag = 1}' "$dir/page" >"$dir/page.commands"
# In the part OPTIONS the tags under .SS COMMAND.
awk '/^\.SH /{part = $2; command = ""} part != "OPTIONS" {next}
    /^\.SS /{command = $2}
    tag {gsub(/,/, " "); gsub(/[[=].*/, "")
        for (i = 2; i <= NF; i++) if ($i ~ /^-/) print command, $i; tag = 0}
    /^\.T[PQ]/{tag = 1}' "$dir/page" >"$dir/page.options"
same commands "$dir/help.commands" "$dir/page.commands"
same options "$dir/help.options" "$dir/page.options"
for option in $(grep -o -e '--[a-z]*' "$dir/all" | sort -u); do
    grep -q -e "$option" "$dir/page" ||
        { echo "manual_test: $option is not in the page" >&2; failed=1; }
done

sed -n '/^exit:/,$p' "$dir/all" | grep -oE '[0-9]+' >"$dir/help.exit"
awk '/^\.SH /{part = $2 $3} part != "EXITSTATUS" {next}
    tag {print $2; tag = 0} /^\.T[PQ]/{tag = 1}' "$dir/page" >"$dir/page.exit"
same "exit codes" "$dir/help.exit" "$dir/page.exit"

# Completion, asked as bash asks it.
# shellcheck source=/dev/null
. "$source/checker/app/lasthop.bash"
complete_words() {
    COMP_WORDS=("$bin/lasthop" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _lasthop
    printf '%s\n' "${COMPREPLY[@]}"
}
cd "$dir"
touch some-file
complete_words "" | grep -vx -e selftest -e --help -e --version \
    >"$dir/completed.commands"
same "completion of commands" "$dir/help.commands" "$dir/completed.commands"
while read -r command; do
    complete_words "$command" -- | grep -vx -e --help | sed "s/^/$command /" ||
        true
done <"$dir/help.commands" >"$dir/completed.options"
grep -e ' --' "$dir/help.options" >"$dir/help.long"
same "completion of options" "$dir/help.long" "$dir/completed.options"
# What is to be a file or folder is completed as one, nothing else is.
while read -r command option; do
    case $(sed -n "s/^ *\(-., \)\{0,1\} *$option[ =[]*\([A-Z/]*\).*/\2/p" \
        "$dir/help.$command.text") in
    FILE | DIR) expected=some-file ;;
    ?*) expected= ;;
    *) continue ;;
    esac
    case $option in
    --tap) met=$(complete_words "$command" "$option" = some) ;;
    *) met=$(complete_words "$command" "$option" some) ;;
    esac
    if [ "$met" != "$expected" ]; then
        echo "manual_test: $command $option completes as '$met'," \
            "not '$expected'" >&2
        failed=1
    fi
done <"$dir/help.long"
complete_words new --kind >"$dir/null" # an option by itself is no fault
complete_words new --kind dir | grep -qx direct
complete_words schema --of pos | grep -qx posture
complete_words run MINIMUM- | grep -qx MINIMUM-1
exit "$failed"
