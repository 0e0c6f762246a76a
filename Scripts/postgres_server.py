"""A PostgreSQL server on loopback for the benchmarks and the hunt, from Debian's package postgresql."""

import glob
import os
import shutil
import socket
import subprocess
import tempfile


class PostgresServer:
    """Made in a folder of its own under /tmp, which goes with it. Its user is `study`, who needs no password."""

    def __init__(self, *settings):
        """Starts it. `settings` are of the form NAME=VALUE; otherwise it has those that Debian ships."""
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        if not programs:
            raise RuntimeError("there is no PostgreSQL server; install one: apt-get install postgresql (Scripts/setup --tests does)")
        self.programs, self.folder, self.count = programs[-1], tempfile.mkdtemp(prefix="flowrun-postgres-", dir="/tmp"), 0
        # PostgreSQL refuses to run as root.
        self.prefix = ["/sbin/runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.prefix:
            shutil.chown(self.folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.options = " ".join(
            f"-c {setting}" for setting in ("listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}", *settings))
        self.tell("initdb", "-D", "data", "-U", "study", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.start()

    def tell(self, program, *words):
        """Runs a program as the server's user; raises RuntimeError with its words if it fails."""
        path = os.path.join(self.folder, "log")
        with open(path, "ab") as log:
            result = subprocess.run(
                [*self.prefix, os.path.join(self.programs, program), *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if result.returncode:
            with open(path, errors="replace") as log:
                raise RuntimeError(f"{program} failed: {log.read()[-500:]}")

    def start(self):
        self.tell("pg_ctl", "-D", "data", "-l", "server.log", "-o", self.options, "-w", "start")

    def kill(self):
        """Ends the server at once, as a crash would."""
        self.tell("pg_ctl", "-D", "data", "-m", "immediate", "stop")

    def uri(self, database="postgres"):
        return f"postgresql://study@127.0.0.1:{self.port}/{database}"

    def database(self):
        """The URI of a new database."""
        self.count += 1
        self.read("psql", "-X", "-q", "-c", f"CREATE DATABASE study{self.count}")
        return self.uri(f"study{self.count}")

    def read(self, program, *words):
        """What psql or pg_dump writes about the database `postgres`."""
        result = subprocess.run([os.path.join(self.programs, program), "-d", self.uri(), *words], capture_output=True)
        if result.returncode:
            raise RuntimeError(f"{program} failed: {result.stderr.decode()[-500:]}")
        return result.stdout

    def end(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
