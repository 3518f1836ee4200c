"""The arithmetic of bench/run, from made-up measurements: what is over its target must come out as not met, and a run
in which a probe failed must not come out at all."""

import http.server
import json
import sys
import threading
import types
import unittest
import unittest.mock
import xml.dom.minidom
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchlib import bench, daemon, measure, peers, plots, report, rows, singles, subjects  # noqa: E402
from benchlib.measure import Bound, Failed, Finding, Missing  # noqa: E402


def costing(cpu_us, checks=1000):
    return measure.reading(checks, checks, cpu_us * checks / 1e6, 0.0, 1.0)


def in_turn(*results):
    """A subject that gives these, one after the other; an exception is raised."""
    left = list(results)

    def run():
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return costing(result)
    return run


class Reading(unittest.TestCase):
    def test_cpu_time_is_of_user_and_system_and_per_check(self):
        self.assertAlmostEqual(measure.reading(2000, 2000, 0.03, 0.02, 9.0).cpu_us, 25.0)

    def test_one_failed_probe_voids_the_run(self):
        with self.assertRaisesRegex(Failed, "1 of 1000 probes failed"):
            measure.reading(1000, 999, 1.0, 1.0, 1.0)

    def test_more_successes_than_probes_void_it_too(self):
        with self.assertRaises(Failed):
            measure.reading(1000, 1001, 1.0, 1.0, 1.0)

    def test_no_checks_or_no_time_are_no_measurement(self):
        for checks, seconds in ((0, 1.0), (1000, 0.0)):
            with self.assertRaises(Failed):
                measure.reading(checks, checks, seconds, 0.0, 1.0)


class Contract(unittest.TestCase):
    TOLD = {"program": "connect_floor", "probes": 100, "succeeded": 100, "user_s": 0.001, "system_s": 0.002,
            "wall_s": 0.1, "in_flight": 10, "addresses": 3}

    def test_a_good_line(self):
        found = subjects.parse_contract(json.dumps(self.TOLD))
        self.assertAlmostEqual(found.cpu_us, 30.0)
        self.assertEqual(found.facts, {"in_flight": 10, "addresses": 3})

    def test_bad_lines(self):
        lacking = {key: value for key, value in self.TOLD.items() if key != "system_s"}
        for text in ("", "no JSON", "[]", json.dumps(lacking), json.dumps({**self.TOLD, "succeeded": 99})):
            with self.assertRaises(Failed, msg=text):
                subjects.parse_contract(text)


class Alternation(unittest.TestCase):
    def test_every_other_round_runs_backwards(self):
        order = []

        def subject(name):
            return lambda: order.append(name) or costing(1.0)
        measure.alternate({"a": subject("a"), "b": subject("b")}, 3)
        self.assertEqual("".join(order), "abbaab")

    def test_ratios_are_within_rounds(self):
        done = measure.alternate({"a": in_turn(22, 36), "b": in_turn(20, 30)}, 2)
        self.assertEqual([round(ratio, 6) for ratio in done.ratios("a", "b")], [1.1, 1.2])

    def test_a_failed_run_is_thrown_away_and_made_up_for(self):
        done = measure.alternate({"a": in_turn(10, Failed("3 of 9 probes failed"), 12), "b": in_turn(5, 5, 5)}, 2)
        self.assertEqual(done.ratios("a", "b"), [2.0, 2.4])
        self.assertEqual(done.voided, [("a", 1, "3 of 9 probes failed")])

    def test_what_always_fails_keeps_nothing_else_from_running(self):
        done = measure.alternate({"a": in_turn(Failed("x"), Failed("y")), "b": in_turn(5, 5, 5)}, 3)
        self.assertEqual(done.ratios("a", "b"), [])
        self.assertEqual(len(done.readings("b")), 3)
        self.assertIn("y", done.why_absent("a"))

    def test_what_belongs_to_one_load(self):
        done = measure.alternate({("x", "a"): in_turn(10, 12), ("x", "b"): in_turn(5, Failed("failed"), 6),
                                  ("y", "a"): in_turn(1, 1, 1), ("y", "c"): in_turn(Missing("no c"))},
                                 2, extra_rounds=0)
        self.assertEqual(done.under("x").ratios("a", "b"), [2.0])
        self.assertEqual(done.under("x").voided, [("b", 1, "failed")])
        self.assertEqual(done.under("y").costs("a"), [1.0, 1.0])
        self.assertEqual(done.under("y").missing, {"c": "no c"})

    def test_what_is_missing_is_asked_once(self):
        done = measure.alternate({"a": in_turn(Missing("nmap is not installed")), "b": in_turn(5, 5)}, 2)
        self.assertEqual(done.missing, {"a": "nmap is not installed"})
        self.assertEqual(done.why_absent("a"), "nmap is not installed")


