#!/usr/bin/env python3
"""Holds count.py to its word: a cost that was planted is seen, and a count beside its bound is told.

    count_test.py PROGRAM
"""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import count

PROGRAM = None
TURNS = 400  # of a planted loop; a handful of instructions each


def document():
    return {"tolerance": 0.05, "bounds": [{"toolchain": "a", "tcp": 1000, "tls": 5000},
                                          {"toolchain": "b", "tcp": 2000, "tls": 6000}]}


class Judging(unittest.TestCase):
    def test_within_the_bound(self):
        for tcp in (951, 1000, 1049):
            self.assertEqual(count.judged(document(), "a", {"tcp": tcp, "tls": 5000}), (0, ""))

    def test_beside_the_bound(self):
        status, text = count.judged(document(), "a", {"tcp": 1051, "tls": 5000})
        self.assertEqual(status, 1)
        self.assertIn("tcp: 1,051 instructions a check, where 1,000 are committed: +5.1%, more than 5% dearer", text)
        self.assertIn("--rebaseline", text)
        self.assertNotIn("tls", text)
        status, text = count.judged(document(), "b", {"tcp": 2000, "tls": 5693})
        self.assertEqual(status, 1)
        self.assertIn("tls: 5,693 instructions a check, where 6,000 are committed: -5.1%, more than 5% cheaper", text)

    def test_other_toolchains_are_skipped(self):
        status, text = count.judged(document(), "c", {"tcp": 1, "tls": 1})
        self.assertEqual(status, count.SKIPPED)
        self.assertIn("no bounds for this toolchain: c", text)

    def test_rebaseline_keeps_the_others(self):
        changed = document()
        count.rebaseline(changed, "a", {"tcp": 3, "tls": 4})
        self.assertEqual(changed["bounds"], [document()["bounds"][1], {"toolchain": "a", "tcp": 3, "tls": 4}])


@unittest.skipUnless(shutil.which("valgrind"), "there is no valgrind")
class Counting(unittest.TestCase):
    """With the program."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.plain, cls.again, cls.planted = (
                count.per_check(PROGRAM, "tcp", folder, planted)[0]["tcp"] for planted in (0, 0, TURNS))

    def test_repeats_itself(self):
        self.assertLess(abs(self.again / self.plain - 1), 0.005)

    def test_sees_what_is_planted(self):
        self.assertGreater(self.planted, self.plain + TURNS)
        self.assertIsNotNone(count.verdict("tcp", self.planted, self.plain, 0.05))

    def test_tells_apart_who_spends(self):
        with tempfile.TemporaryDirectory() as folder:
            counted = count.Count(PROGRAM, "tls", 20, folder).instructions
            profile = (Path(folder) / "tls-20.callgrind").read_text(encoding="utf-8")
        self.assertLess(counted["tls_outside_wolfssl"], counted["tls"] / 2)
        self.assertGreater(count.outside_wolfssl(profile, "another program"), counted["tls"] * 0.999)
        self.assertIn("wolfSSL_connect", profile)
        self.assertNotIn("wolfSSL_accept", profile, "the servers are counted too")


if __name__ == "__main__":
    PROGRAM = Path(sys.argv.pop(1)).resolve()
    unittest.main()
