#!/usr/bin/env python3
"""Feeds tidy.py one bad sample a rule, and its good twin: a rule that cannot fail would be no rule."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import tidy

CONTRACT = "// What it is for.\n#pragma once\n"


class Rules(unittest.TestCase):
    def bites(self, rule, path, text, *more):
        self.assertTrue(list(rule(path, text, *more)), f"{rule.__name__} let pass {path}: {text!r}")

    def passes(self, rule, path, text, *more):
        self.assertEqual(list(rule(path, text, *more)), [])

    def test_layering(self):
        for path, name in [("ssl/a.cc", "engine/b.h"), ("ssl/a.h", "sched/b.h"), ("engine/a.cc", "sched/b.h"),
                           ("engine/a.cc", "tools/tracer/b.h"), ("sched/a.cc", "tools/tracer/b.h"),
                           ("tools/tracer/a.cc", "tests/b.h"), ("tools/tracer/a.cc", "tools/fleetsim/b.h"),
                           ("tools/fleetsim/a.cc", "ssl/b.h"), ("bench/floor/a.cc", "engine/b.h"),
                           ("bench/floor/a.h", "bench/micro/b.h"), ("ssl/a.cc", "../engine/b.h"), ("ssl/a.cc", "b.h")]:
            self.bites(tidy.check_layering, path, f'#include "{name}"\n')
        for path, name in [("ssl/a.cc", "ssl/b.h"), ("engine/a.cc", "ssl/b.h"), ("sched/a.cc", "engine/b.h"),
                           ("tools/tracer/a.cc", "sched/b.h"), ("tests/unit/a.cc", "tools/tracer/b.h"),
                           ("bench/micro/a.cc", "tests/unit/b.h"), ("bench/micro/a.cc", "bench/floor/b.h")]:
            self.passes(tidy.check_layering, path, f'#include "{name}"\n')
        self.bites(tidy.check_layering, "utils/a.cc", "int x;\n")

    def test_vendors(self):
        for path, name in [("engine/ring.h", "liburing.h"), ("engine/probe.cc", "liburing/io_uring.h"),
                           ("ssl/session.h", "wolfssl/ssl.h"), ("engine/probe.cc", "wolfssl/options.h"),
                           ("engine/resolver.h", "ares.h"), ("engine/probe.cc", "ares_dns.h"),
                           ("engine/assertion.cc", "re2/re2.h"), ("tools/tracer/main.cc", "simdjson.h"),
                           ("tools/tracer/control/messages.cc", "simdjson.h"),
                           ("tools/tracer/main.cc", "yaml.h"), ("sched/fleet.cc", "CLI/CLI.hpp"),
                           ("ssl/digest.cc", "openssl/sha.h"), ("tools/tracer/a.cc", "openssl/ssl.h"),
                           ("bench/micro/a.cc", "wolfssl/ssl.h"), ("bench/floor/queue_floor.cc", "liburing.h"),
                           ("tests/unit/a.cc", "benchmark/benchmark.h")]:
            self.bites(tidy.check_vendors, path, f"#include <{name}>\n")
            self.bites(tidy.check_vendors, path, f'#include "{name}"\n')
        for path, name in [("engine/uring_ring.cc", "liburing.h"), ("ssl/session.cc", "wolfssl/ssl.h"),
                           ("engine/resolver.cc", "ares.h"), ("engine/pattern.cc", "re2/re2.h"),
                           ("tools/tracer/import/json.cc", "simdjson.h"), ("tools/tracer/import/yaml.cc", "yaml.h"),
                           ("tools/tracer/control/message_reader.cc", "simdjson.h"),
                           ("tools/tracer/main.cc", "CLI/CLI.hpp"), ("tools/fleetsim/tls.cc", "openssl/ssl.h"),
                           ("bench/floor/ring.h", "liburing.h"), ("bench/micro/a.cc", "benchmark/benchmark.h"),
                           ("bench/peers/a.cc", "openssl/ssl.h"),
                           ("engine/probe.cc", "vector"), ("engine/probe.cc", "tl/expected.hpp")]:
            self.passes(tidy.check_vendors, path, f"#include <{name}>\n")

    def test_line_length(self):
        self.bites(tidy.check_line_length, "ssl/a.cc", "x" * 101 + "\n")
        self.passes(tidy.check_line_length, "ssl/a.cc", "é" * 100 + "\n")
        self.bites(tidy.check_line_length, "tools/up", "x" * 121 + "\n")
        self.bites(tidy.check_line_length, "CMakeLists.txt", "x" * 121 + "\n")
        self.passes(tidy.check_line_length, "README.md", "x" * 300 + "\n")

    def test_file_length(self):
        self.bites(tidy.check_file_length, "ssl/a.cc", "int x;\n" * 401)
        self.passes(tidy.check_file_length, "ssl/a.cc", "int x;\n" * 400)
        with mock.patch.dict(tidy.LONG_FILES, {"ssl/a.cc": (410, "argued")}):
            self.passes(tidy.check_file_length, "ssl/a.cc", "int x;\n" * 410)
            self.bites(tidy.check_file_length, "ssl/a.cc", "int x;\n" * 411)

    def test_leftovers(self):
        for word in ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]:
            self.bites(tidy.check_leftovers, "ssl/a.cc", f"int x;  // {word}: later\n")
            self.bites(tidy.check_leftovers, "README.md", f"{word}\n")
        self.passes(tidy.check_leftovers, "HACKING.md", "See HACKING.md; mktemp a.XXXXXX\n")

    def test_whitespace(self):
        self.bites(tidy.check_whitespace, "ssl/a.cc", "\tint x;\n")
        self.bites(tidy.check_whitespace, "ssl/a.cc", "int x; \n")
        self.bites(tidy.check_whitespace, "ssl/a.cc", "int x;\r\n")
        self.bites(tidy.check_whitespace, "ssl/a.cc", "int x;")
        self.passes(tidy.check_whitespace, "ssl/a.cc", "int x;\n\nint y;\n")
        self.passes(tidy.check_whitespace, "bench/peers/a.go", "\treturn\n")

    def test_header(self):
        self.bites(tidy.check_header, "ssl/a.h", "// What it is for.\nint x;\n")
        self.bites(tidy.check_header, "ssl/a.h", "#pragma once\n#include <vector>\n// Too late.\n")
        self.passes(tidy.check_header, "ssl/a.h", CONTRACT)
        self.passes(tidy.check_header, "ssl/a.cc", "int x;\n")

    def test_own_header_first(self):
        own = {"ssl/a.h"}.__contains__
        self.bites(tidy.check_own_header_first, "ssl/a.cc", '#include <vector>\n#include "ssl/a.h"\n', own)
        self.bites(tidy.check_own_header_first, "ssl/a.cc", "int x;\n", own)
        self.passes(tidy.check_own_header_first, "ssl/a.cc", '#include "ssl/a.h"\n#include <vector>\n', own)
        self.passes(tidy.check_own_header_first, "ssl/b.cc", "#include <vector>\n", own)

    def test_include_exists(self):
        tree = {"ssl/a.h"}.__contains__
        self.bites(tidy.check_include_exists, "ssl/b.cc", '#include "a.h"\n', tree)
        self.passes(tidy.check_include_exists, "ssl/b.cc", '#include "ssl/a.h"\n', tree)
        self.passes(tidy.check_include_exists, "tools/tracer/a.cc", '#include "tools/tracer/build_info.h"\n', tree)

    def test_data_is_left_alone(self):
        for path in ["tests/fuzz/corpus/der/a", "tests/testdata/a.der", "tests/unit/ssl/testdata/a", "LICENSE"]:
            self.assertTrue(tidy.is_data(path), path)
        for path in ["tests/unit/ssl/a_test.cc", "ssl/testdata.cc", "tests/fuzz/a_fuzz.cc"]:
            self.assertFalse(tidy.is_data(path), path)


class Program(unittest.TestCase):
    """The whole program over a small tree of its own."""

    def run_over(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                path = Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            return subprocess.run([sys.executable, tidy.__file__, root], capture_output=True, text=True, check=False)

    def test_good_tree(self):
        done = self.run_over({"ssl/a.h": CONTRACT, "ssl/a.cc": '#include "ssl/a.h"\n'})
        self.assertEqual((done.returncode, done.stdout), (0, "2 files, all tidy\n"))

    def test_bad_tree(self):
        done = self.run_over({"ssl/a.h": "int x;\n", "engine/b.cc": '#include "sched/c.h"\n', "ssl/d.cc": b"\xff\xfe"})
        self.assertEqual(done.returncode, 1)
        for expected in ["ssl/a.h:1: no #pragma once", 'engine/b.cc:1: "sched/c.h" may not', "ssl/d.cc:1: not UTF-8"]:
            self.assertIn(expected, done.stdout)

    def test_empty_tree(self):
        self.assertNotEqual(self.run_over({}).returncode, 0)

    def test_format(self):
        style = (Path(tidy.__file__).parents[2] / ".clang-format").read_text()
        with tempfile.TemporaryDirectory() as root:
            (Path(root) / ".clang-format").write_text(style)
            (Path(root) / "good.cc").write_text("int x = 1;\n")
            (Path(root) / "bad.cc").write_text("int   x=1;\n")
            if not tidy.clang_format():
                self.skipTest(f"no clang-format {tidy.CLANG_FORMAT_MAJOR}")
            self.assertEqual(tidy.check_format(root, ["good.cc"]), [])
            findings = tidy.check_format(root, ["bad.cc", "good.cc"])
            self.assertEqual(len(findings), 1)
            self.assertTrue(findings[0].startswith("bad.cc:1: not as clang-format has it"))


if __name__ == "__main__":
    unittest.main()
