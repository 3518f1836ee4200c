"""The rows of the targets: which programs each compares under which load, or how else it is measured.

A row is met when each of its findings is. Rows that compare the CPU time of programs only say what they compare; all
programs that the asked-for rows want under one load are run in one alternation.
"""

import dataclasses
import itertools
import time

from . import fleets, machine, peers, singles, subjects
from .bench import Load
from .measure import Bound, Failed, Finding, Missing, alternate, greatest_deviation, troubles_void

PROGRAMS = {
    "tracer": subjects.tracer,
    "tracer, epoll": subjects.tracer_epoll,
    "connect_floor": subjects.connect_floor,
    "tls_floor": subjects.tls_floor,
    "epoll_loop": subjects.epoll_loop,
    "Go loop": subjects.go_loop,
    "blackbox_exporter": peers.blackbox,
    "check_tcp": peers.check_tcp,
    "nmap -sT": peers.nmap,
    "openssl s_time": peers.s_time,
}

TCP = {count: Load("tcp", count) for count in (100, 1000, 10_000, 20_000)}
TLS = Load("tls", 1000, service="tls13")
# Twice as many chains, in turn, as tracer remembers.
COLD = Load("tls", 1000, service="tls13", leaves=8192)


@dataclasses.dataclass(frozen=True)
class Comparison:
    load: Load
    above: str
    below: str
    bound: Bound


@dataclasses.dataclass(frozen=True)
class Row:
    key: str
    what: str
    comparisons: tuple = ()
    also: tuple = ()  # (load, program): run beside, for the tables and plots alone
    measure: object = None  # (bench) -> [Finding], where there is more to it than comparisons

    def wanted(self):
        """The (load, program) that must have been run."""
        for comparison in self.comparisons:
            yield comparison.load, comparison.above
            yield comparison.load, comparison.below
        yield from self.also


def findings_of(bench, row):
    found = [ratio_finding(bench, row, comparison) for comparison in row.comparisons]
    return found + (list(row.measure(bench, row)) if row.measure else [])


def ratio_finding(bench, row, comparison):
    alternation = bench.alternations[comparison.load]
    values = alternation.ratios(comparison.above, comparison.below)
    note = ""
    if len(values) < bench.scale.rounds:
        absent = [name for name in (comparison.above, comparison.below)
                  if len(alternation.readings(name)) < bench.scale.rounds]
        note = "; ".join(alternation.why_absent(name) for name in absent)
    return Finding(row.key, f"{comparison.above} / {comparison.below}, {comparison.load}", comparison.bound, values,
                   note=note, needed=bench.scale.rounds)


def growth_in_flight(bench, row):
    """Round by round, how far tracer's cost at any number in flight is from the median of them."""
    by_load = [bench.alternations[load].costs("tracer") for load in TCP.values()]
    values = [greatest_deviation(costs) for costs in zip(*by_load)]
    return [Finding(row.key, "greatest deviation of tracer's CPU per check, 100 to 20,000 in flight",
                    Bound(at_most=0.15), values, unit="of the median", needed=bench.scale.rounds,
                    note="" if values else "tracer was not measured at every number in flight")]


