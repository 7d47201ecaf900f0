"""What Bauta is measured against, each in its best usual configuration. Scripts are in bench/peers/."""
import csv
import os
import re
import shutil
import subprocess

from npm_packages import installed
from postgres import Postgres as Server
from processes import Process, free_port, wait_port

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")

BATCH = 64  # sessions a transaction in postgres_batch.pgbench

NGINX = """
daemon off;
pid %(folder)s/nginx.pid;
error_log stderr;
worker_processes 1;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
	access_log off;
	keepalive_requests 1000000000;
	keepalive_timeout 300s;
	client_body_temp_path %(folder)s/body;
	proxy_temp_path %(folder)s/proxy;
	fastcgi_temp_path %(folder)s/fastcgi;
	uwsgi_temp_path %(folder)s/uwsgi;
	scgi_temp_path %(folder)s/scgi;
	server {
		listen 127.0.0.1:%(port)d;
%(locations)s
	}
}
"""

LOCATION = """
		location %s {
			default_type %s;
			return 200 '%s';
		}
"""


class Nginx(Process):
    """Constant answers: {path prefix: (content type, body)}. One worker."""

    def __init__(self, answers, core):
        super().__init__()
        self.core = core
        self.port = free_port()
        locations = "".join(LOCATION % (path, kind, body.replace("\\", "\\\\").replace("'", "\\'"))
                            for path, (kind, body) in answers.items())
        os.chmod(self.folder, 0o755)
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write(NGINX % {"folder": self.folder, "port": self.port, "locations": locations})

    def command(self):
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-c", self.folder + "/nginx.conf"]

    def ready(self):
        wait_port(self.port, self.process)


class Postgres(Server):
    """Debian's PostgreSQL with the function of peers/postgres.sql, synchronous commits; pgbench calls it."""

    settings = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "1GB", "max_wal_size": "8GB",
                "checkpoint_timeout": "30min", "wal_buffers": "64MB", "max_connections": 100}

    def ready(self):
        super().ready()
        self.run("psql", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-f", self.script("postgres.sql"))

    def script(self, name):
        """A copy that the server's user may read."""
        copy = os.path.join(self.folder, name)
        shutil.copy(os.path.join(PEERS, name), copy)
        os.chmod(copy, 0o644)
        return copy

    def create(self, clients, seconds, script="postgres.pgbench", each=1):
        """New sessions a second; a call of the script makes `each`."""
        out = self.run("pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds),
                       "-f", self.script(script), "postgres")
        return each * float(re.search(r"tps = ([0-9.]+)", out).group(1))

    def create_batches(self, clients, seconds):
        """The same in transactions of BATCH sessions: what a consumer of a queue would do, not a server that answers each."""
        return self.create(clients, seconds, "postgres_batch.pgbench", BATCH)


class Node(Process):
    """What most people would write (peers/node/service.js), over a PostgreSQL that runs: one process, 50 connections."""

    def __init__(self, postgres, token, core=None):
        super().__init__()
        self.postgres, self.token, self.core = postgres, token, core
        self.port = free_port()

    def command(self):
        folder = os.path.join(PEERS, "node")
        shutil.copy(os.path.join(folder, "service.js"), self.folder)
        os.symlink(os.path.join(installed(folder), "node_modules"), os.path.join(self.folder, "node_modules"))
        return ["node", "--preserve-symlinks", os.path.join(self.folder, "service.js"), str(self.port), self.postgres.url, self.token,
                "http://127.0.0.1:%d" % self.port]

    def ready(self):
        for line in self.process.stdout:
            if line.startswith("ready"):
                return
        with open(os.path.join(self.folder, "stderr")) as file:
            raise RuntimeError("the Node service did not start:\n" + file.read())


class Redis(Process):
    """Redis with an append-only file that is synced before every answer; redis-benchmark calls peers/redis.lua."""

    def __init__(self):
        super().__init__()
        self.port = free_port()

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
                "--logfile", os.path.join(self.folder, "redis.log")]

    def ready(self):
        wait_port(self.port, self.process)
        with open(os.path.join(PEERS, "redis.lua")) as file:
            self.sha = subprocess.run(["redis-cli", "-p", str(self.port), "SCRIPT", "LOAD", file.read()], check=True,
                                      capture_output=True, text=True).stdout.strip()

    def create(self, clients, count, pipeline=1):
        """New sessions a second."""
        out = subprocess.run(["redis-benchmark", "-p", str(self.port), "-c", str(clients), "-n", str(count),
                              "-P", str(pipeline), "-r", "99999999", "--csv", "EVALSHA", self.sha, "0",
                              "order-__rand_int____rand_int__", "62812__rand_int__", "62813__rand_int__"],
                             check=True, capture_output=True, text=True).stdout
        rows = [row for row in csv.reader(out.splitlines()) if len(row) > 1 and row[0] != "test"]
        return float(rows[-1][1])
