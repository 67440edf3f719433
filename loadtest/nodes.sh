# Functions to start gateway nodes on a Redis server of their own. All of it ends with the script that sources this.

cargo build --release --locked -p saoma-gateway -p saoma-load
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
source loadtest/ports.sh
# Sets `port` to the port of a Redis server. Those of four nodes are above it.
reserve_node_ports() { reserve_ports 0 1 2 3 4 101 102 103 104; }
reserve_node_ports
targets=()
# Arguments for `saoma-load run` to watch the processes: --pid NAME=PID.
pids=()
declare -A processes

# ID tokens are signed by ES256, or by the algorithm that SIGNATURES names.
make_settings() { # store URL [arguments of make-deployment]
  [ -f "$work/signing.pem" ] || "$bin/saoma" generate-key "$work/signing.pem"
  [ -f "$work/cluster.secret" ] || "$bin/saoma" generate-secret "$work/cluster.secret"
  [ -f "$work/es256.pem" ] || "$bin/saoma" generate-key --es256 "$work/es256.pem"
  "$bin/saoma-load" make-deployment "$work" --store-url "$@"
  sed -i "s/^id_token_signed_response_alg = .*/id_token_signed_response_alg = \"${SIGNATURES:-ES256}\"/" "$work/gateway.toml"
}

wait_until() { # command that succeeds once a process is ready
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "still failing after 30 s: $*" >&2
  return 1
}

start_redis() { # [arguments of make-deployment]
  redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no >"$work/redis.log" &
  redis=$!
  pids+=(--pid "redis=$redis")
  make_settings "redis://127.0.0.1:$port" "$@"
  wait_until redis-cli -p "$port" ping
}

start_node() { # number
  SAOMA_OIDC_SIGNING_KEYS="$work/signing.pem,$work/es256.pem" "$bin/saoma" serve --config "$work/gateway.toml" \
    --listen "127.0.0.1:$((port + $1))" --operations-listen "127.0.0.1:$((port + 100 + $1))" 2>>"$work/node-$1.log" &
  processes[$1]=$!
  wait_until curl -sf "http://127.0.0.1:$((port + 100 + $1))/ready"
}

stop_node() { # number
  kill -TERM "${processes[$1]}"
  wait "${processes[$1]}"
}

start_nodes() { # count [arguments of make-deployment]
  local count=$1
  shift
  [ -f "$work/gateway.toml" ] || start_redis "$@"
  for node in $(seq "$count"); do
    start_node "$node"
    targets+=(--target "http://127.0.0.1:$((port + node))")
    pids+=(--pid "gateway=${processes[$node]}")
  done
}

# With LIMIT in the environment the run ends in order after as many seconds.
load() { # scenario [arguments of saoma-load run]
  local scenario=$1 bounded=()
  shift
  [ -z "${LIMIT:-}" ] || bounded=(timeout --foreground --kill-after=30 "$LIMIT")
  "${bounded[@]}" "$bin/saoma-load" run "$scenario" "${targets[@]}" --deployment "$work/deployment.toml" \
    --json "${JSON:-$work/result.json}" "$@"
}
