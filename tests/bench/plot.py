# SPDX-License-Identifier: BSD-3-Clause
"""Lines over an axis as SVG: enough for the plots of docs/performance.md."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 16, 40, 56
COLOURS = ("#1f5fa8", "#c4501b", "#2f7d4f")


def nice(most):
    """A round step that divides the axis into some five parts."""
    step = 10 ** math.floor(math.log10(most / 5))
    return next(step * k for k in (1, 2, 5, 10) if step * k * 6 >= most)


def label(x):
    return "%g M" % (x / 1e6) if x >= 1e6 else "%g k" % (x / 1e3) if x >= 1e3 else "%g" % x


def write(path, title, x_name, y_name, xs, series, logarithmic=False):
    """`series` are pairs of a name and the values at `xs`. The vertical axis starts at 0."""
    place = (lambda x: math.log(x)) if logarithmic else float
    first, last = place(xs[0]), place(xs[-1])
    step = nice(max(max(values) for _, values in series))
    top = step * math.ceil(max(max(values) for _, values in series) / step)

    def at(x, y):
        return (LEFT + (place(x) - first) / (last - first) * (WIDTH - LEFT - RIGHT - 24) + 12,
                HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
           '<rect width="100%" height="100%" fill="white"/>',
           '<text x="%d" y="20" font-size="14">%s</text>' % (LEFT, title)]
    for k in range(round(top / step) + 1):
        y = at(xs[0], k * step)[1]
        out.append('<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>' % (
            LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, k * step))
    for x in xs:
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (at(x, 0)[0], HEIGHT - BOTTOM + 18, label(x)))
    out.append('<text x="%d" y="%d" text-anchor="middle">%s</text>' % ((LEFT + WIDTH) / 2, HEIGHT - 16, x_name))
    out.append('<text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>' % (HEIGHT / 2, y_name))
    for k, (name, values) in enumerate(series):
        points = [at(x, y) for x, y in zip(xs, values)]
        out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (
            " ".join("%.1f,%.1f" % p for p in points), COLOURS[k]))
        out += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (*p, COLOURS[k]) for p in points]
        out.append('<text x="%d" y="%d" fill="%s">%s</text>' % (LEFT + 18, TOP + 16 + 16 * k, COLOURS[k], name))
    with open(path, "w") as f:
        f.write("\n".join(out) + "\n</svg>\n")
