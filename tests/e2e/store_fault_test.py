#!/usr/bin/env python3
"""A store that can't be used or can't go on. At start: one clear sentence, exit 1, every byte left as it was. While serving: a full
disk costs changes, never calls nor what was acknowledged; a sync that failed ends the process."""
import hashlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from providers import ACCOUNTS, Twilio
from town import PEOPLE, VNS, make_pool, parties, until, vns_of

tap = Tap()
ROOM = 8 << 20


class Mount:
    """A small file system in memory, if we may make one."""

    def __init__(self, size):
        self.path = tempfile.mkdtemp(prefix="bauta-mount-")
        self.there = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % size, "none", self.path],
                                    stderr=subprocess.DEVNULL).returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.there:
            subprocess.run(["umount", "-l", self.path])
        os.rmdir(self.path)

    def read_only(self):
        subprocess.run(["mount", "-o", "remount,ro", self.path], check=True)

    def fill(self, leave=0):
        with open(os.path.join(self.path, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
            if leave:
                file.truncate(max(0, os.fstat(file.fileno()).st_size - leave))

    def empty(self):
        os.unlink(os.path.join(self.path, "filler"))


def bytes_of(folder):
    """Of every file that holds something of ours (an empty WAL holds nothing), and when it was last written."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if not name.endswith((".lock", "-writer", "-shm")) and os.path.isfile(path) and not (
                    name.endswith("-wal") and os.path.getsize(path) == 0):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mtime_ns
    return found


def refused(name, data, *words, verify=True, environment=None):
    """`bauta serve` on that folder says why not, and leaves it as it was."""
    before = bytes_of(data)
    status, out, errors = run("serve", "--listen", "127.0.0.1:0", "--data", data, cwd="/", environment=environment)
    said = [line for line in errors.splitlines() if line.startswith("bauta: ")]
    after = bytes_of(data)
    tap.ok("%s: one clear sentence, exit 1" % name, status == 1 and len(said) == 1 and "ready" not in out and
           any(word in said[0] for word in words), status, out, errors)
    tap.ok("%s: every byte is left as it was, and no file is written" % name, after == before, {path for path in before.keys() | after.keys()
                                                                       if before.get(path) != after.get(path)})
    if verify:
        status, out, errors = run("verify", "--data", data, cwd="/", environment=environment)
        tap.ok("%s: verify fails too, and changes nothing either" % name, status == 1 and bytes_of(data) == before, status, out, errors)


def spoil(path, change):
    with sqlite3.connect(path) as database:
        change(database)
    database.close()


def swap_boxes(database):
    (a, one), (b, other) = database.execute("select id, parties from session order by id limit 2").fetchall()
    database.execute("update session set parties = ? where id = ?", (one, b))
    database.execute("update session set parties = ? where id = ?", (other, a))


def copy_session(database):
    names = [row[1] for row in database.execute("pragma table_info(session)")]
    database.execute("insert into session(%s) select id + 1, %s from session order by id limit 1" % (
        ", ".join(names), ", ".join(names[1:])))


def test_start(healthy, folder):
    database = os.path.join(healthy, "bauta.db")
    count = [0]

    def copy():
        count[0] += 1
        to = os.path.join(folder, "copy-%d" % count[0])
        shutil.copytree(healthy, to)
        return to, os.path.join(to, "bauta.db"), os.path.join(to, "bauta.key")

    def write(path, data):
        with open(path, "wb") as file:
            file.write(data)

    with open(database, "rb") as file:
        good = file.read()
    other = os.path.join(folder, "other")
    with Server(data=other):
        pass

    data, _, key = copy()
    shutil.copy(os.path.join(other, "bauta.key"), key)
    refused("another database's key file", data, "key file")
    data, _, key = copy()
    os.unlink(key)
    refused("no key file beside a database", data, "key")
    tap.ok("and none is made", not os.path.exists(key))
    for name, text in (("an empty key file", b""), ("half a key file", None), ("a key file of noise", os.urandom(200))):
        data, _, key = copy()
        with open(key, "rb") as file:
            text = file.read()[:40] if text is None else text
        write(key, text)
        refused(name, data, "key")
    data, _, key = copy()
    os.chmod(key, 0o644)
    refused("a key file that others may read", data, "0600")

    for name, text in (("an empty database file", b""), ("a database of 100 bytes", good[:100]),
                       ("half a database", good[:len(good) // 2 // 4096 * 4096]), ("a database without its last byte", good[:-1]),
                       ("a database of noise", os.urandom(50000)), ("a database with a torn first page", os.urandom(4096) + good[4096:]),
                       ("a text file", b"hello\n" * 1000)):
        data, path, _ = copy()
        write(path, text)
        refused(name, data, "database", "session")
    data, path, _ = copy()
    os.unlink(path)
    os.mkdir(path)
    refused("a folder in the database's place", data, "database", verify=False)
    data, path, _ = copy()
    os.unlink(path)
    spoil(path, lambda db: db.execute("create table session(id integer primary key, name text)"))
    refused("another program's database", data, "another program")
    data, path, _ = copy()
    spoil(path, lambda db: db.execute("pragma user_version = 99"))
    refused("a newer schema", data, "version 99")
    data, path, _ = copy()
    spoil(path, swap_boxes)
    refused("two sessions' sealed numbers swapped", data, "ses_", "session")
    data, path, _ = copy()
    spoil(path, copy_session)
    refused("a session that is there twice", data, "ses_", "session")
    data, path, _ = copy()
    spoil(path, lambda db: db.execute("update session set parties = x'00' where id = (select min(id) from session)"))
    refused("a session that can't be read", data, "ses_", "session")
    file = os.path.join(folder, "file")
    write(file, b"")
    status, _, errors = run("serve", "--listen", "127.0.0.1:0", "--data", file, cwd="/")
    tap.ok("a file as data folder", status == 1 and "not a folder" in errors, status, errors)

    with Mount(1 << 20) as mount:
        if not mount.there:
            tap.skip("a read-only folder, a full disk at start", "no right to mount")
            return
        shutil.copytree(healthy, os.path.join(mount.path, "data"))
        mount.read_only()
        refused("a read-only folder", os.path.join(mount.path, "data"), "ead-only", "read only", "readonly", verify=False)
    with Mount(256 << 10) as mount:
        mount.fill()
        status, _, errors = run("serve", "--listen", "127.0.0.1:0", "--data", os.path.join(mount.path, "data"), cwd="/")
        tap.ok("a full disk at the first start: one clear sentence, exit 1", status == 1 and errors.count("\n") <= 2 and
               ("No space" in errors or "full" in errors), status, errors)
        mount.empty()
        with Server(data=os.path.join(mount.path, "data")) as server:
            tap.ok("with room it starts, as if for the first time", server.key is not None, server.lines)


class Shop:
    """Orders against one server; what was acknowledged is kept."""

    def __init__(self, server):
        self.server, self.orders, self.refs = server, {}, 0
        self.connect()
        make_pool(self.api, "disk", VNS[:60], per_vn_max=10000)

    def connect(self):
        self.api, self.twilio = self.server.client(), Twilio(self.server)

    def open(self):
        self.refs += 1
        customer, courier = PEOPLE[2 * self.refs % 2400], PEOPLE[(2 * self.refs + 1) % 2400]
        answer = self.api.post("/v1/sessions", {"pool": "disk", "ref": "D-%d" % self.refs, "parties": parties(
            customer=customer, courier=courier)}, headers={"Idempotency-Key": "D-%d" % self.refs})
        if answer.status == 201:
            self.orders[answer.json["id"]] = customer, courier, vns_of(answer.json)
        return answer

    def astray(self, latest=400):
        """Acknowledged orders whose calls are not connected as they should be, both ways."""
        wrong = []
        for id, (customer, courier, vn) in list(self.orders.items())[-latest:]:
            for caller, dialled, rings, shows in ((customer, vn["courier"], courier, vn["customer"]),
                                                  (courier, vn["customer"], customer, vn["courier"])):
                call = self.twilio.voice(caller, dialled)
                if (call.action, call.rings, call.shows) != ("connect", rings, shows):
                    wrong.append((id, call))
        return wrong


def test_full(name, server, fill, empty):
    """`fill` takes the room away, `empty` gives it back."""
    shop = Shop(server)
    for _ in range(50):
        shop.open()
    tap.same("%s: orders are opened" % name, len(shop.orders), 50)
    fill()
    answers = []
    while len(answers) < 3000 and sum(answer.status != 201 for answer in answers) < 20:
        answers.append(shop.open())
    bad = [answer for answer in answers if answer.status != 201]
    tap.ok("%s: changes are refused with store_failed" % name, len(bad) >= 20 and {(answer.status, answer.code) for answer in bad} ==
           {(503, "store_failed")}, bad[:2])
    live = next(iter(shop.orders))
    closing = shop.api.post("/v1/sessions/%s/close" % live, {"grace_s": 0})
    tap.same("%s: closing is refused too" % name, (closing.status, closing.code), (503, "store_failed"), closing)
    wrong = shop.astray()
    tap.ok("%s: every acknowledged order is connected from memory" % name, not wrong, *wrong[:3])
    seen = shop.api.get("/v1/sessions/" + live)
    tap.same("%s: what was refused did not happen" % name, (seen.status, seen.json.get("state")), (200, "live"), seen)
    metrics = shop.api.get("/metrics").body.decode()
    failures = metrics.split("\nbauta_store_failures_total ")[1].split("\n")[0]
    tap.ok("%s: it is counted" % name, float(failures) > 0, failures)
    tap.same("%s: it lives" % name, shop.api.get("/livez").status, 200)
    empty()
    got = until(shop.open, lambda answer: answer.status == 201)
    tap.same("%s: with room again changes are taken" % name, got.status, 201, got)
    for _ in range(50):
        shop.open()
    server.kill()
    server.start()
    shop.connect()
    wrong = shop.astray(10000)
    tap.ok("%s: after kill -9 every acknowledged order is there" % name, not wrong, "%d orders" % len(shop.orders), *wrong[:3])
    tap.same("%s: it ends in good order" % name, server.stop(), 0)
    status, out, errors = run("verify", "--data", server.data)
    tap.ok("%s: verify finds nothing wrong" % name, status == 0, out, errors)


def test_full_disk():
    with Mount(ROOM) as mount:
        if not mount.there:
            tap.skip("a disk that fills up", "no right to mount")
            return
        with Server(config=ACCOUNTS, data=os.path.join(mount.path, "data")) as server:
            test_full("full disk", server, lambda: mount.fill(128 << 10), mount.empty)


def test_file_limit():
    """The same by the process's limit on the size of a file: no signal may end it."""
    with Server(config=ACCOUNTS) as server:
        unlimited = resource.RLIM_INFINITY

        def fill():
            limit = os.path.getsize(os.path.join(server.data, "bauta.db-wal")) + (64 << 10)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, unlimited))

        def empty():
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))

        test_full("file size limit", server, fill, empty)


