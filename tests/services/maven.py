# SPDX-License-Identifier: BSD-3-Clause
"""Java programs and what they need, fetched once by Maven."""

import os
import shutil
import subprocess

from services import CACHE, Skip, need, one_at_a_time

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dnsweir.test</groupId><artifactId>fetched</artifactId><version>1</version>
  <dependencies>%s</dependencies>
</project>
"""
DEPENDENCY = "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>"
JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@one_at_a_time
def fetched_by(pom, name):
    """The folder with what this project file of Maven's asks for."""
    need("java", "mvn")
    folder = os.path.join(CACHE, name)
    done, libraries = os.path.join(folder, "done"), os.path.join(folder, "lib")
    if os.path.exists(done):
        with open(done, encoding="utf-8") as f:
            if f.read() == pom:
                return libraries
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "pom.xml"), "w", encoding="utf-8") as f:
        f.write(pom)
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
    if subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, timeout=300).returncode:
        raise Skip("%s can't be fetched" % name)
    with open(done, "w", encoding="utf-8") as f:
        f.write(pom)
    return libraries


def fetched(name, *parts):
    """The class path of these parts (group, artifact, version)."""
    return os.path.join(fetched_by(POM % "".join(DEPENDENCY % part for part in parts), name), "*")
