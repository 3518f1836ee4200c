"""The report of a run: one JSON object, and Markdown and plots made of the same. Measures nothing."""

import json
import statistics
from pathlib import Path

from . import plots
from .measure import NOT_MEASURED, verdict_of_row

FORMAT = 1


def number(value):
    """Three figures that matter, and no more digits."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def spread_text(values):
    if not values:
        return "–"
    return number(values[0]) if len(values) == 1 else f"{number(min(values))} – {number(max(values))}"


def contents(bench, found, about):
    """Everything that is known, as the JSON report has it. `found`: {row: findings}; `about`: machine and so on."""
    return {
        "format": FORMAT, **about,
        "rows": [{"row": row.key, "what": row.what, "verdict": verdict_of_row(findings) if findings else None,
                  "findings": [finding.as_json() for finding in findings]} for row, findings in found.items()],
        "readings": [{"load": str(load), "program": program,
                      "readings": [reading.as_json() for reading in alternation.readings(program)]}
                     for load, alternation in bench.alternations.items() for program in programs_of(alternation)],
        "missing": {program: why for alternation in bench.alternations.values()
                    for program, why in alternation.missing.items()},
        "thrown_away": [{"program": program, "load": load, "round": round_number, "why": why}
                        for program, load, round_number, why in bench.voided],
        "notes": bench.notes, "extra": bench.extra, "commands": bench.commands,
    }


def programs_of(alternation):
    """In the order in which they first ran."""
    return list(dict.fromkeys(program for found in alternation.rounds for program in found))


def table(head, lines):
    rule = ["---"] * len(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def targets_table(told):
    lines = []
    for row in told["rows"]:
        for finding in row["findings"]:
            measured = "–" if finding["median"] is None else f"{number(finding['median'])} {finding['unit']}".strip()
            verdict = finding["verdict"] if finding["verdict"] == "met" else f"**{finding['verdict']}**"
            lines.append([row["row"], finding["what"], f"{finding['target']} {finding['unit']}".strip() or "–",
                          measured, spread_text(finding["values"]), verdict, finding["note"]])
    return table(["row", "what", "target", "measured", "spread", "", "remark"], lines)


def costs_table(told):
    lines = []
    for entry in told["readings"]:
        readings = entry["readings"]
        if not readings:
            continue
        costs = [reading["cpu_us"] for reading in readings]
        user = statistics.median(reading["user_s"] / reading["checks"] * 1e6 for reading in readings)
        rate = statistics.median(reading["checks"] / reading["wall_s"] for reading in readings)
        lines.append([entry["load"], entry["program"], number(statistics.median(costs)), spread_text(costs),
                      number(user), number(rate), str(len(readings))])
    return table(["load", "program", "CPU µs per check", "spread", "of it user", "checks/s", "rounds"], lines)


def markdown(told, plot_names):
    parts = ["# How fast tracer is, measured", "",
             f"{told['machine']['time']}, commit {told['commit']}, {told['scale']['name']} run.", "",
             "Every ratio is of CPU time (user and system) per check, from programs that ran in turn; it is taken "
             "within a round, and the median over the rounds stands beside the least and the greatest. How each row "
             "is measured is told in docs/performance.md.", "", "## Targets", "", targets_table(told), ""]
    unmeasured = [row["row"] for row in told["rows"] if row["verdict"] == NOT_MEASURED]
    if unmeasured:
        parts += [f"Rows with something that was not measured: {', '.join(unmeasured)}.", ""]
    if told["readings"]:
        parts += ["## Cost per check", "", costs_table(told), ""]
    for name, title in plot_names.items():
        parts += [f"![{title}]({name})", ""]
    if told["missing"]:
        parts += ["## Not on this machine", "", *[f"- {why}" for why in told["missing"].values()], ""]
    parts += ["## Runs thrown away", ""]
    parts += [f"- {lost['program']}, {lost['load']}, round {lost['round']}: {lost['why']}"
              for lost in told["thrown_away"]] or ["None: every probe of every run succeeded."]
    if told["notes"]:
        parts += ["", "## Remarks", "", *[f"- {note}" for note in told["notes"]]]
    parts += ["", "## Machine and versions", ""]
    facts = {**told["machine"], **told["versions"], **told["build"], "pinned": told["pinned"]}
    parts += [table(["", ""], [[name, str(value) if value is not None else "–"] for name, value in facts.items()])]
    parts += ["", "## Commands", "", "`$TMP` is a folder of the run.", "", "```", *told["commands"], "```", ""]
    return "\n".join(parts)


def draw(bench):
    """{file name: (title, SVG)} of what was measured."""
    drawn = {}

    def keep(name, title, svg):
        if svg:
            drawn[name] = (title, svg)

    in_flight = {}
    for load, alternation in bench.alternations.items():
        if load.kind == "tcp":
            for program in ("tracer", "connect_floor"):
                in_flight.setdefault(program, []).append((load.in_flight, alternation.costs(program)))
    in_flight = {program: sorted(points) for program, points in in_flight.items()}
    title = "CPU time per plain TCP check, by connections in flight"
    keep("in-flight.svg", title, plots.lines(title, "connections in flight (bound)", "µs per check", in_flight))
    if bench.fleets:
        points = [(monitors, [reading.cpu_us for reading in readings])
                  for monitors, readings in sorted(bench.fleets.items())]
        title = "CPU time per plain TCP check, by monitors"
        keep("monitors.svg", title, plots.lines(title, "monitors", "µs per check", {"tracer": points}))
    if "lateness" in bench.extra:
        title = "From due to started, one core at half load"
        keep("lateness.svg", title, plots.histogram(title, "lateness", bench.extra["lateness"]["counts_ns"],
                                                    {"target of p99": 2e6}))
    return drawn


def write(folder, bench, found, about):
    """Writes report.json, report.md and the plots; returns what the JSON report holds."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    told = contents(bench, found, about)
    drawn = draw(bench)
    for name, (_, svg) in drawn.items():
        (folder / name).write_text(svg, encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    titles = {name: title for name, (title, _) in drawn.items()}
    (folder / "report.md").write_text(markdown(told, titles), encoding="utf-8")
    return told
