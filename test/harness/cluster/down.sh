#!/bin/bash
# Ends everything up.sh started, by pid, and undoes its changes to this machine. --wipe also removes the run's state: without
# it, the next up.sh continues the same cluster.
. "$(dirname "$(readlink -f "$0")")/env.sh"
. "$HERE/network.sh"
as_root
one_at_a_time

rm -f "$DESCRIPTION"
for part in local-path-provisioner kubelet kube-scheduler kube-controller-manager; do end $part; done
# With the kubelet gone nobody starts the pods' containers again.
if alive containerd; then
  for task in $(ctr tasks ls -q 2>/dev/null); do ctr tasks kill -s KILL "$task" >/dev/null 2>&1; done
  sleep 0.5
  for task in $(ctr tasks ls -q 2>/dev/null); do ctr tasks rm -f "$task" >/dev/null 2>&1; done
  for container in $(ctr containers ls -q 2>/dev/null); do ctr containers rm "$container" >/dev/null 2>&1; done
fi
end kube-proxy; end containerd; end kube-apiserver 30; end etcd; end registry

# Mounts left below our own folder (root file systems, network namespaces, the kubelet's tmpfs), the deepest first.
for _ in 1 2 3; do
  awk -v run="$RUN/" 'index($5, run) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do umount -l "$mount" 2>/dev/null; done
done
# Control groups the pods left; rmdir takes empty ones only.
for tree in /sys/fs/cgroup/ /sys/fs/cgroup/*/; do
  for group in kubepods k8s.io; do [ -d "$tree$group" ] && find "$tree$group" -depth -type d -exec rmdir {} \; 2>/dev/null; done
done
host_restore
rm -rf "$RUN/cni/data"
for file in /var/log/containers/*.log; do [ -L "$file" ] && case $(readlink "$file") in "$RUN"/*) rm -f "$file" ;; esac; done
# libcni's cache of results: the entries of our network, and of the loopback of the same pods.
for file in /var/lib/cni/results/k8s-*-eth0; do
  [ -e "$file" ] || continue
  pod=${file##*/k8s-}
  rm -f "$file" "/var/lib/cni/results/cni-loopback-${pod%-eth0}-lo"
done
case ${1:-} in
  --wipe)
    rm -f "$KUBECONFIG_FILE"
    # Renamed first: gigabytes take a while to remove, and an interrupted removal must not look like a run.
    [ ! -d "$RUN" ] || mv "$RUN" "$ROOT/removed-$$"
    rm -rf "$ROOT"/removed-*
    ;;
  --wipe-all) rm -rf "$ROOT" ;;
esac

left=$(for exe in /proc/[0-9]*/exe; do case $(readlink "$exe" 2>/dev/null) in "$BIN"/kube*) echo "${exe%/exe}" ;; esac; done)
if [ -n "$left" ]; then echo "still running: $left" >&2; exit 1; fi
