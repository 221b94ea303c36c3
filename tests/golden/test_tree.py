#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What holds for the tree itself: who includes whom, what scripts/deps installs, where the docs' links lead."""

import glob
import os
import re
import shlex

from checks import HERE, SANITIZED, Skip, main, run, test

ROOT = os.path.normpath(os.path.join(HERE, "../.."))


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def files(*patterns):
    found = []
    for pattern in patterns:
        found += glob.glob(os.path.join(ROOT, pattern), recursive=True)
    return sorted(os.path.relpath(path, ROOT) for path in found if os.path.isfile(path))


def once():
    if SANITIZED:
        raise Skip("the tree is the same for every build")


@test
def a_folder_includes_only_folders_before_it(folder):
    once()
    order = re.findall(r"subdir\('(\w+)'\)", text("lib/meson.build"))
    assert order[0] == "core" and len(order) > 5
    for path in files("lib/**/*.c", "lib/**/*.h"):
        own = path.split(os.sep)[1]
        for included in re.findall(r'^#include "(\w+)/', text(path), re.M):
            assert included in order, "%s includes %s" % (path, included)
            assert order.index(included) <= order.index(own), "%s includes %s, which comes behind it" % (
                path,
                included,
            )


@test
def scripts_deps_brings_what_meson_needs(folder):
    once()
    known = re.findall(r"^\+(\S+) ", text("scripts/deps"), re.M)
    needed = re.findall(r"dependency\('([^']+)'", text("meson.build") + text("tests/meson.build"))
    missing = set(needed) - set(known) - {"threads"}
    assert len(needed) > 5 and not missing, "scripts/deps lacks %s" % missing


@test
def links_of_the_docs_lead_somewhere(folder):
    once()
    pages = files("*.md", "docs/*.md")
    assert pages
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text(page)):
            if "://" not in link:
                target = os.path.join(ROOT, os.path.dirname(page), link)
                assert os.path.exists(target), "%s: %s is not there" % (page, link)


@test
def options_in_the_docs_are_real(folder):
    once()
    rows = text("app/options_table.c")
    names = set(re.findall(r'^\t\{ "(\w+)",', rows, re.M))
    variables = set(re.findall(r'"(PDNS_\w+)"', rows))
    for page in files("*.md", "docs/*.md"):
        for name in re.findall(r"`-([a-z]\w+)(?:[ =`])", text(page)):
            assert name in names, "%s: there is no -%s" % (page, name)
        for variable in re.findall(r"`(PDNS_\w+)`", text(page)):
            assert variable in variables, "%s: there is no %s" % (page, variable)


def commands():
    """Every command line of ours in the docs' blocks of code, with the page that has it."""
    for page in files("*.md", "docs/*.md"):
        inside = re.sub(r"\\\n\s*", "", "\n".join(
            line for block in re.findall(r"^```\w*\n(.*?)^```|((?:^ {4,}\S.*\n)+)", text(page), re.M | re.S) for line in block))
        # A line break within quotes is a blank.
        inside = re.sub(r'"[^"]*"', lambda quoted: " ".join(quoted.group().split()), inside)
        for line in inside.splitlines():
            line = re.sub(r"^\s*(?:sudo )?|(?:\s#|\s[>|]\s|\s&&).*$", "", line).strip()
            if re.match(r"dnsweir -|scripts/\w", line):
                yield page, line


@test
def commands_in_the_docs_are_real(folder):
    once()
    known = 0
    for page, line in commands():
        words = shlex.split(line)
        known += 1
        if words[0] != "dnsweir":
            assert os.access(os.path.join(ROOT, words[0]), os.X_OK), "%s: %s" % (page, line)
            continue
        own = words[1:words.index("--")] if "--" in words else words[1:]
        own = [word for word in own if word not in ("…", "...")]
        result = run(*own, "-version", cwd=folder)
        assert result.returncode == 0, "%s: %s: %s" % (page, line, result.stderr.decode())
    assert known > 30, known


@test
def counters_in_the_docs_are_real(folder):
    once()
    known = set(re.findall(r"^\tX\((\w+),", text("lib/core/counters.h"), re.M)) | set(re.findall(r'"(source_\w+)"', text("app/summary.c")))
    families = {name.split("_")[0] for name in known}
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text("docs/troubleshooting.md")))
    assert len(named) > 20
    for name in named:
        assert name in known or name.split("_")[0] not in families, "there is no counter %s" % name


@test
def sources_tell_their_license(folder):
    once()
    for path in files("app/*.[ch]", "lib/**/*.[ch]", "tests/**/*.[ch]", "tests/**/*.py", "scripts/*"):
        assert "SPDX-License-Identifier: BSD-3-Clause" in text(path)[:200], path


if __name__ == "__main__":
    main("tree")
