"""Walks the pages of a served study in Chromium, as a coordinator does, and writes what it has seen as JSON.

The first argument is a folder for screenshots; standard input is a JSON object: url, token, flow, file (of the flow), participant,
coverage (of `flowrun coverage --format json`, run before).
A page that does not do what it should ends the script with the reason.
"""
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE = 40
folder = sys.argv[1]
given = json.load(sys.stdin)
BASE = given["url"].rstrip("/")
seen = {"pages": [], "console": [], "wide": []}


def start():
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "--force-color-profile=srgb"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(PATIENCE)
    return driver


driver = start()


def check(condition, message):
    if not condition:
        raise SystemExit(f"{message}\n  at {driver.current_url}\n{text()[:1500]}")


def text():
    return driver.find_element(By.TAG_NAME, "body").text


def find(selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def all_of(selector):
    return driver.find_elements(By.CSS_SELECTOR, selector)


def wait(condition, message):
    try:
        return WebDriverWait(driver, PATIENCE, poll_frequency=0.05, ignored_exceptions=(Exception,)).until(lambda _: condition())
    except Exception:
        check(False, message)


def number(words):
    return int(re.sub(r"\D", "", words) or "0")


def size(width, height=900):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


def listen(name):
    for entry in driver.get_log("browser"):
        # A page that is refused on purpose is written down by the browser, too.
        if entry["level"] in ("SEVERE", "WARNING") and not (name == "wrong sign-in" and "401" in entry["message"]):
            seen["console"].append(f"{name}: {entry['message']}")


def look(name):
    """Screenshots of the page, as a phone and as a desk have it, and in the dark."""
    for width, scheme in [(390, "light"), (1280, "light"), (1280, "dark")]:
        size(width)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            seen["wide"].append(f"{name} at {width}: {wide} pixels too wide")
        height = min(driver.execute_script("return document.documentElement.scrollHeight"), 6000)
        size(width, max(height, 600))
        driver.save_screenshot(os.path.join(folder, f"{name}-{width}{'-dark' if scheme == 'dark' else ''}.png"))
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    size(1280)
    listen(name)
    seen["pages"].append(name)


def go(path):
    driver.get(BASE + path)


def refused(path, data, headers):
    request = urllib.request.Request(BASE + path, data=data, headers=headers, method="POST")
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


def without_token():
    seen["without_token"] = refused("/runs", b"flow=fitbit", {"Content-Type": "application/x-www-form-urlencoded"})
    seen["foreign"] = refused("/runs", b"flow=fitbit", {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://elsewhere.example", "Authorization": f"Bearer {given['token']}"})
    go("/runs")
    check(not all_of("form[action='/runs']"), "a form that starts runs is shown without a session")
    check("Sign in" in text(), "there is no way to sign in")


def sign_in():
    find("header a.session").click()
    field = find("input[type=password]")
    field.send_keys("wrong")
    field.send_keys(Keys.ENTER)
    wait(lambda: "not the server's token" in text(), "a wrong token is not refused")
    listen("wrong sign-in")
    look("sign-in")
    find("input[type=password]").send_keys(given["token"], Keys.ENTER)
    wait(lambda: driver.current_url.startswith(BASE + "/runs"), "signing in does not lead back")
    check(all_of("form[action='/runs']"), "a signed-in person cannot start runs")


def rows(section):
    return [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th,td")] for row in all_of(f"section[aria-labelledby={section}] tbody tr")]


def missing_time(coverage):
    """Minutes or days by state and data type, of states that have any."""
    states = ["not_worn", "lost", "failed", "deferred", "never_asked", "not_synced"]
    return {(state.replace("_", " "), total["data_type"]): total[state] for total in coverage["totals"] for state in states if total[state]}


def study():
    go("/")
    coverage = given["coverage"]
    check(find("p.verdict").text == coverage["verdict"], "the verdict is not that of coverage")
    cards = {card.find_element(By.TAG_NAME, "span").text: card.find_element(By.TAG_NAME, "b").text for card in all_of(".figures li")}
    check(cards["complete"] == str(coverage["standings"]["complete"]), f"the number of complete participants is not that of coverage: {cards}")
    needing = cards.get("need a person", cards.get("needs a person"))
    check(needing == str(coverage["standings"]["needs_person"]), f"the number of those who need a person is not that of coverage: {cards}")
    names = [one["participant"] for one in coverage["participants"]]
    shown = [name.text for name in all_of(".map svg text") if name.text in names]
    check(sorted(shown) == sorted(names), f"the heat map has the rows {shown}, coverage {names}")
    # Missing time is coverage's, state by state. What is not synced grows with every minute: the page counted between the command and this request.
    earliest = missing_time(coverage)
    with urllib.request.urlopen(f"{BASE}/api/v1/coverage") as answer:
        latest = missing_time(json.load(answer))
    found = {}
    for state, _, data_type, count, _, _ in rows("missing"):
        found[(state, data_type)] = found.get((state, data_type), 0) + number(count)
    check(found.keys() == earliest.keys() == latest.keys(), f"missing time is {found}, of coverage {earliest} before and {latest} after")
    for key, count in found.items():
        check(earliest[key] <= count <= latest[key], f"missing time {key} is {count}, of coverage {earliest[key]} before and {latest[key]} after")
        check(key[0] == "not synced" or earliest[key] == latest[key], f"missing time {key} grows: {earliest[key]}, then {latest[key]}")
    # A day of a participant is a cell of one state.
    cells = {}
    for path in all_of(".map svg path.cell"):
        width = float(path.get_attribute("d") and driver.execute_script("return arguments[0].getTotalLength()", path))
        cells[path.get_attribute("class").split()[-1]] = width
    seen["cells"] = cells
    check(sum(cells.values()) > 0, "the heat map has no cell")
    check({row[0] for row in rows("participants")} == set(names), "not every participant is linked")
    check(rows("trouble"), "nobody needs a person")
    check(all_of("a[href^='/errors']") and all_of("a[href^='/runs/']"), "errors or runs are not linked")
    look("study")


def participant():
    find(f"section[aria-labelledby=participants] a[href='/participants/{given['participant']}']").click()
    wait(lambda: all_of("#chart .dygraph canvas"), "the chart of dygraphs does not appear")
    wait(lambda: int(find("#chart").get_attribute("data-shown") or 0) > 20, "the chart has no points")
    before = find("#chart").get_attribute("data-resolution")
    seen["points"] = int(find("#chart").get_attribute("data-shown"))
    look("participant")
    canvas = all_of("#chart .dygraph canvas")[-1]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    width = canvas.size["width"]
    ActionChains(driver).move_to_element_with_offset(canvas, -width // 8, 0).click_and_hold().move_by_offset(width // 8, 0).move_by_offset(width // 16, 0).release().perform()
    wait(lambda: find("#chart").get_attribute("data-resolution") != before, f"zooming in shows no finer values than {before}")
    seen["zoomed"] = [before, find("#chart").get_attribute("data-resolution"), int(find("#chart").get_attribute("data-shown"))]
    shown = find("#chart .points").text
    find("#chart [data-tool=out]").click()
    wait(lambda: find("#chart .points").text != shown, "zooming out changes nothing")
    find("#chart [data-tool=back]").send_keys(Keys.ENTER)
    listen("zoom")
    Select(find("#metric")).select_by_visible_text("steps")
    find("form.fields button").click()
    wait(lambda: "metric=steps" in driver.current_url and all_of("#chart .dygraph canvas"), "another metric is not shown")
    listen("steps")


def live():
    go("/runs")
    look("runs")
    find("form[action='/runs'] button").click()
    wait(lambda: "/runs/2" in driver.current_url, "starting leads to no run")
    seen["run"] = driver.current_url.rsplit("/", 1)[1]
    created, moving, queued = set(), set(), set()
    is_looked_at = False
    deadline = time.time() + PATIENCE
    while time.time() < deadline:
        state = driver.execute_script(
            "return {live: !!document.getElementById('live'), created: document.querySelector('[data-live=created]')?.textContent,"
            " moving: [...document.querySelectorAll('.graph .line.moving, .graph .box.busy')].map(e => e.dataset.processor || e.dataset.from + ' to ' + e.dataset.to),"
            " queued: [...document.querySelectorAll('.graph .count')].map(e => e.textContent).filter(Boolean)}")
        if not state["live"]:
            break
        created.add(state["created"])
        moving |= set(state["moving"])
        queued |= set(state["queued"])
        if not is_looked_at and state["moving"]:
            check(all_of("form[action$='/stop'] button"), "a run under way has no button that stops it")
            is_looked_at = True
            look("run-live")
        time.sleep(0.05)
    check(is_looked_at and len(created) > 2, f"the live run does not move: created {created}")
    check(any(" to " in name for name in moving) and any(" to " not in name for name in moving), f"the live graph does not move: {moving}")
    seen["moved"] = {"created": len(created), "moving": len(moving), "queued": sorted(queued)[:5]}
    wait(lambda: not all_of("#live") and all_of(".status"), "the report of the run does not appear")
    listen("live")
    check(all_of("svg.graph .count") and any(count.text for count in all_of("svg.graph .count")), "the graph has no counts of the run")
    look("run")


def errors():
    go("/errors")
    check("bad data" in text(), "the entries are not listed by cause")
    look("errors")
    find("section a[href^='/errors/']").click()
    check("Attributes" in text() and "data_type" in text(), "an entry does not show its attributes")
    check(all_of("pre.content") and find("pre.content").text, "an entry does not show its content")
    look("error-entry")
    go("/errors")
    form = next(one for one in all_of("form[action='/errors/replay']") if one.find_element(By.NAME, "cause").get_attribute("value") == "bad_data")
    form.find_element(By.NAME, "change").click()
    form.find_element(By.NAME, "dry").click()
    wait(lambda: all_of(".receipt"), "a dry replay says nothing")
    check("would be put back in" in find(".receipt").text, "a dry replay does not say what it would do")
    look("replay-dry")
    form = next(one for one in all_of("form[action='/errors/replay']") if one.find_element(By.NAME, "cause").get_attribute("value") == "bad_data")
    form.find_element(By.NAME, "change").click()
    form.find_element(By.XPATH, ".//button[text()='Replay']").click()
    wait(lambda: "/runs/2" in driver.current_url, "a replay leads to no run")
    wait(lambda: not all_of("#live") and all_of(".status"), "the replay does not end")
    go("/errors")
    check("bad data" not in text(), "what was replayed is still in the error folder")
    listen("replay")


def others():
    for name, path in [("flow", "/flows/" + given["flow"]), ("schedule", "/schedule"), ("docs", "/docs"), ("not-found", "/participants/nobody")]:
        go(path)
        if name == "not-found":
            driver.get_log("browser")
        look(name)
    go("/flows/" + given["flow"])
    check(all_of("svg.graph .box") and all_of("ol.source li"), "the flow's page lacks graph or source")
    with open(given["file"], encoding="utf-8") as file:
        source = file.read()
    with open(given["file"], "w", encoding="utf-8") as file:
        file.write(source.replace("type: RefreshToken", "type: RefreshTokens"))
    go("/flows/" + given["flow"])
    check("RefreshToken" in find(".source .marked .problem").text, "the problem of the changed flow file is not marked in the source")
    check("has changed since the server was started" in text() or all_of(".problems li"), "the page does not say that the file has changed")
    look("flow-problem")
    with open(given["file"], "w", encoding="utf-8") as file:
        file.write(source)
    find("header form.session button").click()
    wait(lambda: all_of("header a.session"), "signing out does not end the session")


def without_script():
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    for path in ["/", "/participants/" + given["participant"], "/runs", "/errors"]:
        go(path)
        listen("without script")
    go("/participants/" + given["participant"])
    check(find("#chart .drawing svg.line-chart").is_displayed(), "without script there is no chart")


try:
    for step in [without_token, sign_in, study, participant, errors, live, others, without_script]:
        started = time.time()
        step()
        seen.setdefault("seconds", {})[step.__name__] = round(time.time() - started, 1)
    check(not seen["console"], "the browser's console: " + "\n".join(seen["console"]))
    check(not seen["wide"], "pages scroll sideways: " + "\n".join(seen["wide"]))
    json.dump(seen, sys.stdout)
finally:
    driver.quit()