class Findings(unittest.TestCase):
    @staticmethod
    def verdict(values, needed=1, **bound):
        return Finding("row", "what", Bound(**bound), values, needed=needed).verdict

    def test_a_ratio_over_its_target_is_not_met(self):
        self.assertEqual(self.verdict([1.11], at_most=1.10), measure.NOT_MET)
        self.assertEqual(self.verdict([1.10], at_most=1.10), measure.MET)
        self.assertEqual(self.verdict([9.9], at_least=10), measure.NOT_MET)
        self.assertEqual(self.verdict([10.0], at_least=10), measure.MET)

    def test_the_median_decides_and_the_spread_is_told(self):
        found = Finding("row", "what", Bound(at_most=1.1), [1.3, 1.0, 1.05])
        self.assertEqual((found.median, found.spread, found.verdict), (1.05, (1.0, 1.3), measure.MET))
        self.assertEqual(self.verdict([1.0, 1.2, 1.3], at_most=1.1), measure.NOT_MET)

    def test_too_few_rounds_are_no_measurement(self):
        self.assertEqual(self.verdict([], at_most=1), measure.NOT_MEASURED)
        self.assertEqual(self.verdict([0.5, 0.5], needed=3, at_most=1), measure.NOT_MEASURED)

    def test_a_row_is_met_when_all_of_it_is(self):
        met, not_met = (Finding("r", "w", Bound(at_most=1), [value]) for value in (1, 2))
        unmeasured = Finding("r", "w", Bound(at_most=1), [])
        self.assertEqual(measure.verdict_of_row([met, met]), measure.MET)
        self.assertEqual(measure.verdict_of_row([met, not_met, unmeasured]), measure.NOT_MET)
        self.assertEqual(measure.verdict_of_row([met, unmeasured]), measure.NOT_MEASURED)

    def test_deviation_is_of_the_farthest_from_the_median(self):
        self.assertAlmostEqual(measure.greatest_deviation([10, 11, 8]), 0.2)


class Rows(unittest.TestCase):
    """From an alternation to the report, with nothing run."""

    def session(self, tracer, floor):
        load = rows.TCP[1000]
        done = measure.alternate({"tracer": in_turn(*tracer), "connect_floor": in_turn(*floor)}, 3)
        self.row = rows.Row("tcp-floor", "what", (
            rows.Comparison(load, "tracer", "connect_floor", Bound(at_most=1.10)),))
        voided = [(program, str(load), number + 1, why) for program, number, why in done.voided]
        return types.SimpleNamespace(alternations={load: done}, scale=bench.QUICK, voided=voided, notes=[], extra={},
                                     commands=["taskset -c 1 tracer"],
                                     fleets={1000: [costing(30)], 10_000: [costing(31)]})

    def told(self, tracer, floor):
        session = self.session(tracer, floor)
        about = {"command": "bench/run", "commit": "c", "machine": {"time": "t"}, "versions": {}, "build": {},
                 "pinned": "", "scale": {"name": "quick"}}
        told = report.contents(session, {self.row: rows.findings_of(session, self.row)}, about)
        json.dumps(told)
        return told, report.markdown(told, {}), report.draw(session)

    def test_over_the_target(self):
        told, page, _ = self.told((24, 24, 24), (20, 20, 20))
        self.assertEqual(told["rows"][0]["verdict"], measure.NOT_MET)
        self.assertIn("| ≤ 1.1 × | 1.2 × | 1.2 – 1.2 | **not met** |", page)

    def test_within_the_target(self):
        told, page, drawn = self.told((21, 22, 21), (20, 20, 20))
        self.assertEqual(told["rows"][0]["verdict"], measure.MET)
        self.assertIn("| 1.05 × | 1.05 – 1.1 | met |", page)
        self.assertIn("every probe of every run succeeded", page)
        self.assertEqual(set(drawn), {"in-flight.svg", "monitors.svg"})

    def test_a_program_that_fails_every_time_leaves_the_row_unmeasured(self):
        told, page, _ = self.told((21, 22, 21, 21, 21), (20, Failed("5 of 9 probes failed"), Failed("none worked")))
        self.assertEqual(told["rows"][0]["verdict"], measure.NOT_MEASURED)
        self.assertIn("**not measured**", page)
        self.assertIn("connect_floor, tcp, 1000 in flight, round 2: 5 of 9 probes failed", page)

    def test_keys_are_unique_and_programs_known(self):
        keys = [row.key for row in rows.ROWS]
        self.assertEqual(len(keys), len(set(keys)))
        for row in rows.ROWS:
            for _, program in row.wanted():
                self.assertIn(program, rows.PROGRAMS)


