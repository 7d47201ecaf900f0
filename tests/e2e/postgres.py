"""A real PostgreSQL for tests and benchmarks, in a temporary folder, on a free port of loopback.

    with Postgres() as postgres:
        postgres.query("CREATE TABLE contact(ref text, vn text)")
        Server(config="orders_db: { url: '%s' }" % postgres.url)
        postgres.rows("SELECT ref, vn FROM contact")   # [["A-1001", "+622150001234"]]
        postgres.kill(); postgres.start()              # same port, same data

Whoever may connect to the port is let in: the data is a test's, and the port is on loopback alone.
"""
import csv
import glob
import io
import os
import pwd
import shutil
import signal
import subprocess
import time

from processes import Process, free_port

READY_S = 60


class Failed(Exception):
    """What the server said to a statement."""


class Postgres(Process):
    stop_signal = signal.SIGINT    # fast shutdown
    kill_signal = signal.SIGQUIT   # immediate: no shutdown at all, and recovery at the next start; SIGKILL would leave children
    # Tests end it as a crash of the program would, not of the machine: no fsync is needed for that.
    settings = {"fsync": "off", "shared_buffers": "32MB", "max_connections": 50}

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))[-1]
        self.data = os.path.join(self.folder, "data")
        if os.getuid() == 0:  # PostgreSQL refuses to be root
            self.user = "postgres"
            shutil.chown(self.folder, "postgres")
        self.owner = self.user or pwd.getpwuid(os.getuid()).pw_name
        self.url = "postgres://%s@127.0.0.1:%d/postgres" % (self.owner, self.port)
        try:
            self.run("initdb", "-D", self.data, "-A", "trust", "--no-instructions", "--no-sync", "-E", "UTF8", "--locale=C",
                     connect=False)
        except BaseException:
            self.stop()
            raise

    def run(self, program, *arguments, connect=True):
        where = ["-h", self.folder, "-p", str(self.port), "-U", self.owner]
        return subprocess.run([os.path.join(self.bin, program), *(where if connect else []), *arguments], check=True,
                              user=self.user, cwd=self.folder, text=True, capture_output=True).stdout

    def command(self):
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                    **self.settings}
        return [os.path.join(self.bin, "postgres"), "-D", self.data] + \
            [word for name, value in settings.items() for word in ("-c", "%s=%s" % (name, value))]

    def ready(self):
        end = time.monotonic() + READY_S
        while True:
            try:
                self.run("psql", "-d", "postgres", "-c", "SELECT 1")
                return
            except subprocess.CalledProcessError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("PostgreSQL did not start: %s\n%s" % (error.stderr, self.said())) from None
                time.sleep(0.05)

    def query(self, sql, database="postgres"):
        """What psql prints, unaligned, without heads: a row a line, '|' between columns. Several statements are one
        transaction. Failed: the server's words."""
        return self._psql(sql, database, "-At").rstrip("\n")

    def rows(self, sql, database="postgres"):
        """Rows as lists of texts; NULL is None."""
        text = self._psql(sql, database, "--csv", "-t", "-P", "null=\x01")
        return [[None if at == "\x01" else at for at in row] for row in csv.reader(io.StringIO(text))]

    def _psql(self, sql, database, *how):
        try:
            return self.run("psql", "-X", "-q", "-d", database, "-v", "ON_ERROR_STOP=1", *how, "-c", sql)
        except subprocess.CalledProcessError as error:
            raise Failed(error.stderr.strip()) from None
