#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The live page and the report in a real browser, with a real replay behind them: what they show, in which colours, on which screens,
by which keys, and that names from the wire are only ever text."""

import json
import os
import random
import subprocess
import time

from browser import Browser
from checks import errors, main, records, run, test
from served import Served
from wire import Capture, a, query, response, rr

LINGER = ("-quiet", "-http_linger", "10m", "-name", "sensor-1")
HOSTILE = "<img/src=x/onerror=document.title=1>"

# The least contrast of any text with what is behind it, by WCAG 2.2's formula, and where.
CONTRAST = """(() => {
	const parts = text => text.match(/[\\d.]+/g).map(Number);
	const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	let least = [99, ""];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement;
		if (!n.data.trim() || ["SCRIPT", "NOSCRIPT", "STYLE"].includes(e.tagName) || !e.getClientRects().length)
			continue;
		const svg = e instanceof SVGElement;
		let behind = svg ? e.closest("figure, section") : e;
		while (behind && (parts(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0)
			behind = behind.parentElement;
		const a = light(parts(svg ? getComputedStyle(e).fill : getComputedStyle(e).color));
		const b = light(parts(getComputedStyle(behind || document.documentElement).backgroundColor));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < least[0])
			least = [ratio, n.data];
	}
	return least;
})()"""


def capture(folder, n=400):
    """Lookups of a few names, one of which would like to be a script."""
    c, numbers = Capture(), random.Random(3)
    for i in range(n):
        owner = ["www.example.co.uk", "mail.example.org", HOSTILE + ".example"][min(int(numbers.paretovariate(1)) - 1, 2)]
        c.ask(query(i, owner, "A"), sport=1024 + i, after=10**7)
        if i % 10:
            c.answer(response(i, owner, "A", [rr(12, "A", 1, a("192.0.2.1"))], flags=0x8180 | (3 if i % 7 == 0 else 0)), sport=1024 + i,
                     after=numbers.randrange(10**5, 10**8))
    path = os.path.join(folder, "c.pcap")
    with open(path, "wb") as out:
        out.write(c.pcap())
    return path


def rows(browser, place):
    """The cells of a table's body."""
    return browser.run("[...document.querySelectorAll('#%s tbody tr')].map(r => [...r.cells].map(c => c.innerText.trim()))" % place)


def check_figures(browser, answered):
    """What the page shows is what the records tell."""
    names = [r["q"] for r in answered]
    shown = {row[0]: int(row[1].replace(",", "")) for row in rows(browser, "top-names")}
    assert shown == {name: names.count(name) for name in set(names)}, shown
    assert rows(browser, "top-domains")[0][0] == "example.co.uk" or not os.path.exists("/usr/share/publicsuffix/public_suffix_list.dat")
    codes = {row[0]: int(row[1].replace(",", "")) for row in rows(browser, "rcodes")}
    assert codes == {"NOERROR": sum(r["rcode"] == 0 for r in answered), "NXDOMAIN": sum(r["rcode"] == 3 for r in answered)}, codes
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    told = sum(int(cell.replace(",", "")) for row in rows(browser, "rates-table") for cell in row[1:])
    assert told == len(answered), (told, len(answered))
    assert sum(int(row[1].replace(",", "")) for row in rows(browser, "distribution-table")) == len(answered)
    assert {row[1] for row in rows(browser, "losses")} == {"nothing"}
    assert browser.run("document.querySelectorAll('#rates path, #distribution rect').length") > 5


def check_safe(browser):
    """The name that would be a script is text, and nothing was refused or failed."""
    assert browser.run("document.body.innerText.includes(%s)" % json.dumps(HOSTILE))
    assert browser.run("document.querySelectorAll('img').length") == 0
    assert browser.run("document.title").startswith("dnsweir")
    assert not browser.problems, browser.problems


@test
def the_page_shows_what_the_records_tell(folder):
    path = capture(folder)
    answered = records(run("-pcap", path, cwd=folder).stdout)
    with Served("-pcap", path, *LINGER, "-logfile", os.path.join(folder, "log"), cwd=folder) as program:
        program.wait_end()
        with Browser() as browser:
            browser.open(program.url)
            browser.wait("document.body.dataset.shown > 1")
            check_figures(browser, answered)
            check_safe(browser)
            assert rows(browser, "sinks")[0][0] == "file" and rows(browser, "sinks")[0][-1] == "✓ healthy"
            assert "sensor-1" in browser.run("document.getElementById('source').innerText")


