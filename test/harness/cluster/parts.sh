# Sourced: how each part of the cluster is started. up.sh starts all, part.sh single ones for the tests of faults.

start_part() { # start_part PART: returns at once; ready_part waits
  "start_$1"
}

start_registry() {
  local port; port=$(cat "$RUN/registry.port")
  put "$RUN/registry.yml" <<C
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: "$RUN/registry"}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
C
  launch registry serve "$RUN/registry.yml"
}

start_etcd() {
  launch etcd --name k8s --data-dir "$RUN/etcd" --listen-client-urls $ETCD_CLIENT --advertise-client-urls $ETCD_CLIENT \
    --listen-peer-urls $ETCD_PEER --initial-advertise-peer-urls $ETCD_PEER --initial-cluster k8s=$ETCD_PEER \
    --log-level warn
}

start_kube-apiserver() {
  launch kube-apiserver --bind-address=$NODE_IP --advertise-address=$NODE_IP --secure-port=6443 \
    --etcd-servers=$ETCD_CLIENT --service-cluster-ip-range=$SERVICE_CIDR --authorization-mode=Node,RBAC \
    --enable-admission-plugins=NodeRestriction --client-ca-file="$PKI/ca.crt" \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --kubelet-client-certificate="$PKI/apiserver-kubelet-client.crt" --kubelet-client-key="$PKI/apiserver-kubelet-client.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --allow-privileged=true --profiling=false
}

start_kube-controller-manager() {
  launch kube-controller-manager --kubeconfig="$USERS/kcm" --authentication-kubeconfig="$USERS/kcm" \
    --authorization-kubeconfig="$USERS/kcm" --bind-address=127.0.0.1 --leader-elect=false \
    --use-service-account-credentials --service-account-private-key-file="$PKI/sa.key" --root-ca-file="$PKI/ca.crt" \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
    --cluster-cidr=$POD_CIDR --service-cluster-ip-range=$SERVICE_CIDR --allocate-node-cidrs=false --profiling=false
}

start_kube-scheduler() {
  launch kube-scheduler --kubeconfig="$USERS/scheduler" --authentication-kubeconfig="$USERS/scheduler" \
    --authorization-kubeconfig="$USERS/scheduler" --bind-address=127.0.0.1 --leader-elect=false --profiling=false
}

start_containerd() {
  put "$RUN/containerd.toml" <<C
version = 2
root = "$RUN/containerd-root"
state = "$RUN/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs","io.containerd.snapshotter.v1.zfs","io.containerd.snapshotter.v1.aufs","io.containerd.snapshotter.v1.devmapper","io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:local"
  # Where CAP_SYS_RESOURCE is missing, oom_score_adj cannot go below one's own.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$RUN/cni/net.d"
C
  # No masquerading: pods reach each other, the node and services, and nothing outside of this machine. No firewall and
  # portmap plugins either: their chains have the names Podman's networks use (network.sh lets the bridge forward instead).
  mkdir -p "$RUN/cni/net.d"
  put "$RUN/cni/net.d/10-k8s.conflist" <<C
{"cniVersion":"0.4.0","name":"k8s","plugins":[
 {"type":"bridge","bridge":"$POD_BRIDGE","isGateway":true,"ipMasq":false,"hairpinMode":true,
  "ipam":{"type":"host-local","dataDir":"$RUN/cni/data","ranges":[[{"subnet":"$POD_CIDR"}]],"routes":[{"dst":"0.0.0.0/0"}]}}]}
C
  launch containerd --config "$RUN/containerd.toml"
}

start_kubelet() {
  put "$RUN/kubelet.yaml" <<C
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
healthzBindAddress: 127.0.0.1
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$PKI/ca.crt"}}
authorization: {mode: Webhook}
tlsCertFile: "$PKI/kubelet-server.crt"
tlsPrivateKeyFile: "$PKI/kubelet-server.key"
containerRuntimeEndpoint: "unix://$CONTAINERD_SOCKET"
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
resolvConf: "$RUN/resolv.conf"
podLogsDir: "$RUN/pod-logs"
volumePluginDir: "$RUN/kubelet/volume-plugins"
podCIDR: $POD_CIDR
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}
shutdownGracePeriod: 0s
syncFrequency: 10s
nodeStatusUpdateFrequency: 5s
registerNode: true
C
  launch kubelet --config="$RUN/kubelet.yaml" --kubeconfig="$USERS/kubelet" --root-dir="$RUN/kubelet" \
    --hostname-override=$NODE --node-ip=$NODE_IP --v=2
}

start_kube-proxy() {
  put "$RUN/proxy.yaml" <<C
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: "$USERS/proxy"}
hostnameOverride: $NODE
clusterCIDR: $POD_CIDR
bindAddress: $NODE_IP
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
nodePortAddresses: ["$NODE_IP/32"]
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
C
  launch kube-proxy --config="$RUN/proxy.yaml" --v=2
}

start_local-path-provisioner() {
  mkdir -p "$RUN/local-path"
  put "$RUN/local-path-config.json" <<C
{"nodePathMap":[{"node":"DEFAULT_PATH_FOR_NON_LISTED_NODES","paths":["$RUN/local-path"]}]}
C
  put "$RUN/local-path-helper.yaml" <<C
apiVersion: v1
kind: Pod
metadata: {name: helper-pod}
spec:
  containers: [{name: helper-pod, image: "localhost/busybox:1", imagePullPolicy: IfNotPresent}]
C
  launch local-path-provisioner start --kubeconfig "$KUBECONFIG_FILE" --config "$RUN/local-path-config.json" \
    --helper-pod-file "$RUN/local-path-helper.yaml" --helper-image localhost/busybox:1 --namespace local-path-storage
}

node_ready() { # Ready=True as reported by this kubelet: in a kept etcd the former one's Ready=True is still there
  local state began
  began=$(stat -c %Y "$RUN/pids/kubelet") || return 1
  state=$(kubectl get node $NODE -o jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{end}') || return 1
  [ "${state% *}" = True ] && [ "$(date -d "${state#* }" +%s)" -ge "$began" ]
}

ready_part() { # ready_part PART: waits until it does its work
  case $1 in
    registry) wait_for 20 "the registry" curl -fs "http://127.0.0.1:$(cat "$RUN/registry.port")/v2/" ;;
    etcd) wait_for 30 etcd curl -fs $ETCD_CLIENT/health ;;
    kube-apiserver) wait_for 120 "the API server" kubectl get --raw /readyz ;;
    kube-controller-manager) wait_for 60 "the controller manager" curl -fsk https://127.0.0.1:10257/healthz ;;
    kube-scheduler) wait_for 60 "the scheduler" curl -fsk https://127.0.0.1:10259/healthz ;;
    containerd) wait_for 30 containerd ctr version ;;
    kubelet) wait_for 120 "the node to be ready" node_ready ;;
    kube-proxy) wait_for 60 kube-proxy curl -fs http://127.0.0.1:10256/healthz ;;
    local-path-provisioner) alive local-path-provisioner ;;
  esac
}
