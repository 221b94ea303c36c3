# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium, driven by its debugging pipe (Chrome DevTools Protocol): a page, what it says, and its picture."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from checks import Skip


class Browser:
    """A browser with one page, as a context. `problems` gets errors of scripts, of the console and of the content policy."""

    def __init__(self, width=1280, height=900, dark=False, touch=False):
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not program:
            raise Skip("chromium isn't installed")
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.to = os.pipe()
        self.from_, from_browser = os.pipe()

        def pipes():
            # The debugging pipe is descriptors 3 and 4.
            ours = os.dup(to_browser), os.dup(from_browser)
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
             "--user-data-dir=" + self.folder.name, "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pipes, close_fds=False,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.rest, self.ident, self.problems, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.size(width, height, touch)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.from_)
        self.folder.cleanup()

    def message(self, seconds):
        """The next message of the browser's."""
        deadline = time.monotonic() + seconds
        while b"\0" not in self.rest:
            assert select.select([self.from_], [], [], max(deadline - time.monotonic(), 0))[0], "the browser says nothing"
            more = os.read(self.from_, 1 << 20)
            assert more, "the browser has ended"
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.ident += 1
        request = {"id": self.ident, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message(120)
            if answer.get("id") == self.ident:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            if answer.get("method") == "Runtime.exceptionThrown":
                self.problems.append(answer["params"]["exceptionDetails"].get("exception", {}).get("description", "exception"))
            if answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] in ("error", "warning"):
                self.problems.append(answer["params"]["entry"]["text"])

    def size(self, width, height, touch=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def run(self, script):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script, seconds=90):
        """Waits until an expression in the page is true."""
        deadline = time.monotonic() + seconds
        while not self.run("!!document.body && !!(%s)" % script):
            assert time.monotonic() < deadline, "never true: %s; %s; %s" % (script, self.problems, self.run("document.body.innerText"))
            time.sleep(0.1)

    def key(self, name):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[name],
                      text="\r" if name == "Enter" and kind == "keyDown" else "")

    def picture(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))
