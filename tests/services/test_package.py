#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Debian package: built, looked at, installed in a root of its own, and run there as its user."""

import glob
import os
import re
import shutil
import subprocess

from services import ROOT, capture, need, need_root
from checks import Skip, main, test

UNIT = "lib/systemd/system/dnsweir.service"
# Build-Depends has libraries; tools and what only tests need are not among them.
ONLY_TESTS = {"criterion", "libseccomp-tests"}
EXPOSURE = 30  # tenths: a rating below 3


def run(*command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, **more)
    assert done.returncode == 0, "%s: %s" % (" ".join(command), (done.stdout + done.stderr)[-2000:])
    return done.stdout


def package():
    """Builds it once for all tests; the path."""
    need("dh", "dpkg-buildpackage", "dpkg-deb")
    if not package.path:
        if not os.path.isdir(os.path.join(ROOT, ".git")) and not os.path.isfile(os.path.join(ROOT, ".git")):
            raise Skip("the package is built of a commit, and this is no clone")
        package.path = run(os.path.join(ROOT, "scripts/package"), os.path.join(ROOT, "build-package")).split()[-1]
    return package.path


package.path = None


def unpacked(folder):
    root = os.path.join(folder, "root")
    run("dpkg-deb", "-R", package(), root)
    return root


@test
def what_is_linked_is_what_the_package_is_built_with(folder):
    with open(os.path.join(ROOT, "scripts/deps"), encoding="utf-8") as deps:
        modules = dict(re.findall(r"^\+(\S+)\s+(\S+)$", deps.read(), re.M))
    with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as build:
        linked = set(re.findall(r"dependency\('([^']+)'", build.read())) - ONLY_TESTS - {"threads"}
    with open(os.path.join(ROOT, "config/debian/control"), encoding="utf-8") as control:
        depends = re.search(r"Build-Depends: (.*?)\n\S", control.read(), re.S).group(1)
    for module in sorted(linked):
        assert module in modules, "scripts/deps doesn't install %s" % module
        assert modules[module] in re.findall(r"[\w.+-]+", depends), "Build-Depends lacks %s" % modules[module]


@test
def the_package_has_all_and_starts_nothing(folder):
    root = unpacked(folder)
    for path in ("usr/bin/dnsweir", "usr/share/man/man1/dnsweir.1.gz", "usr/share/bash-completion/completions/dnsweir", UNIT,
                 "usr/lib/sysusers.d/dnsweir.conf", "etc/dnsweir/dnsweir.json", "usr/share/dnsweir/dnsweir.avsc",
                 "usr/share/doc/dnsweir/copyright"):
        assert os.path.exists(os.path.join(root, path)), path
    with open(os.path.join(root, "DEBIAN/postinst"), encoding="utf-8") as file:
        postinst = file.read()
    assert "systemd-sysusers" in postinst, postinst
    assert not re.search(r"deb-systemd-invoke|systemctl (start|enable)", postinst), postinst
    with open(os.path.join(root, "DEBIAN/conffiles"), encoding="utf-8") as file:
        assert "/etc/dnsweir/dnsweir.json" in file.read().split()


@test
def systemd_likes_the_unit(folder):
    need("systemd-analyze")
    root = unpacked(folder)
    unit = os.path.join(root, UNIT)
    told = run("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=%d" % EXPOSURE, unit)
    assert "Overall exposure level" in told, told
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    start = re.search(r"^ExecStart=(\S+) -config (\S+)$", text, re.M)
    assert start and all(os.path.exists(root + path) for path in start.groups()), text
    # Verified as it would be installed here: the program under a path that exists.
    own = os.path.join(folder, "dnsweir.service")
    with open(own, "w", encoding="utf-8") as file:
        file.write(text.replace(start.group(1), root + start.group(1)).replace("Documentation=man:dnsweir(1)\n", ""))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", own], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "dnsweir.service" not in done.stderr, done.stderr


@test
def a_clean_root_runs_it(folder):
    need("mmdebstrap")
    need_root()
    package()
    seen = os.path.join(folder, "seen")
    os.mkdir(seen)
    inside = ("apt-get install -y --no-install-recommends /root/%s && dnsweir -version >/seen/version && "
              "getent passwd dnsweir >/seen/user && test ! -e /etc/systemd/system/multi-user.target.wants/dnsweir.service && "
              "chmod 777 /seen && cd / && setpriv --reuid=dnsweir --regid=dnsweir --clear-groups "
              "dnsweir -pcap /srv/traffic.pcap >/seen/records && apt-get purge -y dnsweir && test ! -e /usr/bin/dnsweir"
              % os.path.basename(package.path))
    traffic = os.path.join(folder, "traffic.pcap")
    shutil.copy(capture(folder, 1000), traffic)
    done = subprocess.run(
        ["mmdebstrap", "--variant=apt", "--format=null", "--skip=cleanup/apt", *apt_options(),
         "--customize-hook=copy-in %s /root" % package.path, "--customize-hook=copy-in %s /srv" % traffic,
         "--customize-hook=mkdir \"$1/seen\"", "--customize-hook=chroot \"$1\" sh -c '%s'" % inside,
         "--customize-hook=copy-out /seen %s" % folder, "bookworm"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    with open(os.path.join(seen, "version"), encoding="utf-8") as file:
        assert file.read().startswith("dnsweir ")
    with open(os.path.join(seen, "records"), encoding="utf-8") as file:
        assert len(file.readlines()) > 1000


def apt_options():
    """The way to the archive is this system's own."""
    return ["--aptopt=" + path for path in sorted(glob.glob("/etc/apt/apt.conf.d/99*"))]


main("package")
