"""A program's run in a terminal of its own, as a person sees it.

Standard input: {"command": [...], "folder": PATH, "environment": {...}, "columns": 80, "rows": 24, "steps": [...]}
A step is one of {"until": text that must appear on the screen}, {"resize": [columns, rows]}, {"type": characters}, {"kill": signal},
{"signal": [process, number]} for another process.
Standard output: {"exit": code or minus the signal, "settings": whether the terminal's settings are the same before and after,
"wrapped": lines that were too long for the terminal when they were written, "screens": the screen, both after each step and at the end,
"column": where the cursor is at the end, "styles": sequences that set a style, "modes": sequences that change the terminal's state}.

Like today's terminals, it wraps what is on the screen anew when it becomes narrower.
"""
import codecs, fcntl, json, os, pty, re, select, signal, struct, sys, termios, time

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|\x1b[^\[]")


class Screen:
    def __init__(self, columns, rows):
        self.columns, self.height = columns, rows
        self.rows, self.row, self.column = [""], 0, 0
        self.wrapped = self.styles = 0
        self.modes, self.rest = [], ""

    def feed(self, text):
        text, self.rest = self.rest + text, ""
        position = 0
        while position < len(text):
            if text[position] == "\x1b":
                match = SEQUENCE.match(text, position)
                if match is None:
                    self.rest = text[position:]
                    return
                self.sequence(*match.groups(), whole=match.group(0))
                position = match.end()
            else:
                self.write(text[position])
                position += 1

    def sequence(self, private, number, kind, whole):
        count = int(number or 1) if number is None or number.isdigit() or number == "" else 0
        if kind == "m":
            self.styles += 1
        elif kind == "A" and not private:
            # The top of the screen is as far as it goes.
            self.row = max(self.row - count, max(0, len(self.rows) - self.height))
        elif kind == "K" and not private:
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif kind == "J" and not private:
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        else:
            self.modes.append(repr(whole))

    def write(self, character):
        if character == "\n":
            self.down()
        elif character == "\r":
            self.column = 0
        else:
            if self.column == self.columns:
                self.wrapped += 1
                self.down()
                self.column = 0
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1

    def down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")

    def resize(self, columns, rows):
        self.columns, self.height = columns, rows
        wrapped, row = [], 0
        for index, line in enumerate(self.rows):
            if index == self.row:
                row = len(wrapped)
            wrapped += [line[start : start + columns] for start in range(0, len(line), columns)] or [""]
        self.rows, self.row = wrapped, row

    def text(self):
        return "\n".join(line.rstrip() for line in self.rows)


def main():
    task = json.load(sys.stdin)
    screen = Screen(task["columns"], task["rows"])
    terminal, inside = pty.openpty()

    def size(columns, rows):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    size(task["columns"], task["rows"])
    before = termios.tcgetattr(inside)
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(inside, termios.TIOCSCTTY, 0)
        for descriptor in range(3):
            os.dup2(inside, descriptor)
        os.chdir(task["folder"])
        os.execve(task["command"][0], task["command"], task["environment"])
    decoder = codecs.getincrementaldecoder("utf-8")()
    limit = time.monotonic() + 60

    def read(seconds):
        if not select.select([terminal], [], [], seconds)[0]:
            return False
        screen.feed(decoder.decode(os.read(terminal, 65536)))
        return True

    screens, wrapped, status = [], [], None
    for step in task["steps"]:
        if "until" in step:
            while step["until"] not in screen.text():
                read(0.05)
                if time.monotonic() > limit:
                    sys.exit(f"'{step['until']}' did not appear:\n{screen.text()}")
        elif "resize" in step:
            while read(0):
                pass
            screen.resize(*step["resize"])
            size(*step["resize"])
        elif "type" in step:
            os.write(terminal, step["type"].encode())
        elif "signal" in step:
            os.kill(*step["signal"])
        else:
            os.kill(child, step["kill"])
        screens.append(screen.text())
        wrapped.append(screen.wrapped)
    while status is None:
        read(0.05)
        ended, code = os.waitpid(child, os.WNOHANG)
        if ended:
            status = os.waitstatus_to_exitcode(code)
        elif time.monotonic() > limit:
            os.kill(child, signal.SIGKILL)
    while read(0):
        pass
    json.dump(
        {
            "exit": status, "settings": termios.tcgetattr(inside) == before, "wrapped": wrapped + [screen.wrapped], "screens": screens + [screen.text()],
            "column": screen.column, "styles": screen.styles, "modes": screen.modes,
        },
        sys.stdout)


main()
