# Sourced: what the cluster changes on this machine, and how it is undone. Everything has a name of its own: two bridges,
# kube-proxy's nftables tables, two rules in FORWARD, eight sysctls.

kept_sysctls="vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys
  kernel.keys.root_maxbytes net.ipv4.ip_forward net.ipv4.conf.all.route_localnet"
rule_mark=labdock-test-cluster

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# Whether the changes on this machine are ours: made by a run whose files are here, since the last boot.
host_is_ours() { [ "$(cat "$HOST_SAVED/boot" 2>/dev/null)" = "$(boot_id)" ]; }

foreign_cluster() { # prints what another cluster has here; kube-proxy's tables and chains have the same names everywhere
  nft list tables 2>/dev/null | grep -E '^table ip6? kube-proxy$'
  iptables-save 2>/dev/null | grep -oE '^:KUBE-[A-Z-]+' | head -3
  for bridge in $NODE_BRIDGE $POD_BRIDGE; do ip -o link show $bridge 2>/dev/null; done
  true
}

host_prepare() {
  if ! host_is_ours; then
    mkdir -p "$HOST_SAVED"
    # The kubelet and kube-proxy rewrite these.
    for key in $kept_sysctls; do echo "$key=$(sysctl -n "$key")"; done >"$HOST_SAVED/sysctl"
    boot_id >"$HOST_SAVED/boot"
  fi
  sysctl -qw net.ipv4.ip_forward=1
  if ! ip link show $NODE_BRIDGE >/dev/null 2>&1; then
    ip link add $NODE_BRIDGE type bridge && ip addr add $NODE_IP/32 dev $NODE_BRIDGE && ip link set $NODE_BRIDGE up
  fi
  # Docker sets FORWARD's policy to DROP.
  for way in -i -o; do
    iptables -w -C FORWARD $way $POD_BRIDGE -m comment --comment $rule_mark -j ACCEPT 2>/dev/null ||
      iptables -w -I FORWARD $way $POD_BRIDGE -m comment --comment $rule_mark -j ACCEPT
  done
  echo "nameserver $NODE_IP" >"$RUN/resolv.conf" # nobody answers there: the cluster has no DNS
}

host_restore() {
  host_is_ours || return 0 # the changes went with the last boot, or were never made
  nft delete table ip kube-proxy 2>/dev/null
  nft delete table ip6 kube-proxy 2>/dev/null
  for way in -i -o; do
    while iptables -w -D FORWARD $way $POD_BRIDGE -m comment --comment $rule_mark -j ACCEPT 2>/dev/null; do :; done
  done
  for bridge in $POD_BRIDGE $NODE_BRIDGE; do ip link del $bridge 2>/dev/null; done
  # An engine that was started since needs forwarding, whatever it was before.
  ip link show docker0 >/dev/null 2>&1 && sed -i '/^net.ipv4.ip_forward=/d' "$HOST_SAVED/sysctl"
  sysctl -qp "$HOST_SAVED/sysctl"
  rm -rf "$HOST_SAVED"
}
