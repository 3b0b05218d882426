"""Environments: where they are, how they are made, filled and run."""

import configparser
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import packages

HOME = "/opt/standin-conda"
ROOT = "/opt/conda"
CA = "/etc/ssl/certs/ca-certificates.crt"
INTERPRETERS = {"3.13": "/usr/bin/python3.13", "2.7": "/usr/bin/python2.7"}


class CondaError(Exception):
    """Ends the command as conda ends: the message, exit code 1."""


def not_found(names, channels):
    lines = "\n".join(f"  - {name}" for name in names)
    where = "\n".join(f"  - {channel}" for channel in channels)
    return CondaError(
        "\nPackagesNotFoundError: The following packages are not available from current channels:\n\n"
        f"{lines}\n\nCurrent channels:\n\n{where}\n"
    )


def prefix_of(name=None, path=None):
    if path:
        return os.path.abspath(path)
    if name in (None, "base", "root"):
        active = os.environ.get("CONDA_PREFIX")
        return active if name is None and active else ROOT
    if "/" in name:
        return os.path.abspath(name)
    return f"{ROOT}/envs/{name}"


def existing(prefix):
    if not os.path.exists(f"{prefix}/bin/python"):
        raise CondaError(f"\nEnvironmentLocationNotFound: Not a conda environment: {prefix}\n")
    return prefix


def all_prefixes():
    return [ROOT] + sorted(d for d in glob.glob(f"{ROOT}/envs/*") if os.path.exists(f"{d}/bin/python"))


def substitutes():
    text = os.environ.get("STANDIN_CONDA_SUBSTITUTE", "")
    try:
        with open(f"{HOME}/substitute", encoding="utf-8") as file:
            text = text or file.read()
    except OSError:
        pass
    return dict(pair.split("=", 1) for pair in text.split() if "=" in pair)


