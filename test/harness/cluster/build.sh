#!/bin/bash
# Builds Kubernetes's programs from the Go module proxy into the cache: only what is absent, each version in a folder of its
# own. GO names the go command. Needs no root. Five minutes on two cores, 500 MB; what is only needed while building (5 GB)
# is removed afterwards.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"
GO=${GO:-go}
STAGING=0.${K8S_VERSION#1.} # k8s.io/kubernetes v1.X.Y goes with k8s.io/api v0.X.Y and its sisters
COMMANDS="kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl"
export GOMODCACHE=$ROOT/gomod GOCACHE=$ROOT/gocache GOTOOLCHAIN=local CGO_ENABLED=0
seconds() { echo "$(($(date +%s) - $1)) s"; }
absent() { local command; for command in $COMMANDS; do [ -x "$BIN/$command" ] || echo "$command"; done; }

mkdir -p "$BIN" "$ROOT/build"
missing=$(absent)
if [ -z "$missing" ] && [ -x "$PROVISIONER" ]; then exit 0; fi

if [ ! -x "$PROVISIONER" ]; then
  began=$(date +%s)
  GOFLAGS=-buildvcs=false GOBIN=$ROOT/build/bin $GO install -trimpath -ldflags '-s -w' \
    "github.com/rancher/local-path-provisioner@v$PROVISIONER_VERSION"
  mv "$ROOT/build/bin/local-path-provisioner" "$PROVISIONER"
  echo "  local-path-provisioner $PROVISIONER_VERSION built in $(seconds "$began")"
fi

if [ -n "$missing" ]; then
  cd "$ROOT/build"
  export GOFLAGS="-mod=mod -buildvcs=false"
  $GO mod download "k8s.io/kubernetes@v$K8S_VERSION"
  upstream=$GOMODCACHE/cache/download/k8s.io/kubernetes/@v/v$K8S_VERSION.mod
  # A module around Kubernetes: its `replace => ./staging/…` lines, which count only in its own tree, become the versions of
  # the proxy. As its require block is complete, what is selected is exactly what upstream selects.
  {
    echo "module local/cluster"
    echo "go $(awk '$1 == "go" {print $2; exit}' "$upstream")"
    grep '^godebug ' "$upstream" || true
    echo "require k8s.io/kubernetes v$K8S_VERSION"
    echo "replace ("
    awk '$2 == "=>" && $3 ~ /^\.\/staging\// {print $1}' "$upstream" | while read -r module; do echo "$module => $module v$STAGING"; done
    echo ")"
  } >go.mod
  {
    printf '//go:build tools\n\npackage tools\n\nimport (\n'
    for command in $COMMANDS; do echo "	_ \"k8s.io/kubernetes/cmd/$command\""; done
    echo ")"
  } >tools.go
  : >go.sum
  # Clients and servers compare versions: a build without these says v0.0.0.
  flags="-s -w"
  for value in gitVersion=v"$K8S_VERSION" gitMajor=1 gitMinor="$(echo "$K8S_VERSION" | cut -d. -f2)" gitTreeState=clean \
    gitCommit=goproxy buildDate=1970-01-01T00:00:00Z; do
    flags="$flags -X k8s.io/component-base/version.$value -X k8s.io/client-go/pkg/version.$value"
  done
  packages=$(for command in $missing; do echo "k8s.io/kubernetes/cmd/$command"; done)
  began=$(date +%s)
  $GO list -deps $packages >/dev/null
  echo "  Kubernetes $K8S_VERSION: modules fetched in $(seconds "$began")"
  began=$(date +%s)
  mkdir -p "$ROOT/build/bin"
  $GO build -p "$(nproc)" -trimpath -ldflags "$flags" -o "$ROOT/build/bin/" $packages
  # All or nothing: an interrupted build must not leave a folder that looks complete.
  mv "$ROOT"/build/bin/kube* "$BIN/"
  echo "  Kubernetes $K8S_VERSION: compiled in $(seconds "$began")"
fi

$GO clean -modcache
rm -rf "$ROOT/build" "$ROOT/gocache"
