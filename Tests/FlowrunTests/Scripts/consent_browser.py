"""A participant's way through the consent pages, in a real browser of a phone's size.

Standard input: {"driver": PATH, "browser": PATH, "width": 390, "steps": [...], "pictures": FOLDER or null}
A step is {"name", "open": URL} and then, in this order, "press": text of a button, "as": participant to choose on the simulator's page,
"without": scopes to leave out there, "decide": "Allow" or "Deny".
Standard output: for each step {"name", "heading", "url", "scroll": width of the content, "small": controls that are too small to touch,
"contrast": least contrast of the texts, "console": messages of the browser}.

It speaks WebDriver (W3C) to chromedriver, with nothing but Python's own library.
"""
import base64, json, os, signal, subprocess, sys, tempfile, time, urllib.request


def call(base, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


class Browser:
    def __init__(self, task):
        self.profile = tempfile.TemporaryDirectory(prefix="consent-browser-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen([task["driver"], "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        port = None
        for line in self.process.stdout:
            if "started successfully on port" in line:
                port = line.rsplit("port", 1)[1].strip(" .\n")
                break
        if port is None:
            raise RuntimeError("chromedriver did not start")
        self.base = f"http://127.0.0.1:{port}"
        options = {
            "binary": task["browser"],
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={self.profile.name}"],
            "mobileEmulation": {"deviceMetrics": {"width": task["width"], "height": 844, "pixelRatio": 2, "touch": True}},
        }
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = call(self.base, "POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = "/session/" + session["sessionId"]

    def __call__(self, method, path, body=None):
        return call(self.base, method, self.session + path, body)

    def run(self, script, *arguments):
        return self("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, xpath):
        """Clicks what leads to another page, and waits until that page is there."""
        self.run("window.isLeft = true")
        element = self("POST", "/element", {"using": "xpath", "value": xpath})
        self("POST", f"/element/{list(element.values())[0]}/click", {})
        end = time.monotonic() + 30
        while self.run("return window.isLeft === true || document.readyState !== 'complete'"):
            if time.monotonic() > end:
                raise RuntimeError(f"nothing followed the click on {xpath}")
            time.sleep(0.05)

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self("GET", "/screenshot")))

    def close(self):
        try:
            self("DELETE", "")
        finally:
            # The driver does not always end by SIGTERM, nor take a browser along that no session ended.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)
            self.profile.cleanup()


MEASURE = """
const luminance = c => { const p = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
  return 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]; };
const rgb = t => { const m = t.match(/[\\d.]+/g).map(Number); return m.length === 4 && m[3] === 0 ? null : m.slice(0, 3); };
const behind = e => { for (let n = e; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c) return c; } return [255, 255, 255]; };
let least = 21;
for (const e of document.querySelectorAll('h1, p, li, button, a')) {
  const a = luminance(rgb(getComputedStyle(e).color)), b = luminance(behind(e));
  least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
}
const small = [...document.querySelectorAll('button, a')].filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent);
return { heading: (document.querySelector('h1') || {}).textContent || '', scroll: document.documentElement.scrollWidth, small, contrast: least,
  violations: document.querySelectorAll('[style]').length };
"""


def main():
    task = json.load(sys.stdin)
    browser = Browser(task)
    results = []
    try:
        for step in task["steps"]:
            if "open" in step:
                browser("POST", "/url", {"url": step["open"]})
            if "press" in step:
                browser.click(f"//button[contains(., {json.dumps(step['press'])})] | //a[contains(., {json.dumps(step['press'])})]")
            if "decide" in step:
                if step.get("as"):
                    browser.run("document.querySelector('select[name=participant]').value = arguments[0]", step["as"])
                for scope in step.get("without", []):
                    browser.run("for (const e of document.querySelectorAll('input[type=checkbox]')) if (e.name.includes(arguments[0])) e.checked = false", scope)
                browser.click(f"//button[.='{step['decide']}']")
            result = {"name": step["name"], "url": browser("GET", "/url"), "dark": 21}
            for scheme in ["dark", "light"]:
                browser("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": [{"name": "prefers-color-scheme", "value": scheme}]}})
                measured = browser.run(MEASURE)
                if scheme == "dark":
                    result["dark"] = measured["contrast"]
                else:
                    result.update(measured)
                if task.get("pictures"):
                    browser.picture(os.path.join(task["pictures"], f"{step['name']}-{task['width']}-{scheme}.png"))
            result["console"] = [entry["message"] for entry in browser("POST", "/se/log", {"type": "browser"})]
            results.append(result)
    finally:
        browser.close()
    json.dump(results, sys.stdout)


main()
