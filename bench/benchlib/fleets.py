"""Rows about how a schedule is kept: large fleets, cost against the number of monitors, lateness at half load."""

import statistics
import time

from .bench import Load
from .daemon import between, quantile_ms
from .large_fleet import LargeFleet, lost_checks
from .measure import Bound, Failed, Finding, greatest_deviation, reading
from .subjects import document, running, tracer

CHECKS_PER_SECOND = 1_000_000 / 60  # of every fleet: a million monitors, a minute apart
FEW, MILLION = 10_000, 1_000_000
SETTLED_S, SMALL_FLEET_S = 10, 30


def fleet_run(bench, monitors, seconds):
    """A fleet of so many monitors for so long, on all cores: a reading, the lateness, and what was lost."""
    interval_s = monitors / CHECKS_PER_SECOND
    cores = bench.all_cores()
    with LargeFleet(bench.folder, bench.build / "bin", monitors, interval_s, wrap=cores, wrap_fleet=cores) as run:
        bench.record(run.daemon.command)
        run.daemon.await_snapshot()
        time.sleep(max(SETTLED_S * bench.scale.share, min(interval_s / 2, 30)))
        first = run.daemon.look()
        time.sleep(seconds)
        last = run.daemon.look()
        if first is None or last is None:
            raise Failed("tracer does not answer")
        run.daemon.end()
        made = run.audit()
    told = between(first, last)
    late = told["late"]
    found = reading(told["checks"], told["verdicts"]["up"], told["user_s"], told["system_s"], told["wall_s"],
                    monitors=last["monitors"], resident_bytes=last["process"]["resident_bytes"],
                    late_ms={f"p{share * 100:g}": quantile_ms(late, share) for share in (0.5, 0.99, 0.999, 1)},
                    lost=lost_checks(last, made))
    bench.tell(f"{monitors} monitors: {found.cpu_us:.1f} us a check, "
               f"{found.facts['resident_bytes'] >> 20} MiB, late {found.facts['late_ms']}")
    bench.extra.setdefault("fleets", []).append(found.as_json())
    return found


def fleets(bench):
    """{monitors: [Reading]}, run once for all rows that ask; the small one before and after the large one."""
    if not bench.fleets:
        small_s = SMALL_FLEET_S * bench.scale.share
        runs = {}
        for monitors, seconds in ((1000, small_s), (FEW, small_s), (MILLION, bench.scale.fleet_s),
                                  (FEW, small_s), (100_000, small_s)):
            runs.setdefault(monitors, []).append(fleet_run(bench, monitors, seconds))
        bench.fleets = runs
    return bench.fleets


def million(bench, row):
    runs = fleets(bench)
    [large] = runs[MILLION]
    late = large.facts["late_ms"]
    return [
        Finding(row.key, "resident memory", Bound(at_most=600), [large.facts["resident_bytes"] / 2**20], "MiB"),
        Finding(row.key, "lateness, p99", Bound(at_most=10), [late["p99"]], "ms"),
        Finding(row.key, "lateness, p99.9", Bound(at_most=50), [late["p99.9"]], "ms"),
        Finding(row.key, "checks lost or skipped", Bound(at_most=0), [large.facts["lost"]], ""),
        Finding(row.key, "CPU per check / that of 10,000 monitors", Bound(at_most=1.2),
                [large.cpu_us / few.cpu_us for few in runs[FEW]], "×")]


def costs_by_monitors(bench):
    """[(monitors, [CPU a check])], ascending."""
    return [(monitors, [found.cpu_us for found in runs]) for monitors, runs in sorted(fleets(bench).items())]


def growth(bench, row):
    costs = [statistics.median(values) for _, values in costs_by_monitors(bench)]
    return [Finding(row.key, "greatest deviation of tracer's CPU per check, 1,000 to 1,000,000 monitors",
                    Bound(at_most=0.15), [greatest_deviation(costs)], unit="of the median")]


HALF = Load("tcp", 1000)
SPREAD_MONITORS = 10_000


def windows_at(bench, rate, count):
    """What happened in some stretches of time in a row, with so many checks due a second."""
    path = document(bench, HALF, SPREAD_MONITORS, SPREAD_MONITORS / rate)
    with running(bench, HALF, path) as daemon:
        before = daemon.await_reported(bench.probes(2 * SPREAD_MONITORS))
        for _ in range(count):
            time.sleep(bench.scale.seconds * 2)
            after = daemon.look()
            told = between(before, after)
            if told["verdicts"]["up"] != told["checks"]:
                raise Failed(f"of {told['checks']} checks {told['verdicts']['up']} were up")
            yield told
            before = after


def load_of(told):
    return (told["user_s"] + told["system_s"]) / told["wall_s"]


def lateness(bench, row):
    """A core is half busy, with checks spread as any fleet's are."""
    alternation = bench.alternations.get(HALF)
    costs = alternation.costs("tracer") if alternation else []
    rate = 0.5e6 / statistics.median(costs or [tracer(bench, HALF).cpu_us])
    # With less to do at a time a check costs more, so the rate is set right once.
    [told] = windows_at(bench, rate, 1)
    rate *= 0.5 / load_of(told)
    windows = list(windows_at(bench, rate, bench.scale.rounds))
    counts = {}
    for told in windows:
        for up_to, count in told["late"].items():
            counts[up_to] = counts.get(up_to, 0) + count
    loads = [round(load_of(told), 3) for told in windows]
    bench.extra["lateness"] = {"counts_ns": sorted(counts.items()), "checks_per_s": round(rate), "load": loads}
    return [Finding(row.key, "from due to started, p99", Bound(at_most=2),
                    [quantile_ms(told["late"], 0.99) for told in windows], "ms",
                    note=f"{rate:.0f} checks/s, one core at {statistics.median(loads):.0%}, "
                         f"{sum(told['skipped'] for told in windows)} checks skipped")]
