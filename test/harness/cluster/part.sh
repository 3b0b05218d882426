#!/bin/bash
# One part of the running cluster, for tests of faults: part.sh start|stop|kill|status PART. `stop` asks it to end, `kill`
# gives it no chance to say goodbye, `start` returns when it does its work again. Pods go on without API server and kubelet.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"; . "$HERE/parts.sh"
as_root
part=${2:-}
case " $PARTS " in *" $part "*) [ -n "$part" ] ;; *) echo "there is no part $part; the parts: $PARTS" >&2; exit 1 ;; esac
case ${1:-} in
  start) [ -d "$PKI" ] || { echo "the cluster is down" >&2; exit 1; }; start_part "$part"; ready_part "$part" ;;
  stop) end "$part" 30 TERM ;;
  kill) end "$part" 5 KILL ;;
  status) if alive "$part"; then echo running; else echo stopped; fi ;;
  *) echo "start, stop, kill or status" >&2; exit 1 ;;
esac
