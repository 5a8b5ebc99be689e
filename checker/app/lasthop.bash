# Completion of lasthop for bash: `. checker/app/lasthop.bash`, or put it into
# the folder of completions under the name lasthop. Options and what stands
# behind them are taken from each command's own --help.

# _lasthop_values HELP OPTION WORD - what may stand behind the option; fails
# where it takes no value, or one that is joined by =.
_lasthop_values() {
    local kind
    kind=$(sed -n "s/^ *\(-., \)\{0,1\} *$2 \([A-Z][A-Z/]*\) .*/\2/p;
        s/^ *$2, --[a-z-]* \([A-Z][A-Z/]*\) .*/\1/p" <<<"$1")
    case $kind in
    FILE | DIR) compgen -f -- "$3" ;;
    KIND)
        if [ "$2" = --kind ]; then
            compgen -W "$("${COMP_WORDS[0]}" new --list 2>/dev/null |
                cut -d" " -f1)" -- "$3"
        else
            compgen -W "scenario posture organization" -- "$3"
        fi
        ;;
    "") return 1 ;;
    esac
    return 0
}

_lasthop() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}
    local before=${COMP_WORDS[COMP_CWORD - 1]-} help values
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "run lint list explain serve report
            tables mutants doctor schema new preflight selftest --help --version" -- "$word")
        return
    fi
    # Readline makes words of --tap=FILE at its =.
    if [ "$word" = = ]; then word=; fi
    if [ "$before" = = ]; then before=; fi
    if [ -z "$before" ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    case $before$word in
    -*) help=$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null) ;;
    esac
    case $before in
    -*)
        if values=$(_lasthop_values "$help" "$before" "$word"); then
            if [ -n "$values" ]; then mapfile -t COMPREPLY <<<"$values"; fi
            return
        fi
        ;;
    esac
    if [ "$command" = list ] && [ "${word#-}" = "$word" ]; then
        mapfile -t COMPREPLY < <(compgen -W "postures clauses words scenarios" \
            -- "$word")
        return
    fi
    case $word in
    -*)
        help=$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$(sed -n \
            's/^ *\(-., \)\{0,1\} *\(--[a-z-]*\).*/\2/p' <<<"$help")" -- "$word")
        ;;
    [A-Z]*)
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" list clauses \
            2>/dev/null | cut -d' ' -f1)" -- "$word")
        ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _lasthop lasthop ./lasthop
