"""Bar charts as SVG, light or dark as the reader has it, each on a ground of its own. Knows nothing of what was measured."""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH = 760
#: What is left of the bars, for the names of the rows; and right of them, for the numbers.
LABELS, NUMBERS, MARGIN = 190, 70, 12
BAR, GAP, ROW_GAP, LINE = 13, 2, 9, 20
#: Fill of the first, second … bar of every row; each stands out from either ground.
COLOURS = ("#2f7ed8", "#e08a1e", "#3aa36a", "#b05cc6")
_STYLE = """.ground { fill: #ffffff; }
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.panel { font-weight: 600; }
.weak { fill: #57606a; }
.axis { stroke: #8c959f; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; } text { fill: #e6edf3; } .weak { fill: #9aa4af; }
}"""


@dataclass
class Panel:
    """Rows of bars on one scale, which begins at zero."""
    title: str
    #: Name of a row and a value for each name in the chart's legend; None where there is none.
    rows: list = field(default_factory=list)


def bars(title, unit, legend, panels):
    """The text of an SVG file: `panels` below each other, one bar a row and name in `legend`."""
    y = MARGIN + LINE
    parts = [f'<text class="title" x="{MARGIN}" y="{y}">{escape(title)}</text>',
             f'<text class="weak" x="{WIDTH - MARGIN}" y="{y}" text-anchor="end">{escape(unit)}</text>']
    if len(legend) > 1:
        y += LINE
        x = MARGIN
        for index, name in enumerate(legend):
            parts.append(f'<rect x="{x}" y="{y - 10}" width="11" height="11" rx="2" fill="{_colour(index)}"/>')
            parts.append(f'<text x="{x + 16}" y="{y}">{escape(name)}</text>')
            x += 40 + 7 * len(name)
    for panel in panels:
        y += LINE + 6
        parts.append(f'<text class="panel" x="{MARGIN}" y="{y}">{escape(panel.title)}</text>')
        y += ROW_GAP
        top = y
        most = max((value for _, values in panel.rows for value in values if value is not None), default=0) or 1
        for name, values in panel.rows:
            height = len(values) * (BAR + GAP) - GAP
            parts.append(f'<text x="{LABELS - 8}" y="{y + height / 2 + 4:g}" text-anchor="end">{escape(name)}</text>')
            for index, value in enumerate(values):
                parts += _bar(y + index * (BAR + GAP), value, most, _colour(index))
            y += height + ROW_GAP
        parts.append(f'<line class="axis" x1="{LABELS}" y1="{top - 3}" x2="{LABELS}" y2="{y - ROW_GAP + 3}"/>')
    height = y + MARGIN
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">\n'
            f'<style>\n{_STYLE}\n</style>\n<rect class="ground" x="0" y="0" width="{WIDTH}" height="{height}" rx="6"/>\n'
            f"{body}\n</svg>\n")


def number(value):
    """Three digits, as far as there are as many."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _bar(y, value, most, colour):
    width = (value or 0) / most * (WIDTH - LABELS - NUMBERS - MARGIN)
    return [f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>',
            f'<text class="weak" x="{LABELS + width + 6:.1f}" y="{y + 11}">{number(value)}</text>']


def _colour(index):
    return COLOURS[index % len(COLOURS)]
