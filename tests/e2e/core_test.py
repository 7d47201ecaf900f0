#!/usr/bin/env python3
"""The real program dies with real numbers and keys in memory, where cores are made: none is made of it. With BAUTA_ALLOW_CORE=1
one is, and the keys are in it: so the test would see them."""
import os
import resource
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from town import COURIER, CUSTOMER, VNS, make_pool, parties

tap = Tap()


def key_of(server):
    """A data key, as it lies in memory."""
    with open(os.path.join(server.data, "bauta.key")) as file:
        return bytes.fromhex(file.read().split()[-1])


def die(how, environment):
    """A server with an order in it dies by that signal: was a core made, the files that are there then, its key."""
    with Server(environment=environment) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        api = server.client()
        make_pool(api, "cores", VNS[:4], provider="generic")
        assert api.post("/v1/sessions", {"pool": "cores", "ref": "1", "parties": parties(customer=CUSTOMER, courier=COURIER)}).status == 201
        key, pid, folder = key_of(server), server.process.pid, server.folder
        os.kill(pid, how)
        _, status = os.waitpid(pid, 0)
        server.process.returncode = -os.WTERMSIG(status)
        cores = [os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("core")]
        held = False
        for path in cores:
            with open(path, "rb") as file:
                held |= key in file.read()
        return os.WCOREDUMP(status), bool(cores), held


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard != resource.RLIM_INFINITY:
        return tap.skip("no core is made", "cores are limited here")
    dumped, there, held = die(signal.SIGABRT, {"BAUTA_ALLOW_CORE": "1"})
    if not dumped:
        return tap.skip("no core is made", "none is made here of anything")
    if there:
        tap.ok("a core that was asked for holds the key: the test can see one", held)
    for how in (signal.SIGABRT, signal.SIGSEGV):
        dumped, there, _ = die(how, {})
        tap.ok("%s: no core is made, though the limit was lifted" % how.name, not dumped and not there, dumped, there)


main()
tap.done()
