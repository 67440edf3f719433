# A function that reserves ports, so that parallel runs and tests do not take them from one another. The locks are
# released when the script and its children have ended. `loadtest/src/ports.rs` and the attack suite lock the same files.

port_locks=/tmp/saoma-ports

# Sets `port` to a free port that the offsets can be added to. The ports are below those of outgoing connections, which
# therefore cannot take them while a server is restarted.
reserve_ports() { # offsets
  local first_outgoing offset locks lock
  mkdir -m 1777 "$port_locks" 2>/dev/null || true
  read -r first_outgoing _ </proc/sys/net/ipv4/ip_local_port_range
  [ "$first_outgoing" -gt 11000 ] || first_outgoing=32768
  for _ in $(seq 1000); do
    port=$((10000 + (RANDOM * 32768 + RANDOM) % (first_outgoing - 10200))) locks=()
    for offset in "$@"; do
      { exec {lock}>>"$port_locks/$((port + offset))"; } 2>/dev/null || break
      locks+=("$lock")
      flock -n "$lock" || break
      if (exec 3<>"/dev/tcp/127.0.0.1/$((port + offset))") 2>/dev/null; then break; fi
      [ ${#locks[@]} -lt $# ] || return 0
    done
    for lock in "${locks[@]}"; do exec {lock}>&-; done
  done
  echo "no ports can be reserved: is $port_locks writable?" >&2
  return 1
}
