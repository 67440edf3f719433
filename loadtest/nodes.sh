# Gateway nodes on one Redis of their own, for scripts to source: all of it ends with the script and leaves nothing behind.

cargo build --release --locked -p saoma-gateway -p saoma-load
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
port=$((20000 + RANDOM % 10000))
targets=()
declare -A processes

start_redis() {
  "$bin/saoma" generate-key "$work/signing.pem"
  "$bin/saoma-load" make-deployment "$work" --store-url "redis://127.0.0.1:$port"
  redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no >"$work/redis.log" &
  until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.1; done
}

start_node() { # its number
  "$bin/saoma" serve --config "$work/gateway.toml" \
    --listen "127.0.0.1:$((port + $1))" --operations-listen "127.0.0.1:$((port + 100 + $1))" 2>>"$work/node-$1.log" &
  processes[$1]=$!
  until curl -sf "http://127.0.0.1:$((port + 100 + $1))/ready" >/dev/null; do sleep 0.1; done
}

stop_node() { # its number
  kill -TERM "${processes[$1]}"
  wait "${processes[$1]}"
}

start_nodes() { # how many
  start_redis
  for node in $(seq "$1"); do
    start_node "$node"
    targets+=(--target "http://127.0.0.1:$((port + node))")
  done
}
