#!/usr/bin/env python3
"""mkimage.py OUT.tar NAME:TAG LAYER.tar CONFIG: a docker-archive of one uncompressed layer, made without an engine.

CONFIG is the image configuration's `config` object as JSON.
"""
import hashlib
import io
import json
import platform
import sys
import tarfile

out, reference, layer, config = sys.argv[1:5]
machine = platform.machine()
architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)

digest = hashlib.sha256()
with open(layer, "rb") as stream:
    for block in iter(lambda: stream.read(1 << 20), b""):
        digest.update(block)

image = json.dumps(
    {
        "architecture": architecture,
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": json.loads(config),
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest.hexdigest()]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "mkimage.py"}],
    }
).encode()
image_name = hashlib.sha256(image).hexdigest() + ".json"
layer_name = digest.hexdigest() + "/layer.tar"
manifest = json.dumps([{"Config": image_name, "RepoTags": [reference], "Layers": [layer_name]}]).encode()

with tarfile.open(out, "w") as archive:
    for name, data in ((image_name, image), ("manifest.json", manifest)):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    archive.add(layer, arcname=layer_name)
