#!/usr/bin/env bash
# Five load tests of a gateway that runs, the simulator behind it: health, 50, 100 and 200 connections, one repeated request.
# Prints what the first performance guide expected beside what is measured, and writes a report in JSON.
#
#   scripts/load-test.sh [--start] [--quick]
#
# --start starts a gateway of this checkout for the time of the tests (npm run build first); --quick: each test for 3 s.
# UCR_HOST (localhost), UCR_PORT (3000), UCR_MODEL (sim/echo), UCR_KEY (a key of the gateway, where it wants one),
# UCR_REPORT (load-test-report.json). It needs autocannon: npm ci in bench/, or one in the PATH.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
HOST=${UCR_HOST:-localhost}
PORT=${UCR_PORT:-3000}
MODEL=${UCR_MODEL:-sim/echo}
REPORT=${UCR_REPORT:-load-test-report.json}
URL="http://$HOST:$PORT"
SHORT=10
LONG=30
CACHE=20
START=false
for option in "$@"; do
  case $option in
    --start) START=true ;;
    --quick) SHORT=3 LONG=3 CACHE=3 ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
  esac
done

AUTOCANNON="$ROOT/bench/node_modules/.bin/autocannon"
[ -x "$AUTOCANNON" ] || AUTOCANNON=$(command -v autocannon || true)
[ -n "$AUTOCANNON" ] || { echo "autocannon is missing: (cd bench && npm ci)" >&2; exit 1; }
FOLDER=$(mktemp -d)
HEADERS=(-H content-type=application/json -H anthropic-version=2023-06-01)
[ -z "${UCR_KEY:-}" ] || HEADERS+=(-H "x-api-key=$UCR_KEY")
GATEWAY=

finish() {
  [ -z "$GATEWAY" ] || kill "$GATEWAY" 2>/dev/null || true
  rm -rf "$FOLDER"
}
trap finish EXIT

if $START; then
  echo '{ "providers": [{ "id": "sim", "type": "simulator" }] }' > "$FOLDER/ucr.config.json"
  chmod 600 "$FOLDER/ucr.config.json"
  HOME=$FOLDER XDG_CONFIG_HOME=$FOLDER XDG_STATE_HOME=$FOLDER node "$ROOT/dist/ucr.js" start \
    --config "$FOLDER/ucr.config.json" --port "$PORT" > "$FOLDER/gateway.log" 2>&1 &
  GATEWAY=$!
fi

echo "Waiting for $URL/health"
for _ in $(seq 60); do
  curl -fs -o "$FOLDER/health" "$URL/health" && break
  sleep 0.5
done
[ -s "$FOLDER/health" ] || { echo "No gateway answers at $URL within 30 s." >&2; exit 1; }

body() { printf '{"model":"%s","max_tokens":64,%s"messages":[{"role":"user","content":"%s"}]}' "$MODEL" "$1" "$2"; }

# name, expected, connections, seconds, path, [body]
run() {
  local name=$1 expected=$2 connections=$3 seconds=$4 path=$5
  local words=(-c "$connections" -d "$seconds" --json --no-progress "${HEADERS[@]}")
  [ $# -lt 6 ] || words+=(-m POST -b "$6")
  echo
  echo "== $name: $connections connections, $seconds s"
  "$AUTOCANNON" "${words[@]}" "$URL$path" > "$FOLDER/$name.json" 2> "$FOLDER/$name.log" || { cat "$FOLDER/$name.log" >&2; exit 1; }
  node -e '
    const [file, expected] = process.argv.slice(1)
    const { requests, latency, errors, timeouts, non2xx } = JSON.parse(require("fs").readFileSync(file, "utf8"))
    console.log(`   expected: ${expected}`)
    console.log(`   measured: ${Math.round(requests.average)} req/s, ${latency.average} ms on average, p50 ${latency.p50} ms, p99 ${latency.p99} ms, ${errors + timeouts + non2xx} failed`)
  ' "$FOLDER/$name.json" "$expected"
}

metrics() {
  echo
  echo "== metrics, $1"
  local key=()
  [ -z "${UCR_KEY:-}" ] || key=(-H "x-api-key: $UCR_KEY")
  curl -s "${key[@]}" "$URL/debug/metrics" > "$FOLDER/metrics-$1.json" || true
  node -e '
    const file = process.argv[1]
    const fs = require("fs")
    let found
    try { found = JSON.parse(fs.readFileSync(file, "utf8")) } catch {}
    if (found?.performance === undefined) {
      fs.writeFileSync(file, "null")
      console.log("   this gateway has no /debug/metrics")
    } else {
      const { requests, performance } = found.performance
      console.log(`   ${requests.total} requests, ${requests.errors} errors, ${performance.avgLatency} ms on average, hit rate ${found.cache?.response?.hitRate ?? found.performance.cache?.hitRate}, RSS ${found.memory?.rss}`)
    }
  ' "$FOLDER/metrics-$1.json"
}

run health 'over 5000 req/s, under 2 ms' 100 "$SHORT" /health
run light '500 to 1000 req/s, 20 to 50 ms' 50 "$LONG" /v1/messages "$(body '' 'light load')"
run medium '400 to 800 req/s, 30 to 70 ms' 100 "$LONG" /v1/messages "$(body '' 'medium load')"
metrics midway
run heavy '300 to 600 req/s, 50 to 100 ms' 200 "$LONG" /v1/messages "$(body '' 'heavy load')"
run cache 'a hit rate over 80 %' 50 "$CACHE" /v1/messages "$(body '"temperature":0,' 'the same question')"
metrics end

node -e '
  const fs = require("fs")
  const [folder, report, url] = process.argv.slice(1)
  const read = (name) => JSON.parse(fs.readFileSync(`${folder}/${name}.json`, "utf8"))
  const test = (name) => {
    const { connections, duration, requests, latency, errors, timeouts, non2xx } = read(name)
    return { name, connections, seconds: duration, requestsPerSecond: requests.average, requests: requests.total,
      latency: { average: latency.average, p50: latency.p50, p99: latency.p99 }, failed: errors + timeouts + non2xx }
  }
  const tests = ["health", "light", "medium", "heavy", "cache"].map(test)
  const metrics = { midway: read("metrics-midway"), end: read("metrics-end") }
  fs.writeFileSync(report, `${JSON.stringify({ date: new Date().toISOString(), url, tests, metrics }, null, 1)}\n`)
  console.log(`\nReport: ${report}`)
  if (tests.some(({ failed }) => failed > 0)) process.exitCode = 1
' "$FOLDER" "$REPORT" "$URL"
