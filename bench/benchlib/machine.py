"""What a report says of the machine, of this tree and of the programs that were compared."""

import contextlib
import ctypes
import datetime
import os
import platform
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def first_line(*command):
    """The first line that a command prints, or None where there is no such command."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()]
    return lines[0] if lines else None


def field_of(path, key):
    """The value of the first line `key : value` of a file."""
    try:
        for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return None


def setting(path):
    try:
        return " ".join(Path("/proc/sys", path).read_text(encoding="ascii").split())
    except OSError:
        return None


def debian_package(name):
    if not shutil.which("dpkg-query"):
        return None
    return first_line("dpkg-query", "-W", "-f", "${Version}", name)


def commit():
    """The commit of the tree, marked where files differ from it."""
    name = first_line("git", "-C", str(ROOT), "rev-parse", "HEAD")
    changed = first_line("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no")
    return f"{name} with changes" if name and changed else name


def machine():
    memory = field_of("/proc/meminfo", "MemTotal")
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": field_of("/proc/cpuinfo", "model name") or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory": memory,
        "kernel": platform.release(),
        "system": field_of_release("PRETTY_NAME"),
        "load_average": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "governor": setting_of_governor(),
        **{name.rpartition("/")[2]: setting(name) for name in (
            "net/core/somaxconn", "net/ipv4/tcp_max_tw_buckets", "net/ipv4/ip_local_port_range",
            "net/ipv4/tcp_tw_reuse")},
    }


def field_of_release(key):
    try:
        return platform.freedesktop_os_release().get(key)
    except OSError:
        return None


def setting_of_governor():
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text(encoding="ascii").strip()
    except OSError:
        return None


def versions(tracer):
    """Of everything that takes part. None: not on this machine."""
    told = None
    try:
        told = subprocess.run([tracer, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        pass
    return {
        "tracer": "; ".join(told.splitlines()) if told else None,
        "compiler": first_line("g++", "--version"),
        "openssl": first_line("openssl", "version"),
        "go": first_line("go", "version"),
        "prometheus-blackbox-exporter": debian_package("prometheus-blackbox-exporter"),
        "monitoring-plugins-basic": debian_package("monitoring-plugins-basic"),
        "nmap": debian_package("nmap"),
        "python": platform.python_version(),
    }


def compiled_with(build):
    """The options that the programs of a build directory were compiled with, as CMake kept them."""
    cache = Path(build, "CMakeCache.txt")
    kept = {}
    try:
        for line in cache.read_text(encoding="utf-8").splitlines():
            name, separator, value = line.partition("=")
            if separator and name.split(":")[0] in ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "TRACER_WOLFSSL",
                                                    "TRACER_SANITIZE"):
                kept[name.split(":")[0]] = value
    except OSError:
        pass
    return kept


CLONE_NEWNET = 0x40000000
QUEUE = 65_535  # connections that a listener may leave waiting


def enter_own_network():
    """Has this process, and what it starts, a loopback of its own: nobody else's traffic, and long queues before the
    servers, so that one that lags for a while turns nobody away. False where that is not allowed."""
    if not shutil.which("ip") or ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        return False
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with contextlib.suppress(OSError):  # where a container has it read-only, the queues are what they are
        Path("/proc/sys/net/core/somaxconn").write_text(str(QUEUE), encoding="ascii")
    return True


def dropped_connections():
    """Connections that this machine's listeners had no room for, since it started."""
    try:
        lines = Path("/proc/net/netstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    for names, values in zip(lines[::2], lines[1::2]):
        if names.startswith("TcpExt:"):
            counts = dict(zip(names.split()[1:], values.split()[1:]))
            return int(counts.get("ListenDrops", 0))
    return 0
