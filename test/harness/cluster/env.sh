# Sourced by the other scripts: where things are, at which addresses, and how processes are started and ended by pid.
# K8S_ROOT moves everything; K8S_OWNER (uid:gid) is who may read the kubeconfig when the scripts run through sudo.
HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
ROOT=${K8S_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/labdock/cluster}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Of the versions tried only 0.33.12/13 and 0.30.4/14 have all staging modules on the Go module proxy.
K8S_VERSION=${K8S_VERSION:-1.33.13}
PROVISIONER_VERSION=0.0.30

RUN=$ROOT/run                      # all state of one run: removed by down.sh --wipe
LOGS=$ROOT/logs                    # kept after a run: for reading
BIN=$ROOT/bin-$K8S_VERSION         # built once for each version
IMAGES=$ROOT/images-$(cat "$HERE/images.sh" "$HERE/mkimage.py" "$HERE/pause.c" | sha256sum | cut -c1-12)
PROVISIONER=$BIN/local-path-provisioner-$PROVISIONER_VERSION
PKI=$RUN/pki
USERS=$RUN/kubeconfigs             # of the cluster's own parts
KUBECONFIG_FILE=$ROOT/kubeconfig   # of the administrator
DESCRIPTION=$ROOT/cluster.json     # what tests need to know, there while the cluster runs
HOST_SAVED=$RUN/host               # what was changed on this machine, for down.sh to undo

NODE=k8s-node
NODE_BRIDGE=k8snode0 POD_BRIDGE=k8scni0
NODE_IP=10.77.0.1                  # on a bridge without ports: API server and kubelet listen nowhere else
API=https://$NODE_IP:6443
POD_CIDR=10.244.0.0/24 SERVICE_CIDR=10.43.0.0/16 SERVICE_API=10.43.0.1
ETCD_CLIENT=http://127.0.0.1:23790 ETCD_PEER=http://127.0.0.1:23800
CONTAINERD_SOCKET=$RUN/containerd.sock
REGISTRY_PORT=5055                 # where it is taken, up.sh finds another

# The order of starting; ending goes the other way round.
PARTS="registry etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy local-path-provisioner"

kubectl() { "$BIN/kubectl" --kubeconfig "$KUBECONFIG_FILE" "$@"; }
ctr() { command ctr --address "$CONTAINERD_SOCKET" -n k8s.io "$@"; }

exe_of() { # exe_of PART: the program behind it
  case $1 in
    registry) command -v docker-registry ;;
    etcd | containerd) command -v "$1" ;;
    local-path-provisioner) echo "$PROVISIONER" ;;
    *) echo "$BIN/$1" ;;
  esac
}

alive() { # alive PART: the process of its pid file exists and is that program, not one that got its number later
  local pid exe
  pid=$(cat "$RUN/pids/$1" 2>/dev/null) && [ -n "$pid" ] || return 1
  exe=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
  [ "${exe% (deleted)}" = "$(readlink -f "$(exe_of "$1")")" ]
}

any_alive() { local part; for part in $PARTS; do alive "$part" && return 0; done; return 1; }

launch() { # launch PART ARGS...: in a session of its own, so that it outlives the script
  local part=$1; shift
  if alive "$part"; then return; fi
  mkdir -p "$RUN/pids" "$LOGS"
  # 9 is the lock of one_at_a_time, which must end with the script.
  setsid "$(exe_of "$part")" "$@" >>"$LOGS/$part.log" 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/pids/$part"
}

end() { # end PART [GRACE in s] [SIGNAL]
  local part=$1 grace=${2:-15} signal=${3:-TERM} pid
  if alive "$part"; then
    pid=$(cat "$RUN/pids/$part")
    kill -s "$signal" "$pid" 2>/dev/null
    for _ in $(seq $((grace * 10))); do alive "$part" || break; sleep 0.1; done
    if alive "$part"; then echo "  $part did not end in $grace s: killed" >&2; kill -KILL "$pid"; sleep 0.5; fi
  fi
  rm -f "$RUN/pids/$part"
}

wait_for() { # wait_for SECONDS WHAT COMMAND...
  local seconds=$1 what=$2 end; shift 2
  end=$((SECONDS + seconds))
  while [ $SECONDS -lt $end ]; do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
  echo "waited $seconds s in vain for $what; logs are in $LOGS" >&2
  return 1
}

put() { # put FILE: stdin into it, only if different (kube-proxy ends when its file is rewritten, even unchanged)
  local text; text=$(cat)
  [ -f "$1" ] && [ "$(cat "$1")" = "$text" ] || printf '%s\n' "$text" >"$1"
}

one_at_a_time() { # waits until no other up.sh or down.sh of this cluster works; up.sh calls down.sh inside its own turn
  [ -z "${CLUSTER_TURN:-}" ] || return 0
  mkdir -p "$ROOT"
  exec 9>"$ROOT/turn"
  flock 9
  export CLUSTER_TURN=1
}

as_root() { if [ "$(id -u)" != 0 ]; then echo "this needs root: sudo env K8S_ROOT=$ROOT $0" >&2; exit 1; fi; }