@test
def it_follows_the_run(folder):
    """Figures rise while packets come; a pause stops it; the end of the program is told."""
    data = open(capture(folder, 2000), "rb").read()
    with Served("-pcap", "-", *LINGER, "-unanswered", cwd=folder, stdin=subprocess.PIPE) as program, Browser() as browser:
        program.process.stdin.write(data[: len(data) // 3])
        program.process.stdin.flush()
        browser.open(program.url)
        browser.wait("document.querySelectorAll('#rcodes tbody tr').length")
        browser.wait("document.getElementById('state').innerText.includes('running, healthy')")
        count = "parseInt((document.querySelector('#rcodes tbody td.n') || {innerText: '0'}).innerText.replace(',', ''))"
        before = browser.run(count)
        browser.run("document.getElementById('pause').click()")
        program.process.stdin.write(data[len(data) // 3 : 2 * len(data) // 3])
        program.process.stdin.flush()
        time.sleep(2.5)
        assert browser.run(count) == before
        browser.run("document.getElementById('pause').click()")
        browser.wait("%s > %d" % (count, before))
        browser.run("document.getElementById('range-live').click()")
        browser.wait("document.querySelectorAll('#rates path').length")
        program.process.stdin.close()
        browser.wait("document.getElementById('state').innerText.includes('the capture has ended')")
        assert not browser.problems, browser.problems
        program.stop()
        browser.wait("document.getElementById('state').innerText.includes('no answer')")


@test
def light_and_dark_and_small_screens(folder):
    with Served("-pcap", capture(folder), *LINGER, cwd=folder) as program:
        program.wait_end()
        for dark in (False, True):
            for width, height in ((1280, 900), (390, 844), (320, 640)):
                with Browser(width, height, dark) as browser:
                    browser.open(program.url)
                    browser.wait("document.body.dataset.shown > 0")
                    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
                    paper = browser.run("getComputedStyle(document.body).backgroundColor")
                    assert (sum(map(int, paper[4:-1].split(","))) < 150) == dark, paper
                    ratio, text = browser.run(CONTRAST)
                    assert ratio >= 4.5, (dark, width, ratio, text)
                    assert browser.run("document.documentElement.scrollWidth <= innerWidth"), (dark, width)


@test
def everything_is_reached_and_done_by_keys(folder):
    with Served("-pcap", capture(folder), *LINGER, cwd=folder) as program, Browser() as browser:
        program.wait_end()
        browser.open(program.url)
        browser.wait("document.body.dataset.shown > 0")
        wanted = browser.run("document.querySelectorAll('a, button, summary').length")
        reached = []
        for _ in range(4 * wanted):
            browser.key("Tab")
            at = browser.run("""(() => { const e = document.activeElement;
                return [e.tagName, e.id || e.innerText, getComputedStyle(e).outlineStyle]; })()""")
            if at[0] == "BODY":
                break
            if at[0] in ("A", "BUTTON", "SUMMARY"):
                assert at[2] != "none", at
            reached.append(at)
            if at[1] == "range-minutes":
                browser.key("Enter")
        assert sum(tag in ("A", "BUTTON", "SUMMARY") for tag, _, _ in reached) == wanted, reached
        assert browser.run("document.getElementById('range-minutes').getAttribute('aria-pressed')") == "true"
        unnamed = browser.run("[...document.querySelectorAll('svg, [role=region]')].filter(e => !e.getAttribute('aria-label')).length")
        assert unnamed == 0 and browser.run("document.querySelectorAll('th:not([scope])').length") == 0
        assert browser.run("document.documentElement.lang") == "en"


@test
def nothing_from_outside_is_needed_or_allowed(folder):
    with Served("-pcap", capture(folder), *LINGER, cwd=folder) as program:
        status, headers, text = program.get("")
        policy = headers["Content-Security-Policy"]
        assert status == 200 and "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, policy
        assert "http://www.w3.org/" in text and text.count("://") == text.count("http://www.w3.org/"), "an address of another's"
        with Browser() as browser:
            browser.open(program.url)
            browser.wait("document.body.dataset.shown > 0")
            browser.run("""(() => { const s = document.createElement('script'); s.textContent = 'document.title = 1';
                document.body.append(s); })()""")
            browser.wait("document.title.startsWith('dnsweir')")
            browser.run("0")
            assert any("Content Security Policy" in problem for problem in browser.problems), browser.problems


@test
def the_report(folder):
    path, report = capture(folder), os.path.join(folder, "r.html")
    with open(report, "w") as old:
        old.write("x" * 500000)
    result = run("-pcap", path, "-report", report, cwd=folder)
    answered = records(result.stdout)
    assert result.returncode == 0 and answered, result
    assert "</script><!" not in open(report).read() and not open(report).read().endswith("x")
    with Browser() as browser:
        browser.open("file://" + report)
        browser.wait("document.body.dataset.shown > 0")
        check_figures(browser, answered)
        check_safe(browser)
        assert "report of" in browser.run("document.getElementById('state').innerText")
        assert browser.run("document.getElementById('pause')") is None
        ratio, text = browser.run(CONTRAST)
        assert ratio >= 4.5, (ratio, text)


@test
def a_report_that_cannot_be_written_is_one_line_and_1(folder):
    path = capture(folder)
    result = run("-pcap", path, "-report", os.path.join(folder, "none", "r.html"), cwd=folder)
    assert result.returncode == 1 and not result.stdout and len(errors(result)) == 1 and "none/r.html" in errors(result)[0], result
    if os.path.exists("/dev/full"):
        result = run("-pcap", path, "-quiet", "-report", "/dev/full", cwd=folder)
        assert result.returncode == 1 and len(errors(result)) == 1 and "No space" in errors(result)[0], result


if __name__ == "__main__":
    main("page")
