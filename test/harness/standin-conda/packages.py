"""Package specs: from conda's words to the package index's."""

import re

# Not packages of the index: what the stand-in provides by other means, or what a venv has anyway.
PROVIDED = {"conda", "libmamba", "conda-libmamba-solver", "ca-certificates", "openssl", "certifi-system"}

NAMES = {
    "pytorch": "torch",
    "matplotlib-base": "matplotlib",
    "jupyter_server": "jupyter-server",
    "jupyterlab_server": "jupyterlab-server",
    "msgpack-python": "msgpack",
    "python-dateutil": "python-dateutil",
    "ruamel_yaml": "ruamel.yaml",
    "opencv": "opencv-python-headless",
}

SPEC = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<version>[=<>!~ ].*)?$")


class BadSpec(Exception):
    """A spec that is none."""


def parse(spec):
    """('numpy', '=1.26') for `conda-forge::numpy=1.26`. Raises BadSpec."""
    match = SPEC.match(spec.strip())
    if not match:
        raise BadSpec(spec)
    return match["name"].lower(), (match["version"] or "").strip()


def requirement(name, version):
    """The package index's requirement for a parsed conda spec."""
    pip_name = NAMES.get(name, name)
    if not version:
        return pip_name
    # `name=1.2=build`: the build string means nothing here.
    version = re.sub(r"^(={1,2}[^=,<>!~ ]+)=[^=,]+$", r"\1", version)
    parts = []
    for part in version.replace(" ", ",").split(","):
        part = part.strip()
        if not part:
            continue
        if re.match(r"^=[^=]", part):
            # conda's single `=` is a prefix match.
            part = "==" + part[1:].rstrip("*").rstrip(".") + ".*"
        elif part[0].isdigit():
            part = "==" + part
        parts.append(part)
    return pip_name + ",".join(parts)


def read_file(path):
    """The specs of a `conda create --file` list."""
    with open(path, encoding="utf-8") as lines:
        stripped = (line.split("#", 1)[0].strip() for line in lines)
        return [line for line in stripped if line and not line.startswith("@")]


def constrained(constraints_path, named):
    """Constraint lines for packages the user named no version for."""
    with open(constraints_path, encoding="utf-8") as lines:
        for line in lines:
            line = line.split("#", 1)[0].strip()
            if line and re.split(r"[=<>!~]", line)[0].lower().replace("_", "-") not in named:
                yield line
