"""Run programs without a network and record what they look up or connect to.

Run by `unshare --map-root-user --net --mount`: names are resolved by a server of this
process, which answers nothing. Connections that Python makes are seen by an audit hook.

    python watched_network.py LOG COMMANDS.json

COMMANDS.json holds a list of [environment, arguments, seconds to stay alive after].
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_CI_VARIABLES = {
    "APPVEYOR",
    "BITBUCKET_BUILD_NUMBER",
    "BUILDKITE",
    "CI",
    "CIRCLECI",
    "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "TRAVIS",
}
_HOOK = """
import os, sys
def _watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect", "socket.sendto"):
        if event != "socket.getaddrinfo" and isinstance(arguments[1], (str, bytes)):
            return  # a socket in the file system
        with open(os.environ["WATCHED_LOG"], "a") as log:
            log.write(f"{event} {arguments}\\n")
sys.addaudithook(_watch)
"""
_AND_WAIT = (
    "import sys, time; from audiocli.cli import main; code = main(); "
    "time.sleep({seconds}); sys.exit(code)"
)


def bring_up_loopback() -> None:
    flags, running = 0x8914, 0x1 | 0x40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, flags, struct.pack("16sh14x", b"lo", running))


def answer_nothing(server: socket.socket, log: Path) -> None:
    """Record the names that are looked up."""
    while True:
        query = server.recv(4096)
        with log.open("a") as out:
            out.write(f"lookup {query[12:].split(bytes(1))[0]!r}\n")


def main() -> None:
    log, commands = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    bring_up_loopback()
    with tempfile.TemporaryDirectory() as scratch:
        resolver = Path(scratch, "resolv.conf")
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        place = os.path.realpath("/etc/resolv.conf")
        subprocess.run(["mount", "--bind", resolver, place], check=True)
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 53))
        threading.Thread(target=answer_nothing, args=(server, log), daemon=True).start()
        Path(scratch, "sitecustomize.py").write_text(_HOOK)
        codes = []
        for environment, arguments, seconds in commands:
            path = os.pathsep.join(filter(None, [scratch, os.environ.get("PYTHONPATH", "")]))
            ran = subprocess.run(
                [sys.executable, "-c", _AND_WAIT.format(seconds=seconds), *arguments],
                env=users() | environment | {"PYTHONPATH": path, "WATCHED_LOG": str(log)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            codes.append([ran.returncode, ran.stderr])
        sys.stdout.write(json.dumps(codes))


def users() -> dict[str, str]:
    """Return the environment that a user has.

    ONNX Runtime sends no telemetry if one of the removed variables says that it runs in CI,
    where a test of telemetry could not fail.
    """
    return {name: value for name, value in os.environ.items() if name not in _CI_VARIABLES}


if __name__ == "__main__":
    main()
