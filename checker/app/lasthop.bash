# Completion of lasthop for bash: `. checker/app/lasthop.bash`, or put it into
# the folder of completions under the name lasthop.

_lasthop() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}
    local before=${COMP_WORDS[COMP_CWORD - 1]-}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "run lint list explain serve report
            tables mutants doctor schema new preflight selftest --help --version" -- "$word")
        return
    fi
    case $before in
    --junit | --json | --tap | --markdown | --artifacts | --gateway | --ready-file)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    esac
    if [ "$before" = --kind ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" new --list \
            2>/dev/null | cut -d" " -f1)" -- "$word")
        return
    fi
    if [ "$command" = list ]; then
        mapfile -t COMPREPLY < <(compgen -W "postures clauses words scenarios" \
            -- "$word")
        return
    fi
    case $word in
    -*)
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "$command" \
            --help 2>/dev/null | sed -n 's/^.*\(--[a-z-]*\).*$/\1/p')" \
            -- "$word")
        ;;
    [A-Z]*)
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" list clauses \
            2>/dev/null | cut -d' ' -f1)" -- "$word")
        ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _lasthop lasthop ./lasthop