class Snapshots(unittest.TestCase):
    @staticmethod
    def snapshot(reported, cpu_s, counts, up=None):
        return {"uptime_ns": reported * 1000, "checks": {"reported": reported, "skipped": 0},
                "verdicts": {"up": reported if up is None else up, "down": 0},
                "process": {"cpu_user_ns": int(cpu_s * 1e9), "cpu_system_ns": 0}, "lateness_ns": {"counts": counts}}

    def test_what_lies_between_two(self):
        before = self.snapshot(100, 1, [[1000, 60], [2000, 40]])
        after = self.snapshot(300, 3, [[1000, 60], [2000, 240]])
        told = daemon.between(before, after)
        self.assertEqual((told["checks"], told["user_s"], told["late"]), (200, 2.0, {2000: 200}))
        self.assertAlmostEqual(subjects.reading_between(before, after).cpu_us, 10_000)

    def test_a_check_that_is_not_up_voids_them(self):
        with self.assertRaises(Failed):
            subjects.reading_between(self.snapshot(0, 0, []), self.snapshot(100, 1, [], up=99))

    def test_quantiles(self):
        counts = {1_000_000: 98, 2_000_000: 1, 5_000_000: 1}
        self.assertEqual([daemon.quantile_ms(counts, share) for share in (0.5, 0.99, 1)], [1, 2, 5])
        self.assertEqual(daemon.quantile_ms({}, 0.99), 0)


class Validity(unittest.TestCase):
    def test_a_server_that_turned_many_away_voids_the_run(self):
        session = types.SimpleNamespace(fleet=lambda load: types.SimpleNamespace(cpu_s=lambda: 0.0))
        for dropped, fails in ((10, False), (11, True)):
            counts = iter((100, 100 + dropped))
            with unittest.mock.patch.object(rows.machine, "dropped_connections", lambda: next(counts)):
                if fails:
                    with self.assertRaisesRegex(Failed, "queue was full for 11 connections"):
                        rows.watched(session, rows.TCP[100], lambda *_: costing(20))
                else:
                    self.assertEqual(rows.watched(session, rows.TCP[100], lambda *_: costing(20)).facts["dropped"], 10)

    def test_a_connection_that_breaks_voids_it_and_ends_nothing_else(self):
        def breaks(*_):
            raise ConnectionResetError("reset by peer")
        session = types.SimpleNamespace(fleet=lambda load: types.SimpleNamespace(cpu_s=lambda: 0.0))
        with self.assertRaisesRegex(Failed, "ConnectionResetError: reset by peer"):
            rows.watched(session, rows.TCP[100], breaks)

    def test_a_trust_cache_that_is_neither_warm_nor_cold_voids_it(self):
        for load, hits, fails in ((rows.TLS, 990, False), (rows.TLS, 989, True),
                                  (rows.COLD, 10, False), (rows.COLD, 11, True)):
            with self.subTest(load=load, hits=hits):
                if fails:
                    with self.assertRaises(Failed):
                        subjects.check_cache(load, hits, 1000)
                else:
                    subjects.check_cache(load, hits, 1000)


class OtherPrograms(unittest.TestCase):
    def test_addresses_are_those_of_fleetsim(self):
        self.assertEqual([subjects.nth_address(number) for number in (0, 253, 254, 254 * 254)],
                         ["127.1.1.1", "127.1.1.254", "127.1.2.1", "127.2.1.1"])

    def test_rates_are_of_each_repetition(self):
        runs = [{"run_type": "iteration", "items_per_second": 4e6}, {"run_type": "iteration", "items_per_second": 5e6},
                {"run_type": "aggregate", "items_per_second": 9e6}]
        self.assertEqual(singles.rates(json.dumps({"benchmarks": runs})), [4.0, 5.0])

    def test_keep_alive_counts_answers_and_successes(self):
        class Prober(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = f"# HELP\nprobe_success {0 if 'bad' in self.path else 1}\n".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Prober) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            asking = peers.KeepAlive(server.server_address, ["/good", "/good", "/bad", "/good"])
            asking.run(100)
            asking.close()
            server.shutdown()
        self.assertEqual((asking.answered, asking.succeeded), (100, 75))


class Plots(unittest.TestCase):
    def test_they_are_xml_and_hold_what_they_are_given(self):
        svg = plots.lines("A < B", "x", "µs", {"tracer": [(100, [20, 25, 22]), (20_000, [30])], "none": []})
        xml.dom.minidom.parseString(svg)
        for words in ("A &lt; B", ">100<", ">20 k<", ">tracer<"):
            self.assertIn(words, svg)
        self.assertNotIn("none<", svg)
        svg = plots.histogram("late", "lateness", [(1e5, 10), (1e6, 90)], {"target": 2e6})
        xml.dom.minidom.parseString(svg)
        self.assertEqual(svg.count("<rect"), 3)  # the paper and two bars

    def test_without_values_there_is_no_plot(self):
        self.assertIsNone(plots.lines("t", "x", "y", {"tracer": [(1, [])]}))
        self.assertIsNone(plots.histogram("t", "x", [], {}))

    def test_greater_costs_lie_higher(self):
        axes = plots.Axes(100, 20_000, 50)
        self.assertLess(axes.y(50), axes.y(10))
        self.assertGreaterEqual(axes.y(50), plots.TOP)
        self.assertLess(axes.x(100), axes.x(1000))

    def test_steps_are_round(self):
        self.assertEqual([plots.nice_step(span) for span in (5, 50, 7)], [1, 10, 2])


if __name__ == "__main__":
    unittest.main()