def fail_io(folder):
    """The library that makes reads, writes and syncs fail; None: it can't be made."""
    library = os.path.join(folder, "fail_io.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fail_io.c")
    if subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"]).returncode == 0:
        return library
    tap.skip("reads, writes and syncs that fail", "no compiler")
    return None


def test_bad_disk(healthy, folder, library):
    """EIO: while it lasts changes are refused, and a start too; nothing is lost by it."""
    switch = os.path.join(folder, "fail-io-now")

    def fail():
        with open(switch, "w"):
            pass

    def mend():
        os.unlink(switch)

    with Server(config=ACCOUNTS, environment={"LD_PRELOAD": library, "FAIL_WRITE": switch}) as server:
        test_full("writes fail with EIO", server, fail, mend)
    fail()
    data = os.path.join(folder, "unreadable")
    shutil.copytree(healthy, data)
    refused("a database that can't be read", data, "I/O", "database", environment={"LD_PRELOAD": library, "FAIL_READ": switch})
    mend()


def test_failed_sync(folder, library):
    switch = os.path.join(folder, "fail-now")
    with Server(config=ACCOUNTS, environment={"LD_PRELOAD": library, "FAIL_SYNC": switch}) as server:
        shop = Shop(server)
        for _ in range(20):
            shop.open()
        with open(switch, "w"):
            pass
        try:
            answer = shop.open()
            tap.same("a change whose sync fails is refused", (answer.status, answer.code), (503, "store_failed"), answer)
        except OSError as error:
            tap.ok("a change whose sync fails is not acknowledged", True, error)
        status = server.process.wait(timeout=30)
        tap.ok("after a failed sync the process ends by itself and says why", status == 1 and "fsync" in server.stderr(),
               status, server.stderr()[-600:])
        server.stop()
        os.unlink(switch)
        server.start()
        shop.connect()
        wrong = shop.astray()
        tap.ok("what was acknowledged is there", not wrong, *wrong[:3])
        tap.same("and it goes on", shop.open().status, 201)
        tap.same("it ends in good order", server.stop(), 0)


scratch = tempfile.mkdtemp(prefix="bauta-store-")
try:
    with Server(config=ACCOUNTS, data=os.path.join(scratch, "healthy")) as server:
        shop = Shop(server)
        for _ in range(30):
            shop.open()
        tap.same("a healthy data folder is made", len(shop.orders), 30)
    test_start(os.path.join(scratch, "healthy"), scratch)
    test_full_disk()
    test_file_limit()
    failing = fail_io(scratch)
    if failing:
        test_bad_disk(os.path.join(scratch, "healthy"), scratch, failing)
        test_failed_sync(scratch, failing)
finally:
    shutil.rmtree(scratch, ignore_errors=True)
tap.done()