ROWS = (
    Row("tcp-floor", "plain TCP check, all of tracer, against the connect floor",
        tuple(Comparison(TCP[count], "tracer", "connect_floor", Bound(at_most=1.10))
              for count in (1000, 10_000, 20_000))),
    Row("tls-floor", "TLS check, everything verified and reported, trust cache warm, against the TLS floor",
        (Comparison(TLS, "tracer", "tls_floor", Bound(at_most=1.10)),)),
    Row("tls-cold", "the same with a cold trust cache",
        (Comparison(COLD, "tracer", "tls_floor", Bound(at_most=1.5)),)),
    Row("blackbox", "blackbox_exporter's CPU time per check against tracer's",
        (Comparison(TCP[1000], "blackbox_exporter", "tracer", Bound(at_least=10)),
         Comparison(TLS, "blackbox_exporter", "tracer", Bound(at_least=4)))),
    Row("go", "tracer against a Go loop that judges nothing",
        (Comparison(TCP[1000], "tracer", "Go loop", Bound(at_most=0.7)),
         Comparison(TLS, "tracer", "Go loop", Bound(at_most=0.5)))),
    Row("black-hole", "connects in flight in one process under 20,000 descriptors", measure=singles.black_hole),
    Row("tls-in-flight", "TLS handshakes in flight", measure=singles.tls_in_flight),
    Row("million", "one million monitors, one process", measure=fleets.million),
    Row("import", "bulk import against the JSON floor", measure=singles.bulk_import),
    Row("evaluator", "evaluator thread, and pipeline", measure=singles.evaluator),
    Row("growth", "CPU per check, whatever the number in flight and of monitors",
        also=tuple((load, "tracer") for load in TCP.values()),
        measure=lambda bench, row: [*growth_in_flight(bench, row), *fleets.growth(bench, row)]),
    Row("lateness", "schedule to first SYN at 50 % load", measure=fleets.lateness),
    # No target of its own; the peers beside tracer.
    Row("peers", "other programs, and tracer over epoll",
        also=tuple(itertools.chain(
            ((TCP[1000], name) for name in ("tracer", "tracer, epoll", "epoll_loop", "check_tcp", "nmap -sT")),
            ((TLS, name) for name in ("tracer", "tracer, epoll", "epoll_loop", "check_tcp", "openssl s_time"))))),
)


MOST_DROPPED = 0.01  # of the checks: then it is the server that is measured


def watched(bench, load, program):
    """The reading, with what its run meant to the server: the CPU time that it had, and whom it had no room for."""
    server_s, dropped, begin = bench.fleet(load).cpu_s(), machine.dropped_connections(), time.monotonic()
    with troubles_void():
        found = program(bench, load)
    busy = (bench.fleet(load).cpu_s() - server_s) / (time.monotonic() - begin)
    dropped = machine.dropped_connections() - dropped
    if dropped > MOST_DROPPED * found.checks:
        raise Failed(f"the server's queue was full for {dropped} connections, of {found.checks} checks")
    found.facts.update(server_busy=round(busy, 3), dropped=dropped)
    return found


def alternations(bench, rows):
    """Runs what the rows compare, all of it in each round: costs under different loads are compared, too."""
    wanted = {}
    for load, program in itertools.chain.from_iterable(row.wanted() for row in rows):
        wanted.setdefault(load, {}).setdefault(program, None)

    def tell(subject, number, result):
        said = f"{result.cpu_us:.1f} us a check" if hasattr(result, "cpu_us") else str(result)
        bench.tell(f"round {number + 1}: {subject[0]}: {subject[1]}: {said}")

    run = {(load, name): (lambda load=load, program=PROGRAMS[name]: watched(bench, load, program))
           for load, names in wanted.items() for name in names}
    done = alternate(run, bench.scale.rounds, tell=tell)
    for load in wanted:
        bench.alternations[load] = done.under(load)
        bench.voided += [(program, str(load), number + 1, why)
                         for program, number, why in bench.alternations[load].voided]


def measure(bench, rows):
    """{row: findings} of the rows, in their order. What one of them cannot do does not keep the others from it."""
    alternations(bench, rows)
    found = {}
    for row in rows:
        bench.tell(f"row {row.key}")
        try:
            with troubles_void():
                found[row] = findings_of(bench, row)
        except (Missing, Failed) as reason:
            if isinstance(reason, Failed):
                bench.voided.append((row.key, row.what, 1, str(reason)))
            found[row] = [Finding(row.key, row.what, Bound(), [], note=str(reason))]
        for finding in found[row]:
            bench.tell(f"  {finding.what}: {finding.verdict}"
                       f"{f' ({finding.median:.3g})' if finding.values else ''} {finding.note}")
    return found
