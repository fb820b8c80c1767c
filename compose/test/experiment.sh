# Sourced by `run`: the whole experiment, its roles scaled by compose/experiment.
# shellcheck shell=bash

in_log() { grep -q "$1" "${work:?}/experiment.log"; }

test_experiment() {
    local start=$SECONDS left text
    local measure=(compose/experiment --to "$work/experiment" --producers "1,2" --rate 20 --infer "1,2" --window 1s
        --warm-up 1s --time-limit 8s)
    say 'the experiment'
    # Stopped in its second run, it goes on with that.
    "${measure[@]}" >"$work/answer" 2>"$work/experiment.log" &
    measuring=$!
    wait_until 240 "the first run" in_log '^capacity-infer-1: '
    kill "$measuring"
    ! wait "$measuring" || fail "an experiment that was stopped ended with 0"
    measuring=''
    [ -z "$(docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter label=com.docker.compose.service=experiment)$(containers producer)" ] ||
        fail "something of a stopped experiment still runs"
    "${measure[@]}" >"$work/answer" 2>"$work/experiment.log" ||
        fail "the experiment ended with $?: $(tail -3 "$work/experiment.log")"
    in_log '^going on: 1 runs' || fail "the experiment began anew"
    head -1 "$work/answer" | grep -q 'images/s at p99 ≤' || fail "no answer: $(head -1 "$work/answer")"
    for left in cdf.png cdf.svg report.html report.md; do
        [ -s "$work/experiment/$left" ] || fail "the experiment left no $left"
    done
    for text in 'Version: PostgreSQL' 'Version: model' '^\| 2 \| (3[5-9]|40)'; do
        grep -qE "$text" "$work/experiment/report.md" || fail "the report does not say: $text"
    done
    left=$(find "$work/experiment/runs/infer-2-producers-2-rate-20.00" -name '*.csv' | wc -l)
    [ "$left" = 2 ] || fail "$left of 2 producers have left their measurements"
    [ "$(containers inference | wc -l)" = 2 ] || fail "there are not two infers"
    say "the experiment: stopped, gone on and reported in $((SECONDS - start)) s: $(head -1 "$work/answer")"
}
