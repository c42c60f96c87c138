"""What `make bench` has measured: rows with a median, an interval and a target, as a table and as JSON.

The interval of a row is that of the median at 95%, by ranks (the sign test's), wherever there are samples; it says nothing of
how the machine differs from another. A row whose target is missed says so, and by how much.
"""

import json
import math
import statistics


def median_interval(samples):
    """(median, low, high) of the samples; the interval by ranks, all of them where they are few."""
    ordered = sorted(samples)
    count = len(ordered)
    reach = 0.98 * math.sqrt(count)
    low = max(0, math.floor(count / 2 - reach))
    high = min(count - 1, math.ceil(count / 2 + reach) - 1)
    return statistics.median(ordered), ordered[low], ordered[high]


class Row:
    """One line of the table. `at_most` or `at_least` is the target; neither: a figure to compare with."""

    def __init__(self, what, value, low=None, high=None, unit="", at_most=None, at_least=None, note=""):
        self.what, self.value, self.low, self.high, self.unit = what, value, low, high, unit
        self.at_most, self.at_least, self.note = at_most, at_least, note

    @classmethod
    def of(cls, what, samples, **rest):
        return cls(what, *median_interval(samples), **rest)

    @property
    def met(self):
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        return None

    def number(self, value):
        digits = 3 if self.unit == "×" else 2 if abs(value) < 100 else 0
        return f"{value:.{digits}f}"

    @property
    def target(self):
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else "-"

    @property
    def interval(self):
        if self.low is None:
            return "-"
        return f"{self.number(self.low)} to {self.number(self.high)}"

    def cells(self):
        verdict = {True: "met", False: "missed", None: "-"}[self.met]
        return [self.what, f"{self.number(self.value)} {self.unit}".strip(), self.interval, self.target, verdict, self.note]

    def as_json(self):
        return {"what": self.what, "value": self.value, "low": self.low, "high": self.high, "unit": self.unit,
                "at_most": self.at_most, "at_least": self.at_least, "met": self.met, "note": self.note}


HEAD = ["what", "median", "95% interval", "target", "", ""]


def table(rows):
    """Aligned text, a line a row."""
    lines = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(rows):
    """The same for the README."""
    lines = ["| what | median | 95% interval | target |", "|---|---|---|---|"]
    for row in rows:
        missed = " (missed)" if row.met is False else ""
        note = f" ({row.note})" if row.note else ""
        lines.append(f"| {row.what}{note} | {row.cells()[1]} | {row.interval} | {row.target}{missed} |")
    return "\n".join(lines)


def write_json(path, machine, rows):
    with open(path, "w", encoding="utf-8") as to:
        json.dump({"machine": machine, "rows": [row.as_json() for row in rows]}, to, indent=1, ensure_ascii=False)
        to.write("\n")
