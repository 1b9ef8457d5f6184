#!/usr/bin/env bash
# 100 completions at once, then 50 at once with about 10,000 random bytes each. Every answer is looked at: it ends with 1 when
# one of them is missing or wrong.
#
#   tests/stress-test.sh [URL]
#
# WRAPPER_URL (http://localhost:8000), WRAPPER_API_KEY (a key of the gateway, where it wants one), WRAPPER_MODEL (sonnet),
# STRESS_SMALL (100) and STRESS_LARGE (50): how many.
set -euo pipefail

URL=${1:-${WRAPPER_URL:-http://localhost:8000}}
MODEL=${WRAPPER_MODEL:-sonnet}
SMALL=${STRESS_SMALL:-100}
LARGE=${STRESS_LARGE:-50}
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
HEADERS=(-H content-type:application/json)
if [ -n "${WRAPPER_API_KEY:-}" ]; then
  # Not among the arguments of curl, where everybody on this machine could read it.
  (umask 077 && printf 'authorization: Bearer %s\n' "$WRAPPER_API_KEY" > "$FOLDER/key")
  HEADERS+=(-H @"$FOLDER/key")
fi

curl -sS -o "$FOLDER/health" "$URL/health" || { echo "No gateway answers at $URL." >&2; exit 1; }

body() { printf '{"model":"%s","messages":[{"role":"user","content":"%s"}]}' "$MODEL" "$1"; }

# The status of each answer, and whether it is a whole completion, into a file of its own.
complete() {
  local status
  status=$(curl -s -o "$1.answer" -w '%{http_code}' --max-time 120 "${HEADERS[@]}" --data-binary @"$1.body" "$URL/v1/chat/completions") || true
  if [ "$status" = 200 ] && grep -q '"object":"chat.completion"' "$1.answer" && grep -q '"finish_reason":"' "$1.answer"; then
    echo ok > "$1.verdict"
  else
    echo "status $status: $(head -c 300 "$1.answer" 2>/dev/null)" > "$1.verdict"
  fi
}

FAILED=0
# name, how many
run() {
  local name=$1 count=$2 started ended good number
  started=$(date +%s%N)
  for number in $(seq "$count"); do complete "$FOLDER/$name-$number" & done
  wait
  ended=$(date +%s%N)
  good=$(cat "$FOLDER/$name"-*.verdict | grep -cx ok || true)
  echo "$name: $good of $count answered in $(((ended - started) / 1000000)) ms"
  if [ "$good" -lt "$count" ]; then
    FAILED=1
    { grep -hvx ok "$FOLDER/$name"-*.verdict || true; } | sort | uniq -c | sort -rn | sed -n 1,5p >&2
  fi
}

for number in $(seq "$SMALL"); do body "Question $number" > "$FOLDER/small-$number.body"; done
run small "$SMALL"
for number in $(seq "$LARGE"); do
  body "$(head -c 10000 /dev/urandom | base64 | tr -d '\n')" > "$FOLDER/large-$number.body"
done
run large "$LARGE"
exit "$FAILED"
