"""standin-conda: the few commands of conda that Labdock's Dockerfile uses. Test equipment, not conda."""

import argparse
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environments as envs  # noqa: E402
import packages  # noqa: E402

VERSION = "24.0.0+labdock.standin"
BANNER = "standin-conda (Labdock's test equipment, not conda)"


def parser():
    top = argparse.ArgumentParser(prog="conda", description=BANNER)
    top.add_argument("-V", "--version", action="version", version=f"conda {VERSION}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("-n", "--name")
    where.add_argument("-p", "--prefix")
    where.add_argument("-q", "--quiet", action="store_true")
    where.add_argument("--json", action="store_true")
    where.add_argument("-v", "--verbose", action="count")

    change = argparse.ArgumentParser(add_help=False, parents=[where])
    change.add_argument("-y", "--yes", action="store_true")
    change.add_argument("-c", "--channel", action="append", default=[])
    change.add_argument("--override-channels", action="store_true")
    change.add_argument("--strict-channel-priority", action="store_true")
    change.add_argument("--no-default-packages", action="store_true")
    change.add_argument("--solver")
    change.add_argument("--file", action="append", default=[])
    change.add_argument("specs", nargs="*")

    for name in ("create", "install", "update"):
        commands.add_parser(name, parents=[change])
    remove = commands.add_parser("remove", parents=[where])
    remove.add_argument("-y", "--yes", action="store_true")
    remove.add_argument("--all", action="store_true")
    run = commands.add_parser("run", parents=[where])
    run.add_argument("--no-capture-output", "--live-stream", action="store_true")
    run.add_argument("--cwd")
    run.add_argument("call", nargs=argparse.REMAINDER)
    listing = commands.add_parser("list", parents=[where])
    listing.add_argument("-e", "--export", action="store_true")
    listing.add_argument("pattern", nargs="?")
    clean = commands.add_parser("clean")
    for flag in ("-a --all", "-y --yes", "-f --force-pkgs-dirs", "-t --tarballs", "-p --packages", "-i --index-cache", "-q --quiet"):
        clean.add_argument(*flag.split(), action="store_true")
    # Whatever these two are told, there is nothing to configure: see main().
    commands.add_parser("config")
    commands.add_parser("env")
    info = commands.add_parser("info", parents=[where])
    info.add_argument("--base", action="store_true")
    info.add_argument("-e", "--envs", action="store_true")
    for name in ("activate", "deactivate", "init"):
        commands.add_parser(name).add_argument("rest", nargs="*")
    return top


def wanted(args, channels):
    specs = list(args.specs)
    for path in args.file:
        specs += packages.read_file(path)
    try:
        return [packages.parse(spec) for spec in specs]
    except packages.BadSpec as bad:
        raise envs.CondaError(f"\nInvalidMatchSpec: Invalid spec '{bad}'\n") from None


def change(args):
    channels = args.channel or ["defaults"]
    prefix = envs.prefix_of(args.name, args.prefix)
    specs = wanted(args, channels)
    python = [version for name, version in specs if name == "python"]
    specs = [spec for spec in specs if spec[0] != "python"]
    print("Channels:\n" + "\n".join(f" - {channel}" for channel in channels) + "\nPlatform: linux-64", flush=True)
    print("Collecting package metadata (standin): done\nSolving environment: done", flush=True)
    if args.command == "create":
        if not (args.name or args.prefix):
            raise envs.CondaError("\nArgumentError: one of the arguments -n/--name -p/--prefix is required\n")
        version = envs.interpreter(python[0] if python else "", channels)
        print(f"\n  environment location: {prefix}\n  python: {version}", flush=True)
        envs.create(prefix, version)
        specs.insert(0, ("pip", ""))
        if version == "2.7":
            specs.pop(0)
    else:
        envs.existing(prefix)
        if python and envs.interpreter(python[0], channels) != envs.python_of(prefix):
            raise envs.CondaError("\nUnsatisfiableError: standin-conda cannot change an environment's interpreter\n")
    print("Preparing transaction: done\nVerifying transaction: done\nExecuting transaction: ...", flush=True)
    try:
        envs.install(prefix, specs, channels)
    except envs.CondaError:
        if args.command == "create":
            shutil.rmtree(prefix, ignore_errors=True)
        raise
    print("Executing transaction: done", flush=True)


def run(args):
    prefix = envs.existing(envs.prefix_of(args.name, args.prefix))
    if not args.call:
        raise envs.CondaError("\nArgumentError: conda run needs a command\n")
    # As the real one: a child of this process, which therefore gets no SIGTERM when conda is PID 1.
    try:
        return subprocess.call(args.call, env=envs.activated(prefix), cwd=args.cwd)
    except FileNotFoundError:
        raise envs.CondaError(f"\n{args.call[0]}: command not found\n") from None


def listing(args):
    prefix = envs.existing(envs.prefix_of(args.name, args.prefix))
    found = [entry for entry in envs.listed(prefix) if not args.pattern or args.pattern in entry["name"]]
    if args.json:
        print(json.dumps(found, indent=2))
        return
    print(f"# packages in environment at {prefix}:\n#\n# Name                    Version    (standin)")
    for entry in found:
        print(f"{entry['name']:<25} {entry['version']}")


def info(args):
    if args.base:
        print(envs.ROOT)
    elif args.json:
        print(json.dumps({"conda_version": VERSION, "root_prefix": envs.ROOT, "envs": envs.all_prefixes()}))
    else:
        print(f"{BANNER}\n  conda version : {VERSION}\n  base environment : {envs.ROOT}")
        print("\n".join(envs.all_prefixes()))


def main():
    top = parser()
    args, unknown = top.parse_known_args()
    if unknown and args.command not in ("config", "env"):
        top.error(f"standin-conda does not know {unknown}")
    if args.command not in ("run", "info", "list"):
        sys.stderr.write(f"{BANNER}: {args.command}\n")
    try:
        if args.command in ("create", "install", "update"):
            change(args)
        elif args.command == "run":
            return run(args)
        elif args.command == "list":
            listing(args)
        elif args.command == "info":
            info(args)
        elif args.command == "env":
            print("\n".join(envs.all_prefixes()))
        elif args.command == "remove":
            shutil.rmtree(envs.existing(envs.prefix_of(args.name, args.prefix)))
        elif args.command in ("activate", "deactivate"):
            raise envs.CondaError("\nCondaError: Run 'conda init' before 'conda activate'\n")
    except envs.CondaError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


sys.exit(main())
