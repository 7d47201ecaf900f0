"""A server with two pools, and build/traffic that is their town: what load.py, soak.py and tests/e2e/load_test.py share."""
import json
import os
import subprocess

from bench_server import BUILD, SECRET, Bauta

POOLS = (("twilio", "main"), ("exotel", "connect"))
# Numbers from tests/numbers.txt; the last one is nobody's, for calls to a number that is none of ours.
FIRST_VN, VNS = 622150000000, 9998


class Town(Bauta):
    """`settings`: further ones, by their path. `policy`: of both pools. `vns`: so many in all, 9,998 at most."""

    def __init__(self, sessions=100000, calls=200000, settings=None, policy=None, vns=VNS, more=""):
        super().__init__(sessions, workers=2, calls=calls, more=more)
        self.settings = {"limits.connections": 10000, **(settings or {})}
        self.policy, self.vns = policy or {}, vns

    def command(self):
        return super().command() + [word for path, value in self.settings.items() for word in ("--set", "%s=%s" % (path, value))]

    def make_pools(self):
        each = self.vns // len(POOLS)
        for i, (name, account) in enumerate(POOLS):
            self.ask("/v1/pools", {"name": name, "country": "ID", "per_vn_max": 100000, **self.policy})
            numbers = [{"number": "+%d" % (FIRST_VN + i * each + k), "provider": name, "account": account} for k in range(each)]
            added = json.loads(self.ask("/v1/pools/%s/numbers" % name, {"numbers": numbers}))["added"]
            assert added == each, "only %d virtual numbers were taken" % added

    def traffic(self, **words):
        """Starts build/traffic, whose output is a line of JSON each time."""
        command = [os.path.join(BUILD, "traffic"), "port=%d" % self.port]
        command += ["accounts=" + ",".join("%s:%s" % pool for pool in POOLS)] + ["%s=%s" % word for word in words.items()]
        return subprocess.Popen(command, env=dict(os.environ, BAUTA_KEY=self.key, BAUTA_ACCOUNT_SECRET=SECRET), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_traffic(self, **words):
        """The figures of a whole run. A wrong answer is an error that shows it."""
        out, errors = (running := self.traffic(**words)).communicate()
        if running.returncode != 0:
            raise RuntimeError("traffic failed:\n" + errors)
        return json.loads(out.splitlines()[-1])
