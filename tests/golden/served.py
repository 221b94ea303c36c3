# SPDX-License-Identifier: BSD-3-Clause
"""A running program that serves its pages, and what Prometheus would read of them."""

import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

from checks import PROGRAM, environment


class Served:
    """The program with -http on a port of its own, as a context; `wait_end` waits until the capture has ended."""

    def __init__(self, *arguments, cwd=None, stdin=subprocess.DEVNULL, address="127.0.0.1:0", last=()):
        self.process = subprocess.Popen(
            [PROGRAM, *arguments, "-http", address, *last],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment(),
        )
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.url = self.wait_line(r"serving (http://\S+/)").group(1)

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()

    def wait_line(self, pattern, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                found = re.search(pattern, line)
                if found:
                    return found
            assert self.process.poll() is None or self.reader.is_alive(), "ended: %s" % self.lines
            time.sleep(0.02)
        raise AssertionError("no line with %s: %s" % (pattern, self.lines))

    def wait_end(self):
        self.wait_line("the capture has ended")

    def get(self, path, method="GET", **headers):
        """(status, headers, body) of a page."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, answer.headers, answer.read().decode("utf-8")

    def stop(self):
        """Asks it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)')


def parse(text):
    """{(name, labels): value} of Prometheus's text format 0.0.4; asserts what the format asks for."""
    values, types, helps, last = {}, {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            assert what in ("HELP", "TYPE") and rest.strip(), line
            if what == "HELP":
                assert name not in helps, line
                helps.add(name)
                last = name
            else:
                assert name == last and rest in ("counter", "gauge", "histogram"), line
                types[name] = rest
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        family = re.sub("_(bucket|sum|count)$", "", name) if types[last] == "histogram" else name
        assert family == last and (types[family] != "counter" or name.endswith("_total")), line
        key = (name, tuple(sorted(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or ""))))
        assert key not in values, line
        values[key] = float(value)
    assert helps == set(types)
    check_histograms(values, types)
    return values


def check_histograms(values, types):
    """Buckets only rise, and the last one is the count."""
    series = {}
    for (name, labels), value in values.items():
        if name.endswith("_bucket") and types.get(name[:-7]) == "histogram":
            rest = tuple(label for label in labels if label[0] != "le")
            series.setdefault((name[:-7], rest), []).append((float(dict(labels)["le"]), value))
    for (name, labels), buckets in series.items():
        buckets.sort()
        counts = [count for _, count in buckets]
        assert counts == sorted(counts) and buckets[-1][0] == float("inf"), (name, labels)
        assert counts[-1] == values[name + "_count", labels], (name, labels)


def total(values, name, **labels):
    """Sum of the samples of a name that have the labels."""
    wanted = set(labels.items())
    return sum(value for (n, has), value in values.items() if n == name and wanted <= set(has))
