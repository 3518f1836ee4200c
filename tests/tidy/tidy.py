#!/usr/bin/env python3
"""Holds the sources to the project's rules; every finding is `path:line: message`.

    tidy.py [ROOT]

Rules are pure functions (path, text) -> [(line, message)], so that tidy_test.py can prove that each one bites.
"""

import fnmatch
import re
import shutil
import subprocess
import sys
from pathlib import Path

# What each folder may include from the root; the order of the layers is ssl <- engine <- sched <- tools.
LAYERS = {
    "ssl/": ("ssl/",),
    "engine/": ("ssl/", "engine/"),
    "sched/": ("ssl/", "engine/", "sched/"),
    "tools/tracer/": ("ssl/", "engine/", "sched/", "tools/tracer/"),
    "tools/fleetsim/": ("tools/fleetsim/",),
    "docs/": ("ssl/", "engine/", "sched/"),
    "tests/": ("ssl/", "engine/", "sched/", "tools/", "tests/"),
    "bench/floor/": ("bench/floor/",),  # what tracer is measured by has none of it
    "bench/": ("ssl/", "engine/", "sched/", "tools/", "tests/", "bench/"),
}

# Each vendor's headers, and the files that wrap it. Only a .cc may, where the pattern says so.
VENDORS = {
    # The floors use the same libraries bare: that is the least that tracer could cost.
    r"liburing(\.h|/.*)": ("engine/uring_ring*.cc", "bench/floor/ring.h"),
    r"wolfssl/.*": ("ssl/*.cc", "tests/unit/ssl/memory_server.cc", "bench/floor/tls_end.cc"),
    r"ares(_.*)?\.h": ("engine/resolver*.cc", "engine/ares_*.cc"),
    r"re2/.*": ("engine/pattern.cc",),
    # A parser that is not ours judges the lines that tracer writes.
    r"simdjson(\.h|/.*)": ("tools/tracer/import/*.cc", "tools/tracer/control/message_reader.cc",
                              "tools/tracer/state/state_line.cc",
                              "tests/unit/sinks/*_test.cc", "bench/floor/json_floor.cc"),
    r"yaml\.h": ("tools/tracer/import/*.cc",),
    r"CLI/.*": ("tools/tracer/*.cc", "tools/fleetsim/options.cc"),
    # The simulated fleet is the OpenSSL program; tests make certificates with it, and a peer of the benchmarks uses it.
    r"openssl/.*": ("tools/fleetsim/*", "tests/*", "bench/peers/*.cc"),
    r"benchmark/.*": ("bench/micro/*.cc",),
}

MAX_COLUMNS = {".h": 100, ".cc": 100, ".py": 120, ".cmake": 120, "CMakeLists.txt": 120, "": 120}
MAX_LINES = 400

# Files that may be longer than MAX_LINES: how long, and why cutting them would make them worse.
LONG_FILES = {
    "engine/uring_ring.cc": (490, "one class: what an operation queues is read beside what its completion means"),
}

LEFTOVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SYSTEM_INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>")
OWN_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
GENERATED = {"tools/tracer/build_info.h"}
CLANG_FORMAT_MAJOR = "14"


def is_cpp(path):
    return path.endswith((".h", ".cc"))


def numbered(text):
    return enumerate(text.splitlines(), start=1)


def includes(text, pattern):
    for number, line in numbered(text):
        match = pattern.match(line)
        if match:
            yield number, match.group(1)


def check_layering(path, text):
    if not is_cpp(path):
        return
    layer = next((allowed for folder, allowed in LAYERS.items() if path.startswith(folder)), None)
    if layer is None:
        yield 1, "C++ source outside the known folders"
        return
    for number, name in includes(text, OWN_INCLUDE):
        if not name.startswith(layer):
            yield number, f'"{name}" may not be included here; allowed: {", ".join(layer)}'


def check_vendors(path, text):
    if not is_cpp(path):
        return
    for pattern in (SYSTEM_INCLUDE, OWN_INCLUDE):
        for number, name in includes(text, pattern):
            for vendor, wrappers in VENDORS.items():
                if not re.fullmatch(vendor, name):
                    continue
                if not any(fnmatch.fnmatch(path, wrapper) for wrapper in wrappers):
                    yield number, f"<{name}> belongs in its wrapper alone: {', '.join(wrappers)}"


def check_line_length(path, text):
    name = Path(path).name
    limit = MAX_COLUMNS.get(name, MAX_COLUMNS.get(Path(path).suffix))
    if limit is None:
        return
    for number, line in numbered(text):
        if len(line) > limit:
            yield number, f"{len(line)} columns, at most {limit}"


