# Sourced: the two images every cluster needs, made here without any registry, and their way into the node.

make_images() {
  mkdir -p "$IMAGES"
  local work
  if [ ! -s "$IMAGES/pause.tar" ]; then
    work=$(mktemp -d) && mkdir "$work/root"
    gcc -Os -static -s -o "$work/root/pause" "$HERE/pause.c"
    tar --owner=0 --group=0 --mtime=@0 -C "$work/root" -cf "$work/layer.tar" pause
    python3 "$HERE/mkimage.py" "$work/image.tar" localhost/pause:local "$work/layer.tar" '{"Entrypoint":["/pause"]}'
    mv "$work/image.tar" "$IMAGES/pause.tar"
    rm -rf "$work"
  fi
  # For the volume provisioner's helper pod, and for tests that need any small container.
  if [ ! -s "$IMAGES/busybox.tar" ]; then
    work=$(mktemp -d) && mkdir -p "$work/root/bin" "$work/root/tmp" "$work/root/etc"
    chmod 1777 "$work/root/tmp"
    cp /bin/busybox "$work/root/bin/"
    for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$work/root/bin/$applet"; done
    echo root:x:0:0:root:/:/bin/sh >"$work/root/etc/passwd"
    tar --owner=0 --group=0 --mtime=@0 -C "$work/root" -cf "$work/layer.tar" .
    python3 "$HERE/mkimage.py" "$work/image.tar" localhost/busybox:1 "$work/layer.tar" '{"Env":["PATH=/bin"],"Cmd":["sh"]}'
    mv "$work/image.tar" "$IMAGES/busybox.tar"
    rm -rf "$work"
  fi
}

load_images() {
  local image stamp
  for image in pause busybox; do
    stamp=$(stat -c %s-%Y "$IMAGES/$image.tar")
    [ "$(cat "$RUN/loaded-$image" 2>/dev/null)" = "$stamp" ] && continue
    ctr images import "$IMAGES/$image.tar" >/dev/null
    echo "$stamp" >"$RUN/loaded-$image"
  done
}
