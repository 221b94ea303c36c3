#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes C of the page: what comes before and after its data, and the Content-Security-Policy that lets its own style and script run
and nothing else. Usage: embed.py PAGE.html OUT.c"""

import base64
import hashlib
import re
import sys


def digest(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def literal(text):
    """Lines of a C string."""
    escaped = "".join(
        chr(b) if 32 <= b < 127 and b not in b'"\\?' else "\\%03o" % b for b in text.encode()
    )
    pieces = re.findall(r"(?:\\[0-7]{3}|[^\\]){1,100}", escaped)
    return "\n".join('\t"%s"' % piece for piece in pieces)


def main(source, target):
    page = open(source, encoding="utf-8").read()
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    script = re.search(r"<script>(.*?)</script>", page, re.S).group(1)
    policy = (
        "default-src 'none'; script-src %s; style-src %s; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
        % (digest(script), digest(style))
    )
    before, after = page.replace("@POLICY@", policy).split("@DATA@")
    with open(target, "w", encoding="ascii") as out:
        out.write('// SPDX-License-Identifier: BSD-3-Clause\n// Made by embed.py.\n#include "app/page.h"\n\n')
        out.write("const char page_before[] =\n%s;\n\n" % literal(before))
        out.write("const char page_after[] =\n%s;\n\n" % literal(after))
        out.write('const char page_policy[] =\n%s;\n' % literal(policy + "; frame-ancestors 'none'"))


main(*sys.argv[1:])