def check_file_length(path, text):
    if not path.endswith((".h", ".cc", ".py")):
        return
    lines = len(text.splitlines())
    limit, _ = LONG_FILES.get(path, (MAX_LINES, ""))
    if lines > limit:
        yield lines, f"{lines} lines, at most {limit} (or an argued exception in tests/tidy/tidy.py)"


def check_leftovers(path, text):
    for number, line in numbered(text):
        match = LEFTOVERS.search(line)
        if match:
            yield number, f"left over: {match.group(1)}"


def check_whitespace(path, text):
    if path.endswith(".patch"):  # it has the other project's lines, as they are
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if "\t" in line and not path.endswith(".go"):  # gofmt wants them
            yield number, "a tab"
        if line != line.rstrip() and not path.endswith(".md"):
            yield number, "white space at the end of the line"
    if text and not text.endswith("\n"):
        yield len(text.splitlines()), "no newline at the end of the file"


def check_header(path, text):
    if not path.endswith(".h"):
        return
    lines = text.splitlines()
    code = next((n for n, line in numbered(text) if line.startswith("#include")), len(lines) + 1)
    opening = lines[: code - 1]
    if "#pragma once" not in lines:
        yield 1, "no #pragma once"
    if not any(line.startswith("// ") for line in opening):
        yield 1, "a header opens with a comment: what it is for, who owns it, which thread"


def check_own_header_first(path, text, exists=lambda path: False):
    own = re.sub(r"\.cc$", ".h", path)
    if not path.endswith(".cc") or not exists(own):
        return
    first = next(iter(sorted([*includes(text, OWN_INCLUDE), *includes(text, SYSTEM_INCLUDE)])), None)
    if first is None or first[1] != own:
        yield first[0] if first else 1, f'the first include must be "{own}"'


def check_include_exists(path, text, exists=lambda path: True):
    if not is_cpp(path):
        return
    for number, name in includes(text, OWN_INCLUDE):
        if name not in GENERATED and not exists(name):
            yield number, f'"{name}" is no file of this tree; includes are written from its root'


RULES = [check_layering, check_vendors, check_line_length, check_file_length, check_leftovers,
         check_whitespace, check_header]
TREE_RULES = [check_own_header_first, check_include_exists]


def clang_format():
    """The clang-format that the tree follows, or None: other versions differ in detail."""
    program = shutil.which("clang-format-" + CLANG_FORMAT_MAJOR) or shutil.which("clang-format")
    if not program:
        return None
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return program if f"version {CLANG_FORMAT_MAJOR}." in version else None


def check_format(root, paths):
    program = clang_format()
    if not program or not paths:
        return []
    run = subprocess.run([program, "--dry-run", "-Werror", "--ferror-limit=1", *paths], cwd=root,
                         capture_output=True, text=True, check=False)
    pattern = re.compile(r"^(\S+?):(\d+):\d+: error: code should be clang-formatted")
    found = [pattern.match(line) for line in run.stderr.splitlines()]
    findings = [f"{m.group(1)}:{m.group(2)}: not as clang-format has it; run tools/format" for m in found if m]
    if run.returncode != 0 and not findings:
        findings.append(f"clang-format failed: {run.stderr.strip()[:500]}")
    return findings


def files(root):
    """Every file of the tree that is or could be committed."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = [name.decode() for name in listed.stdout.split(b"\0") if name]
    else:
        names = [str(p.relative_to(root)) for p in Path(root).rglob("*")]
        names = [n for n in names if not n.startswith((".git/", "build/"))]
    return sorted(n for n in set(names) if (Path(root) / n).is_file() and not (Path(root) / n).is_symlink())


def is_data(path):
    """Corpora and test data are bytes that tests want exactly so."""
    return path == "LICENSE" or re.match(r"tests/(fuzz/corpus|(.*/)?testdata)/", path) is not None


def check_file(root, path):
    try:
        text = (Path(root) / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [f"{path}:1: not UTF-8 text; only test data may be binary"]
    findings = [f"{path}:{n}: {m}" for rule in RULES for n, m in rule(path, text)]
    for rule in TREE_RULES:
        findings += [f"{path}:{n}: {m}" for n, m in rule(path, text, lambda p: (Path(root) / p).is_file())]
    return findings


def run(root):
    paths = [p for p in files(root) if not is_data(p)]
    findings = [finding for path in paths for finding in check_file(root, path)]
    findings += check_format(root, [p for p in paths if is_cpp(p)])
    return len(paths), findings


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).resolve().parents[2])
    count, findings = run(root)
    print("\n".join(findings) if findings else f"{count} files, all tidy")
    if not count:
        sys.exit("no files found")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
