"""bench/run as a whole, with a selection and counts so small that its figures mean nothing: the report's shape.

    run_test.py BUILD_DIRECTORY
"""

import json
import statistics
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

BUILD = sys.argv.pop(1)
RUN = Path(__file__).resolve().parents[2] / "run"
ROWS = ["tcp-floor", "tls-floor", "go"]


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tracer-bench-test.")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.done = subprocess.run([sys.executable, RUN, "--tiny", "--build", BUILD, "--out",
                                   folder.name, "--only", *ROWS], capture_output=True, text=True, check=False)
        assert cls.done.returncode in (0, 1), cls.done.stderr
        cls.told = json.loads((cls.folder / "report.json").read_text(encoding="utf-8"))
        cls.page = (cls.folder / "report.md").read_text(encoding="utf-8")

    def test_the_rows_asked_for_are_there(self):
        self.assertEqual([row["row"] for row in self.told["rows"]], ROWS)

    def test_verdicts_follow_from_the_values(self):
        findings = [finding for row in self.told["rows"] for finding in row["findings"]]
        self.assertTrue(any(finding["values"] for finding in findings), self.done.stderr)
        for finding in findings:
            if not finding["values"]:
                self.assertEqual(finding["verdict"], "not measured")
                self.assertTrue(finding["note"], finding)
                continue
            self.assertEqual(finding["median"], statistics.median(finding["values"]))
            self.assertEqual(finding["spread"], [min(finding["values"]), max(finding["values"])])
            sign, bound = finding["target"].split()
            holds = finding["median"] <= float(bound) if sign == "≤" else finding["median"] >= float(bound)
            self.assertEqual(finding["verdict"], "met" if holds else "not met")
        self.assertEqual(self.done.returncode, int("not met" in [row["verdict"] for row in self.told["rows"]]))

    def test_readings_are_of_successes_alone_and_their_costs_add_up(self):
        by_program = {(entry["load"], entry["program"]): entry["readings"] for entry in self.told["readings"]}
        self.assertIn(("tcp, 1000 in flight", "tracer"), by_program)
        for readings in by_program.values():
            for reading in readings:
                self.assertAlmostEqual(reading["cpu_us"], (reading["user_s"] + reading["system_s"])
                                       / reading["checks"] * 1e6, delta=0.01 + reading["cpu_us"] / 100)

    def test_nothing_failed(self):
        self.assertEqual(self.told["thrown_away"], [])

    def test_it_tells_of_the_machine_and_of_every_command(self):
        self.assertTrue(self.told["machine"]["kernel"] and self.told["versions"]["tracer"], self.told["machine"])
        self.assertTrue(any("tracer run" in command for command in self.told["commands"]))
        for command in self.told["commands"]:
            self.assertIn(command, self.page)
            self.assertNotIn("/tracer-bench.", command)

    def test_the_page_has_the_table_and_the_plots(self):
        for row in self.told["rows"]:
            for finding in row["findings"]:
                self.assertIn(f"| {row['row']} | {finding['what']} |", self.page)
        self.assertEqual([path.name for path in self.folder.glob("*.svg")], ["in-flight.svg"])
        self.assertIn("(in-flight.svg)", self.page)
        xml.dom.minidom.parse(str(self.folder / "in-flight.svg"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
