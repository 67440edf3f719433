# Gateway nodes on one Redis of their own, for scripts to source: all of it ends with the script and leaves nothing behind.

cargo build --release --locked -p saoma-gateway -p saoma-load
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
port=$((20000 + RANDOM % 10000))
targets=()
# What `saoma-load run` is to watch: --pid NAME=PID.
pids=()
declare -A processes

# ID tokens are signed by ES256; by RS256 with SIGNING_KEY= in the environment.
make_settings() { # the store's URL, and more for make-deployment
  [ -f "$work/signing.pem" ] || "$bin/saoma" generate-key "$work/signing.pem"
  rm -f "$work/oidc.pem"
  "$bin/saoma" generate-key "$work/oidc.pem" ${SIGNING_KEY-"--es256"}
  "$bin/saoma-load" make-deployment "$work" --store-url "$@"
}

come_to_work() { # a command that succeeds when what was started is at work
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "after 30 s this still fails: $*" >&2
  return 1
}

start_redis() { # more for make-deployment
  redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no >"$work/redis.log" &
  redis=$!
  pids+=(--pid "redis=$redis")
  make_settings "redis://127.0.0.1:$port" "$@"
  come_to_work redis-cli -p "$port" ping
}

start_node() { # its number
  SAOMA_OIDC_SIGNING_KEY="$work/oidc.pem" "$bin/saoma" serve --config "$work/gateway.toml" \
    --listen "127.0.0.1:$((port + $1))" --operations-listen "127.0.0.1:$((port + 100 + $1))" 2>>"$work/node-$1.log" &
  processes[$1]=$!
  come_to_work curl -sf "http://127.0.0.1:$((port + 100 + $1))/ready"
}

stop_node() { # its number
  kill -TERM "${processes[$1]}"
  wait "${processes[$1]}"
}

start_nodes() { # how many, and more for make-deployment
  local count=$1
  shift
  [ -f "$work/gateway.toml" ] || start_redis "$@"
  for node in $(seq "$count"); do
    start_node "$node"
    targets+=(--target "http://127.0.0.1:$((port + node))")
    pids+=(--pid "gateway=${processes[$node]}")
  done
}

# With LIMIT in the environment it is ended in order after so many seconds.
load() { # a scenario, and more for it
  local scenario=$1 bounded=()
  shift
  [ -z "${LIMIT:-}" ] || bounded=(timeout --foreground --kill-after=30 "$LIMIT")
  "${bounded[@]}" "$bin/saoma-load" run "$scenario" "${targets[@]}" --deployment "$work/deployment.toml" \
    --json "${JSON:-$work/result.json}" "$@"
}
