"""Readings, their alternation, and the arithmetic that turns them into verdicts. Runs nothing itself.

A Reading is what one run of one program came to. Programs that are compared run in turn, round by round; a ratio is
taken within a round, and what is reported is the median over the rounds with the least and the greatest.
"""

import contextlib
import dataclasses
import statistics
import subprocess


class Failed(Exception):
    """A run whose figures must not be used, because a probe failed or the program did; one sentence."""


class Missing(Exception):
    """A program that is not on this machine; one sentence."""


@contextlib.contextmanager
def troubles_void():
    """What a program or the machine does unexpectedly costs one run, and not the others of an evening."""
    try:
        yield
    except (OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
        raise Failed(f"{type(error).__name__}: {error}") from error


@dataclasses.dataclass(frozen=True)
class Reading:
    checks: int
    user_s: float
    system_s: float
    wall_s: float
    facts: dict = dataclasses.field(default_factory=dict)  # what else is known of the run

    @property
    def cpu_us(self):
        """CPU time a check, in microseconds."""
        return (self.user_s + self.system_s) / self.checks * 1e6

    def as_json(self):
        return {"checks": self.checks, "user_s": round(self.user_s, 6), "system_s": round(self.system_s, 6),
                "wall_s": round(self.wall_s, 6), "cpu_us": round(self.cpu_us, 3), **self.facts}


def reading(checks, succeeded, user_s, system_s, wall_s, **facts):
    """The only way to a Reading: one failed probe voids the run."""
    if checks <= 0:
        raise Failed("no check was made")
    if succeeded != checks:
        raise Failed(f"{checks - succeeded} of {checks} probes failed")
    if user_s + system_s <= 0:
        raise Failed("no CPU time was counted")
    return Reading(checks, user_s, system_s, wall_s, facts)


@dataclasses.dataclass
class Alternation:
    """The readings of several programs, a mapping {program: Reading} for each round."""

    rounds: list = dataclasses.field(default_factory=list)
    voided: list = dataclasses.field(default_factory=list)  # (program, round, why)
    missing: dict = dataclasses.field(default_factory=dict)  # program: why

    def under(self, load):
        """What belongs to one load, where the programs are (load, program)."""
        return Alternation(
            [{program: found for (of, program), found in round_.items() if of == load} for round_ in self.rounds],
            [(program, number, why) for (of, program), number, why in self.voided if of == load],
            {program: why for (of, program), why in self.missing.items() if of == load})

    def readings(self, program):
        return [found[program] for found in self.rounds if program in found]

    def costs(self, program):
        return [found.cpu_us for found in self.readings(program)]

    def ratios(self, above, below):
        """CPU a check of one over the other's, from the rounds in which both are valid."""
        return [found[above].cpu_us / found[below].cpu_us
                for found in self.rounds if above in found and below in found]

    def why_absent(self, program):
        if program in self.missing:
            return self.missing[program]
        reasons = [f"{why}" for name, _, why in self.voided if name == program]
        return f"{program}: thrown away: {reasons[-1]}" if reasons else f"{program} was not run"


MOST_FAILURES = 2  # then a program is not run again


def alternate(subjects, rounds, extra_rounds=2, tell=lambda program, number, result: None):
    """Runs every subject, a mapping {program: callable that returns a Reading}, once a round; every other round
    backwards, so that a drift of the machine falls on all alike. Where runs were thrown away more rounds follow."""
    result = Alternation()
    failures = dict.fromkeys(subjects, 0)
    for number in range(rounds + extra_rounds):
        left = [name for name in subjects if name not in result.missing and failures[name] < MOST_FAILURES]
        if number >= rounds and all(len(result.readings(name)) >= rounds for name in left):
            break
        found = {}
        for name in left if number % 2 == 0 else reversed(left):
            try:
                found[name] = subjects[name]()
                tell(name, number, found[name])
            except Missing as reason:
                result.missing[name] = str(reason)
                tell(name, number, reason)
            except Failed as reason:
                failures[name] += 1
                result.voided.append((name, number, str(reason)))
                tell(name, number, reason)
        result.rounds.append(found)
    return result


@dataclasses.dataclass(frozen=True)
class Bound:
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value):
        return ((self.at_most is None or value <= self.at_most) and
                (self.at_least is None or value >= self.at_least))

    def __str__(self):
        sides = [f"{sign} {value:g}" for sign, value in (("≤", self.at_most), ("≥", self.at_least))
                 if value is not None]
        return " and ".join(sides)


MET, NOT_MET, NOT_MEASURED = "met", "not met", "not measured"


@dataclasses.dataclass
class Finding:
    """One target against what was measured: a line of the report's table."""

    row: str  # the row of the targets that it belongs to
    what: str
    bound: Bound
    values: list  # one a round; empty when it could not be measured
    unit: str = "×"
    note: str = ""  # why it was not measured, or what to know of it
    needed: int = 1  # fewer values than these are no measurement

    @property
    def median(self):
        return statistics.median(self.values) if self.values else None

    @property
    def spread(self):
        return (min(self.values), max(self.values)) if self.values else None

    @property
    def verdict(self):
        if not self.values or len(self.values) < self.needed:
            return NOT_MEASURED
        return MET if self.bound.holds(self.median) else NOT_MET

    def as_json(self):
        return {"row": self.row, "what": self.what, "target": str(self.bound), "unit": self.unit,
                "median": self.median, "spread": list(self.spread) if self.spread else None,
                "values": self.values, "verdict": self.verdict, "note": self.note}


def greatest_deviation(values):
    """How far the one farthest from the median of all is from it, as a share of the median."""
    middle = statistics.median(values)
    return max(abs(value - middle) for value in values) / middle


def verdict_of_row(findings):
    """A row is met when all that it asks for is."""
    verdicts = {finding.verdict for finding in findings}
    if NOT_MET in verdicts:
        return NOT_MET
    return NOT_MEASURED if NOT_MEASURED in verdicts or not verdicts else MET
