#!/bin/bash
# Starts a real Kubernetes of one node (and a container registry) on this machine, in about ten seconds; starts only what is
# missing when it runs already. build.sh must have run. Everything is undone by down.sh. --keep: test runs leave it running.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"
. "$HERE/network.sh"; . "$HERE/images.sh"; . "$HERE/pki.sh"; . "$HERE/parts.sh"
as_root
one_at_a_time
began=$(date +%s%3N)
note() { local now; now=$(date +%s%3N); printf '  [%5.1f s] %s\n' "$(echo "($now - $began) / 1000" | bc -l)" "$*"; }

[ -x "$BIN/kubelet" ] && [ -x "$PROVISIONER" ] || { echo "Kubernetes is not built yet: $HERE/build.sh" >&2; exit 1; }
if ! any_alive; then
  # Files of a run that was not ended properly: what stands in them would look ready before it is.
  if [ -d "$RUN" ]; then "$HERE/down.sh" --wipe; fi
  foreign=$(foreign_cluster)
  if [ -n "$foreign" ]; then
    printf 'Another Kubernetes has its network on this machine; a second one would break it. Not starting.\n%s\n' "$foreign" >&2
    exit 1
  fi
  rm -rf "$LOGS"
fi
mkdir -p "$RUN" "$LOGS"

make_images
make_pki
host_prepare
note "images, certificates and network are there"

if [ ! -s "$RUN/registry.port" ]; then
  if curl -s --max-time 1 "http://127.0.0.1:$REGISTRY_PORT/" >/dev/null; then
    REGISTRY_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  fi
  echo "$REGISTRY_PORT" >"$RUN/registry.port"
fi
start_part registry
start_part etcd; ready_part etcd
start_part kube-apiserver
start_part containerd; ready_part containerd
load_images
ready_part kube-apiserver; note "API server, containerd and registry answer"
start_part kube-controller-manager
start_part kube-scheduler
start_part kubelet
wait_for 60 "the node to register" kubectl get node $NODE
start_part kube-proxy

# Storage: the class of a single node, bound when a pod is scheduled, as most real ones are.
kubectl apply -f - >/dev/null <<C
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local-path, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: rancher.io/local-path
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: Namespace
metadata: {name: local-path-storage}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: local-path-provisioner-service-account, namespace: local-path-storage}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: local-path-config, namespace: local-path-storage}
data:
  config.json: '{"nodePathMap":[{"node":"DEFAULT_PATH_FOR_NON_LISTED_NODES","paths":["$RUN/local-path"]}]}'
  setup: |-
    #!/bin/sh
    set -eu
    mkdir -m 0777 -p "\$VOL_DIR"
  teardown: |-
    #!/bin/sh
    set -eu
    rm -rf "\$VOL_DIR"
C
start_part local-path-provisioner
for part in registry kubelet kube-controller-manager kube-scheduler kube-proxy local-path-provisioner; do ready_part $part; done
wait_for 30 "the default service account" kubectl -n default get serviceaccount default

[ "${1:-}" != --keep ] || touch "$RUN/keep"
put "$DESCRIPTION" <<C
{
  "kubeconfig": "$KUBECONFIG_FILE",
  "context": "local",
  "kubectl": "$BIN/kubectl",
  "registry": "127.0.0.1:$(cat "$RUN/registry.port")",
  "node": "$NODE",
  "root": "$ROOT",
  "containerd": "$CONTAINERD_SOCKET"
}
C
note "the node is ready: kubectl --kubeconfig $KUBECONFIG_FILE"
