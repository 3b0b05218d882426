# Sourced: the two images every cluster needs, made here without any registry, and their way into the node.

make_images() {
  mkdir -p "$ROOT/images"
  local work
  if [ ! -s "$ROOT/images/pause.tar" ]; then
    work=$(mktemp -d) && mkdir "$work/root"
    gcc -Os -static -s -o "$work/root/pause" "$HERE/pause.c"
    tar --owner=0 --group=0 --mtime=@0 -C "$work/root" -cf "$work/layer.tar" pause
    python3 "$HERE/mkimage.py" "$ROOT/images/pause.tar" localhost/pause:local "$work/layer.tar" '{"Entrypoint":["/pause"]}'
    rm -rf "$work"
  fi
  # For the volume provisioner's helper pod, and for tests that need any small container.
  if [ ! -s "$ROOT/images/busybox.tar" ]; then
    work=$(mktemp -d) && mkdir -p "$work/root/bin" "$work/root/tmp" "$work/root/etc"
    chmod 1777 "$work/root/tmp"
    cp /bin/busybox "$work/root/bin/"
    for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$work/root/bin/$applet"; done
    echo root:x:0:0:root:/:/bin/sh >"$work/root/etc/passwd"
    tar --owner=0 --group=0 --mtime=@0 -C "$work/root" -cf "$work/layer.tar" .
    python3 "$HERE/mkimage.py" "$ROOT/images/busybox.tar" localhost/busybox:1 "$work/layer.tar" '{"Env":["PATH=/bin"],"Cmd":["sh"]}'
    rm -rf "$work"
  fi
}

load_images() {
  local image stamp
  for image in pause busybox; do
    stamp=$(stat -c %s-%Y "$ROOT/images/$image.tar")
    [ "$(cat "$RUN/loaded-$image" 2>/dev/null)" = "$stamp" ] && continue
    ctr images import "$ROOT/images/$image.tar" >/dev/null
    echo "$stamp" >"$RUN/loaded-$image"
  done
}
