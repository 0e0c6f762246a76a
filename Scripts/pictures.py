"""Takes pictures of the pages of studies of the simulator.

Usage: pictures.py FLOWRUN FOLDER
"""
import base64
import os
import subprocess
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WIDTH = 860
FLOWS = [os.path.join(ROOT, "Flows", name + ".yaml") for name in ("fitbit", "fitbit-nightly")]


class Browser:
    def __init__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "--force-color-profile=srgb"]:
            options.add_argument(argument)
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": WIDTH, "height": 1200, "deviceScaleFactor": 1, "mobile": False})

    def open(self, address):
        self.driver.get(address)
        end = time.monotonic() + 20
        # A chart that zooms is drawn after the page: its canvas takes the place of the server's drawing.
        while self.all("#chart") and not self.all("#chart canvas") and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def section(self, title):
        """The section with this heading or label."""
        titles = {heading.text: section for section in self.all("section") for heading in section.find_elements(By.TAG_NAME, "h2")}
        if title not in titles:
            raise SystemExit(f"{self.driver.current_url} has no section '{title}', but {list(titles)}")
        return titles[title]

    def take(self, path, *elements, height=None):
        """One picture of the elements, which are beside or below each other."""
        boxes = [element.rect for element in elements]
        left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
        right, bottom = max(box["x"] + box["width"] for box in boxes), max(box["y"] + box["height"] for box in boxes)
        clip = {"x": max(left - 10, 0), "y": max(top - 10, 0), "width": right - left + 20, "height": min(bottom - top + 20, height or 10_000), "scale": 1}
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True})
        with open(path, "wb") as file:
            file.write(base64.b64decode(taken["data"]))


class Served:
    """A server of flows in a folder, with the address of its pages."""

    def __init__(self, place, flowrun, *words):
        self.process = subprocess.Popen([flowrun, "serve", *words, "--listen", "127.0.0.1:0"], cwd=place, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self.process.stdout.readline().strip().rstrip("/")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def weeks(flowrun, place, browser, folder):
    """Four weeks of twelve people, with their nights."""
    simulator = subprocess.Popen(
        [flowrun, "simulate", "--participants", "12", "--days", "28", "--rate-limit", "100000", "--write-participants", "participants"],
        cwd=place, stdout=subprocess.PIPE, text=True)
    try:
        url = simulator.stdout.readline().strip()
        common = ["-p", f"api={url}", "-p", "client_id=pictures", "-p", "participants=participants", "-p", "database=study.sqlite"]
        minutes = common + ["-p", "detail=1min"]
        for flow, words in zip(FLOWS, (minutes, common)):
            subprocess.run([flowrun, flow, "-q", *words], cwd=place, check=True)
        with Served(place, flowrun, *FLOWS, *minutes) as address:
            browser.open(address + "/participants/P0001?metric=heart_rate&from=2026-03-10&until=2026-03-17")
            browser.take(os.path.join(folder, "series.png"), browser.section("Series"), browser.section("Rows of fitbit_intraday_hr"), height=720)
            browser.take(os.path.join(folder, "daily-steps.png"), browser.section("Daily steps"))
            browser.take(os.path.join(folder, "active-zones.png"), browser.section("Active zones"))
            browser.open(address + "/participants/P0001?flow=fitbit-nightly")
            browser.take(os.path.join(folder, "sleep.png"), browser.section("Sleep"))
    finally:
        simulator.terminate()
        simulator.wait()


def study(flowrun, place, browser, folder):
    """The page of the study that README's first command collects."""
    subprocess.run([flowrun, FLOWS[0], "-q"], cwd=place, check=True)
    with Served(place, flowrun, FLOWS[0]) as address:
        browser.open(address + "/")
        browser.take(os.path.join(folder, "study.png"), browser.section("Who needs a person"), browser.section("Days of participants"))


def main(flowrun, folder):
    flowrun, folder = os.path.abspath(flowrun), os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    browser = Browser()
    for pictures in (weeks, study):
        with tempfile.TemporaryDirectory() as place:
            pictures(flowrun, place, browser, folder)
    browser.driver.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
