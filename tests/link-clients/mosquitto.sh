#!/usr/bin/env bash
# mosquitto_sub and mosquitto_pub through the link: PORT VERSION SECONDS. A kept session receives at every QoS.
set -uo pipefail
port=$1 seconds=$3 expiry=()
version=311
[ "$2" = 5 ] && version=5 expiry=(-x 100)
mosquitto_sub -V "$version" -p "$port" -i sub -q 2 -t 't/#' -c "${expiry[@]}" -k 5 >/dev/null 2>&1 &
subscriber=$!
sleep 2
for qos in 0 1 2; do
  mosquitto_pub -V "$version" -p "$port" -q "$qos" -t t/a -m "single $qos"
  seq 40 | mosquitto_pub -V "$version" -p "$port" -q "$qos" -t t/b -l
done
sleep "$seconds"
kill "$subscriber" 2>/dev/null || true
