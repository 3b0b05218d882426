# Sourced: certificates and the kubeconfigs of the cluster's own parts. All of it ends with the run.

certificate() { # certificate NAME SUBJECT [SUBJECT ALTERNATIVE NAMES]
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
  {
    echo "keyUsage=critical,digitalSignature,keyEncipherment"
    echo "extendedKeyUsage=clientAuth,serverAuth"
    [ -z "${3:-}" ] || echo "subjectAltName=$3"
  } >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -sha256 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}

kubeconfig_of() { # kubeconfig_of CERTIFICATE FILE
  cat >"$2" <<C
apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$PKI/$1.crt"), client-key-data: $(base64 -w0 "$PKI/$1.key")}}]
contexts: [{name: local, context: {cluster: local, user: $1, namespace: default}}]
current-context: local
C
  chmod 600 "$2"
}

make_pki() {
  [ -s "$PKI/.done" ] && return
  mkdir -p "$PKI" "$USERS"
  (
    cd "$PKI"
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -x509 -new -key ca.key -subj /CN=k8s-test-ca -days 3650 -sha256 -out ca.crt 2>/dev/null
    names="DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    certificate apiserver /CN=kube-apiserver "IP:$NODE_IP,IP:127.0.0.1,IP:$SERVICE_API,$names"
    certificate apiserver-kubelet-client /O=system:masters/CN=apiserver-kubelet-client
    certificate admin /O=system:masters/CN=admin
    certificate kcm /CN=system:kube-controller-manager
    certificate scheduler /CN=system:kube-scheduler
    certificate proxy /CN=system:kube-proxy
    certificate kubelet /O=system:nodes/CN=system:node:$NODE
    certificate kubelet-server /CN=$NODE "IP:$NODE_IP,DNS:$NODE"
    openssl genrsa -out sa.key 2048 2>/dev/null
    openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  )
  for user in kcm scheduler proxy kubelet; do kubeconfig_of $user "$USERS/$user"; done
  kubeconfig_of admin "$KUBECONFIG_FILE"
  [ -z "${K8S_OWNER:-}" ] || chown "$K8S_OWNER" "$KUBECONFIG_FILE"
  echo ok >"$PKI/.done"
}
