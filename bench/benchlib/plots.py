"""Plots as SVG text: lines with whiskers over a logarithmic axis, and a histogram. Runs nothing, reads nothing."""

import math
import statistics
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 72, 24, 56, 64
# Told apart by people who do not tell red from green, and in grey by their marks.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
MARKS = ("circle", "square", "diamond", "triangle", "circle", "square")
INK, GRID, PAPER = "#222222", "#dddddd", "#ffffff"
FONT = "font-family='Helvetica, Arial, sans-serif'"


def nice_step(span, wanted=6):
    """A step of 1, 2 or 5 times a power of ten that cuts a span into about so many."""
    raw = span / wanted
    power = 10 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if raw <= factor * power * 1.0001)


def short(number):
    """1500 -> 1.5 k, 1000000 -> 1 M."""
    for size, suffix in ((1e6, " M"), (1e3, " k")):
        if abs(number) >= size:
            return f"{number / size:g}{suffix}"
    return f"{number:g}"


class Axes:
    """Where a value lies on the paper: x logarithmic, y from nothing."""

    def __init__(self, least_x, greatest_x, greatest_y):
        margin = 1.25  # so that no mark lies on the frame
        self.low, self.high = math.log10(least_x / margin), math.log10(greatest_x * margin)
        self.step = nice_step(greatest_y)
        self.top = self.step * math.ceil(greatest_y * 1.02 / self.step)

    def x(self, value):
        return LEFT + (math.log10(value) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def y_ticks(self):
        return [self.step * number for number in range(round(self.top / self.step) + 1)]


def text(x, y, words, anchor="middle", size=12, more=""):
    return (f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-size='{size}' fill='{INK}' {FONT} {more}>"
            f"{escape(words)}</text>")


def line(x1, y1, x2, y2, colour, width=1.0):
    return (f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}' "
            f"stroke-width='{width}'/>")


def mark(kind, x, y, colour):
    size = 4.5
    if kind == "circle":
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{size}' fill='{colour}'/>"
    corners = {"square": ((-1, -1), (1, -1), (1, 1), (-1, 1)), "diamond": ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)),
               "triangle": ((0, -1.3), (1.2, 1), (-1.2, 1))}[kind]
    points = " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in corners)
    return f"<polygon points='{points}' fill='{colour}'/>"


def page(title, body):
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' "
            f"height='{HEIGHT}' role='img' aria-label='{escape(title)}'>\n"
            f"<rect width='{WIDTH}' height='{HEIGHT}' fill='{PAPER}'/>\n"
            f"{text(LEFT, 24, title, 'start', 15, 'font-weight=' + chr(39) + 'bold' + chr(39))}\n"
            + "\n".join(body) + "\n</svg>\n")


def frame(axes, x_ticks, x_label, y_label):
    """Grid, ticks and the axes' labels; x_ticks are (value, words)."""
    body = []
    for value in axes.y_ticks():
        y = axes.y(value)
        body += [line(LEFT, y, WIDTH - RIGHT, y, GRID), text(LEFT - 8, y + 4, short(value), "end")]
    for value, words in x_ticks:
        x = axes.x(value)
        body += [line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, INK),
                 text(x, HEIGHT - BOTTOM + 20, words)]
    body += [line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, INK),
             line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, INK),
             text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, x_label, size=13)]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [*body, text(20, middle, y_label, size=13, more=f"transform='rotate(-90 20 {middle:.1f})'")]


def legend(names):
    body, x = [], LEFT
    for number, name in enumerate(names):
        colour, kind = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
        body += [line(x, 42, x + 20, 42, colour, 2), mark(kind, x + 10, 42, colour), text(x + 26, 46, name, "start")]
        x += 26 + 7 * len(name) + 24
    return body


def lines(title, x_label, y_label, series):
    """series: {name: [(x, [values])]}: a line through the medians, whiskers from the least to the greatest."""
    series = {name: [(x, values) for x, values in points if values] for name, points in series.items()}
    series = {name: points for name, points in series.items() if points}
    if not series:
        return None
    all_x = sorted({x for points in series.values() for x, _ in points})
    greatest = max(max(values) for points in series.values() for _, values in points)
    axes = Axes(all_x[0], all_x[-1], greatest)
    body = frame(axes, [(x, short(x)) for x in all_x], x_label, y_label) + legend(series)
    for number, points in enumerate(series.values()):
        colour, kind = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
        path = [(axes.x(x), axes.y(statistics.median(values))) for x, values in points]
        body.append(f"<polyline points='{' '.join(f'{x:.1f},{y:.1f}' for x, y in path)}' fill='none' "
                    f"stroke='{colour}' stroke-width='2'/>")
        for (x, y), (_, values) in zip(path, points):
            least, most = axes.y(min(values)), axes.y(max(values))
            body += [line(x, least, x, most, colour, 1.2), line(x - 4, least, x + 4, least, colour, 1.2),
                     line(x - 4, most, x + 4, most, colour, 1.2), mark(kind, x, y, colour)]
    return page(title, body)


def histogram(title, x_label, counts, marks):
    """counts: [(up to, how many)], ascending; each bar reaches down to the range before it. marks: {words: x}."""
    counts = [(up_to, count) for up_to, count in counts if up_to > 0]
    if not counts:
        return None
    everything = sum(count for _, count in counts)
    lower = [counts[0][0] / 1.15, *[up_to for up_to, _ in counts[:-1]]]
    shares = [100 * count / everything for _, count in counts]
    axes = Axes(lower[0], max(counts[-1][0], *marks.values()), max(shares))
    decades = range(math.ceil(axes.low), math.floor(axes.high) + 1)
    body = frame(axes, [(10 ** power, short_time(10 ** power)) for power in decades], x_label, "checks, %")
    for begin, (up_to, _), share in zip(lower, counts, shares):
        # A range with nothing before it is as wide as the histogram's own ranges are.
        left, right = axes.x(max(begin, up_to / 1.15)), axes.x(up_to)
        y = axes.y(share)
        body.append(f"<rect x='{left:.1f}' y='{y:.1f}' width='{max(right - left - 0.5, 0.5):.1f}' "
                    f"height='{HEIGHT - BOTTOM - y:.1f}' fill='{COLOURS[0]}'/>")
    for number, (words, at) in enumerate(marks.items()):
        x = axes.x(at)
        body += [line(x, TOP, x, HEIGHT - BOTTOM, COLOURS[1], 1.2),
                 text(x - 5, TOP + 14 + 16 * number, words, "end")]
    return page(title, body)


def short_time(nanoseconds):
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:g} {unit}"
    return f"{nanoseconds:g} ns"
