"""Two kinds of plots, as SVG that reads on a light and on a dark page."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH = 760
LABEL_WIDTH = 300
ROW_HEIGHT = 26
PLOT_HEIGHT = 300
MARGIN = 50
INK = "#6b7280"
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed")
MINE, OTHER = "#2563eb", "#9ca3af"


def bars(title: str, rows: Sequence[tuple[str, float, tuple[float, float]]], unit: str) -> str:
    """Horizontal bars from zero, with the middle half of the samples as a whisker.

    Parameters:
        rows: label, median, quartiles. What is ours begins with "ours".
    """
    longest = max(max(median, high) for _, median, (_, high) in rows)
    scale = (WIDTH - LABEL_WIDTH - 90) / longest
    parts = [_text(10, 22, title, size=15)]
    for number, (label, median, (low, high)) in enumerate(rows):
        top = 40 + number * ROW_HEIGHT
        middle = top + ROW_HEIGHT / 2 - 3
        colour = MINE if label.startswith("ours") else OTHER
        parts += [
            _text(LABEL_WIDTH - 8, middle + 5, label, anchor="end"),
            _box(LABEL_WIDTH, top, median * scale, ROW_HEIGHT - 7, colour),
            _line([(LABEL_WIDTH + low * scale, middle), (LABEL_WIDTH + high * scale, middle)], INK, 2),
            _text(LABEL_WIDTH + max(median, high) * scale + 8, middle + 5, f"{median:.3g} {unit}"),
        ]
    return _svg(parts, 50 + len(rows) * ROW_HEIGHT)


def lines(title: str, series: Mapping[str, Sequence[tuple[float, float]]], x_unit: str, y_unit: str) -> str:
    """Lines from zero; each is named at its end."""
    points = [point for line in series.values() for point in line]
    right, top = max(x for x, _ in points), max(y for _, y in points)
    x_scale = (WIDTH - 2 * MARGIN - 170) / right
    y_scale = (PLOT_HEIGHT - 2 * MARGIN) / top
    bottom = PLOT_HEIGHT - MARGIN

    def at(x: float, y: float) -> tuple[float, float]:
        return MARGIN + x * x_scale, bottom - y * y_scale

    parts = [
        _text(10, 22, title, size=15),
        _line([at(0, 0), at(right, 0)], INK, 1),
        _line([at(0, 0), at(0, top)], INK, 1),
    ]
    parts += [
        _text(*_shifted(at(right, 0), 0, 18), f"{right:g} {x_unit}", anchor="end"),
        _text(*_shifted(at(0, top), 6, -4), f"{top:.3g} {y_unit}"),
    ]
    taken: list[float] = []
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        parts.append(_line([at(x, y) for x, y in line], colour, 2))
        x, y = at(*line[-1])
        while any(abs(y - other) < 15 for other in taken):
            y += 3
        taken.append(y)
        parts.append(_text(x + 8, y + 4, name, colour=colour))
    return _svg(parts, PLOT_HEIGHT)


def _shifted(point: tuple[float, float], x: float, y: float) -> tuple[float, float]:
    return point[0] + x, point[1] + y


def _svg(parts: Sequence[str], height: float) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif">'
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _line(points: Sequence[tuple[float, float]], colour: str, width: int) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", colour: str = INK) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}>{escape(text)}</text>"