def interpreter(version, channels):
    """The version of an interpreter that is here, for conda's version spec. Raises as conda does."""
    wanted = re.sub(r"^=+", "", version).rstrip("*").rstrip(".") or "3"
    other = substitutes().get(wanted)
    if other:
        bar = "*" * 78
        sys.stderr.write(
            f"{bar}\nstandin-conda: Python {wanted} WAS ASKED FOR, PYTHON {other} IS GIVEN INSTEAD\n"
            f"(STANDIN_CONDA_SUBSTITUTE). This is test equipment.\n{bar}\n"
        )
        wanted = other
    if wanted == "3":
        return "3.13"
    for known, path in INTERPRETERS.items():
        if wanted == known or re.fullmatch(re.escape(known) + r"\.\d+", wanted):
            full = subprocess.run([path, "-V"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
            if wanted == known or full.split()[-1] == wanted:
                return known
    raise not_found([f"python={wanted}"], channels)


def python_of(prefix):
    with open(f"{prefix}/conda-meta/standin.json", encoding="utf-8") as file:
        return json.load(file)["python"]


def create(prefix, version):
    if os.path.exists(f"{prefix}/bin/python"):
        shutil.rmtree(prefix)
    os.makedirs(os.path.dirname(prefix), exist_ok=True)
    if version == "2.7":
        run([f"{HOME}/tools/bin/python", "-m", "virtualenv", "-q", "--no-periodic-update", "--no-download",
             "-p", INTERPRETERS[version], prefix])
    else:
        run([f"{HOME}/tools/bin/uv", "venv", "-q", "--python", INTERPRETERS[version], prefix], env=uv_env())
    os.makedirs(f"{prefix}/conda-meta", exist_ok=True)
    with open(f"{prefix}/conda-meta/standin.json", "w", encoding="utf-8") as file:
        json.dump({"python": version, "made_by": "standin-conda (test equipment)"}, file)
    open(f"{prefix}/conda-meta/history", "a", encoding="utf-8").close()


def run(command, **options):
    result = subprocess.run(command, **options)
    if result.returncode != 0:
        raise CondaError(f"\nstandin-conda: `{' '.join(command)}` failed with {result.returncode}\n")


def uv_env():
    env = dict(os.environ)
    env.update(UV_CACHE_DIR=f"{HOME}/uv-cache", UV_LINK_MODE="copy", UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1",
               UV_NO_CONFIG="1")
    if "SSL_CERT_FILE" not in env and os.path.exists(CA):
        env["SSL_CERT_FILE"] = env.get("PIP_CERT", CA)
    # uv does not read pip's configuration.
    config = configparser.ConfigParser(interpolation=None)
    config.read(["/etc/pip.conf"])
    for key, name in (("index-url", "UV_DEFAULT_INDEX"), ("extra-index-url", "UV_INDEX")):
        value = os.environ.get("PIP_" + key.upper().replace("-", "_")) or config.get("global", key, fallback=None)
        if value:
            env[name] = value
    return env


def install(prefix, specs, channels):
    """Installs parsed specs into an environment. Raises CondaError as conda would fail."""
    specs = [(name, version) for name, version in specs if name not in packages.PROVIDED]
    if any(name == "tini" for name, _ in specs):
        os.makedirs(f"{prefix}/bin", exist_ok=True)
        shutil.copy2(f"{HOME}/aside/tini", f"{prefix}/bin/tini")
    specs = [(name, version) for name, version in specs if name != "tini"]
    if not specs:
        return
    requirements = [packages.requirement(*spec) for spec in specs]
    if python_of(prefix) == "2.7":
        install27(prefix, requirements, channels)
    else:
        named = {name.replace("_", "-") for name, version in specs if version}
        install3(prefix, requirements, named, channels)


def install3(prefix, requirements, named, channels):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(packages.constrained(f"{HOME}/constraints.txt", named)))
        constraints.flush()
        command = [f"{HOME}/tools/bin/uv", "pip", "install", "--python", f"{prefix}/bin/python", "--compile-bytecode",
                   "--constraint", constraints.name, *requirements]
        # What the base image has in its cache is installed from there; only what is missing is fetched.
        for extra in (["--offline", "-q"], []):
            result = subprocess.run(command + extra, env=uv_env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True)
            if result.returncode == 0:
                sys.stdout.write(result.stdout)
                return
    missing = re.findall(r"Because (\S+) was not found in the package registry", result.stdout)
    missing += re.findall(r"Because there (?:is|are) no versions? of (\S+)", result.stdout)
    sys.stderr.write(result.stdout)
    if missing or "No solution found" in result.stdout:
        raise not_found(missing or requirements, channels)
    raise CondaError("\nCondaHTTPError: the packages could not be fetched (see above)\n")


def install27(prefix, requirements, channels):
    command = [f"{prefix}/bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--no-warn-script-location",
               "-q", "--prefer-binary", "--find-links", f"{HOME}/wheels27"]
    env = dict(os.environ, PYTHONWARNINGS="ignore")
    result = None
    for extra in (["--no-index"], []):
        result = subprocess.run(command + extra + requirements, env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        if result.returncode == 0:
            return
    missing = re.findall(r"No matching distribution found for (\S+)", result.stdout)
    sys.stderr.write(result.stdout)
    raise not_found(missing, channels) if missing else CondaError("\nCondaHTTPError: see above\n")


def listed(prefix):
    """[{name, version}] of what is installed."""
    code = ("import json\ntry:\n from importlib.metadata import distributions as d\n"
            " r=[[x.metadata['Name'],x.version] for x in d()]\nexcept ImportError:\n"
            " import pkg_resources as p\n r=[[x.project_name,x.version] for x in p.working_set]\nprint(json.dumps(r))")
    out = subprocess.run([f"{prefix}/bin/python", "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True).stdout
    found = [{"name": name.lower(), "version": version, "channel": "pypi"} for name, version in json.loads(out)]
    return sorted(found, key=lambda entry: entry["name"])


def activated(prefix):
    """The environment variables of an activated environment."""
    env = dict(os.environ)
    paths = [p for p in env.get("PATH", "").split(":") if p not in (f"{ROOT}/bin", f"{prefix}/bin")]
    env["PATH"] = ":".join(dict.fromkeys([f"{prefix}/bin", f"{ROOT}/condabin", *paths]))
    env["CONDA_PREFIX"] = prefix
    env["CONDA_DEFAULT_ENV"] = "base" if prefix == ROOT else (
        os.path.basename(prefix) if os.path.dirname(prefix) == f"{ROOT}/envs" else prefix)
    env["CONDA_EXE"] = f"{ROOT}/bin/conda"
    env["CONDA_SHLVL"] = str(int(env.get("CONDA_SHLVL") or 0) + 1)
    return env
