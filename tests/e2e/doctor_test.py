#!/usr/bin/env python3
"""bauta doctor against a real server: all well, then each fault in turn. What it prints has no secret and no person's number, and it
leaves nothing behind in sessions or pools."""
import http.client
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ANSWER_S, Server, Tap, run  # noqa: E402
from processes import free_port  # noqa: E402
from telnyx_inventory import KEY as TELNYX_KEY, TelnyxControlInventory  # noqa: E402
from town import COURIER, CUSTOMER, make_pool, parties, until  # noqa: E402
from twilio_inventory import SID, TOKEN, TwilioInventory  # noqa: E402

OWNED = ["+12125550100", "+12125550101", "+12125550102"]
SECRET, SECRET_PATH, PASSWORD = "qwertyuiopasdfghjklzxcvbnm123456", "9f2c5a7e1b3d4c6f", "correct-horse-battery"
PUBLIC_KEY = "0PVmSFDsTBGmPsZyM8Rm4hMEgsoCSpBmeIjFmiRT40s="
CHECKS = ["credentials", "webhooks", "clock", "tls", "question", "deadline"]
UNKNOWN = "a" * 64 + ".example" # a label has 63 letters at most: no resolver needs to be asked
ELSEWHERE = "https://elsewhere.example.com/voice"
CONFIG = """
public_url: %(url)s
accounts:
  - { name: main, provider: twilio, country: US, account_sid: %(sid)s, auth_token: "%(token)s", api_url: "%(api)s" }
  - { name: main, provider: vonage, country: GB, signature_secret: %(secret)s }
  - { name: india, provider: exotel, country: IN, secret_path: %(path)s }
  - { name: tel, provider: telnyx, country: US, public_key: "%(key)s" }
  - { name: band, provider: bandwidth, country: US, user: bauta, password: %(password)s }
"""
CONTROL = "public_url: %s\naccounts:\n%s"

tap = Tap()
printed = []


def config(twilio, url, **more):
    return CONFIG % dict({"url": url, "sid": SID, "token": TOKEN, "api": twilio.url(), "secret": SECRET, "path": SECRET_PATH,
                          "key": PUBLIC_KEY, "password": PASSWORD}, **more)


class Front(http.server.ThreadingHTTPServer):
    """What stands in front of the server: passes on as it came, or does what a test says. `plan(n, handler)` sees the n-th request (from
    1) and gives None to pass it on, or (status, headers, body)."""

    daemon_threads = True

    def __init__(self, port, plan=None, tls=None):
        super().__init__(("127.0.0.1", 0), Passing)
        self.to, self.plan, self.n, self.tls = port, plan, 0, tls
        self.counting = threading.Lock()
        self.over = threading.Event()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.shutdown()
        self.server_close()

    def finish_request(self, request, address):
        try:
            if self.tls:
                request = self.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, address)
        except OSError: # they don't trust us, or didn't wait
            pass


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def handle_any(self):
        front = self.server
        with front.counting:
            front.n += 1
            n = front.n
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = front.plan(n, self) if front.plan else None
        status, headers, body = answer or self.pass_on(body)
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = handle_any

    def pass_on(self, body):
        there = http.client.HTTPConnection("127.0.0.1", self.server.to, timeout=ANSWER_S)
        there.request(self.command, self.path, body, dict(self.headers))
        answer = there.getresponse()
        found = answer.status, answer.getheaders(), answer.read()
        there.close()
        return found


def page(status, text=b"<html>not here</html>", *headers):
    return lambda n, handler: (status, [("Content-Type", "text/html"), *headers], text)


class Report:
    def __init__(self, status, out, err):
        self.status, self.err = status, err
        self.json = json.loads(out)
        self.checks = {check["check"]: check for check in self.json["checks"]}

    def __repr__(self):
        return "%d %s" % (self.status, json.dumps(self.json, indent=1))

    def verdicts(self):
        return [check["verdict"] for check in self.json["checks"]]

    def wrong(self):
        return [check["check"] for check in self.json["checks"] if check["verdict"] == "wrong"]

    def says(self, name, verdict, *words):
        check = self.checks[name]
        text = "%s %s" % (check["found"], check["todo"])
        return check["verdict"] == verdict and all(word in text for word in words)


class Doctor:
    """Runs with configurations of its own, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, text, *arguments):
        path = os.path.join(self.folder, "doctor.yaml")
        with open(path, "w") as file:
            file.write(text)
        found = run("doctor", "-c", path, *arguments)
        printed.extend(found[1:])
        return found

    def json(self, text, account, *arguments):
        return Report(*self.run(text, "--account", account, "--json", *arguments))


def is_wrong(name, report, *checks):
    """These are wrong and nothing else, and it is told by the exit status."""
    tap.ok(name, report.wrong() == list(checks) and report.status == 1 and report.json["wrong"] == len(checks) and
           all(check["todo"] for check in report.json["checks"] if check["verdict"] == "wrong"), report, report.err)


def says(name, report, check, verdict, *words):
    tap.ok(name, report.says(check, verdict, *words), report, report.err)


def test_well(doctor, text, server, twilio):
    tap.note("all is well")
    status, out, err = doctor.run(text, "--account", "twilio/main")
    lines = out.splitlines()
    tap.ok("a line for the account and one for each check", status == 0 and err == "" and lines[0].startswith("twilio/main at http://127.")
           and [line.split()[1] for line in lines[1:]] == CHECKS, out, err)
    tap.same("all is well but TLS, which isn't wanted on this machine", [line.split()[0] for line in lines[1:]],
             ["ok", "ok", "ok", "skipped", "ok", "ok"], out)
    tap.ok("they are aligned, and without colours", len({line.index(line.split()[1]) for line in lines[1:]}) == 1 and
           "\033" not in out, out)
    report = doctor.json(text, "twilio/main")
    tap.same("as JSON", (report.status, report.json["wrong"], list(report.checks), report.verdicts()),
             (0, 0, CHECKS, ["ok", "ok", "ok", "skipped", "ok", "ok"]), report)
    says("numbers are counted", report, "credentials", "ok", "3 numbers")
    says("all point to us", report, "webhooks", "ok", "3 of 3")
    says("time is measured against the provider's deadline", report, "deadline", "ok", "worst of 20 answers", "of 15 s")
    tap.same("Twilio was asked for the list and nothing else", ({what[0] for what in twilio.asked}, twilio.wrong), ({"list"}, []))
    for account in ("vonage/main", "india", "band"):
        report = doctor.json(text, account)
        tap.same("%s: what needs no API is well" % account, (report.status, report.verdicts()),
                 (0, ["skipped", "skipped", "ok", "skipped", "ok", "ok"]), report)
    report = doctor.json(text, "tel")
    tap.same("tel: nobody but Telnyx signs", (report.status, report.verdicts()),
             (0, ["skipped", "skipped", "ok", "skipped", "skipped", "ok"]), report)
    says("but a forged question was tried", report, "question", "skipped", "forged question gets 403")


def test_use(doctor, text, twilio):
    tap.note("how it is used")
    for name, arguments, words in (
            ("an account that isn't there", ["--account", "nobody"], ["there is no nobody", "twilio/main", "exotel/india"]),
            ("one of two", ["--account", "main"], ["main may be twilio/main, vonage/main\n"]),
            ("none named", [], ["--account is missing", "bandwidth/band"]),
            ("a number that is none", ["--account", "india", "--vn", "0800"], ["--vn"])):
        status, out, err = doctor.run(text, *arguments)
        tap.ok("%s: wrong use, with the choices" % name, status == 2 and out == "" and all(word in err for word in words), status, out, err)
    status, out, err = doctor.run("listen: 127.0.0.1:1\n")
    tap.ok("no account at all", status == 1 and "no account" in err, status, out, err)
    status, out, err = doctor.run("listen: nonsense\n", "--account", "main")
    tap.ok("a configuration that is wrong is told with its line", status == 1 and "doctor.yaml:1" in err, status, out, err)
    one = "\n".join(line for line in text.splitlines() if "provider:" not in line or "twilio" in line)
    status, out, err = doctor.run(one)
    tap.ok("the only account needs no name", status == 0 and out.startswith("twilio/main at"), status, out, err)
    status, out, err = doctor.run(text, "--account", "india", "--set", "public_url=http://127.0.0.1:%d" % free_port())
    tap.ok("--set counts", status == 1 and "no connection" in out, status, out, err)


def test_safety(doctor, text, server):
    tap.note("it changes nothing")
    api = server.client()
    make_pool(api, "ny", OWNED, country="US")
    made = api.post("/v1/sessions", {"pool": "ny", "ref": "D-1", "parties": parties(customer=CUSTOMER, courier=COURIER)}).json
    before = api.get("/v1/pools/ny").json, api.get("/v1/sessions?pool=ny").json
    doctor.json(text, "twilio/main")
    tap.same("pools and sessions are as they were", (api.get("/v1/pools/ny").json, api.get("/v1/sessions?pool=ny").json), before)
    tap.same("and no call is any pool's", api.get("/v1/calls").json["calls"], [])
    vn = made["parties"][0]["vn"]
    report = doctor.json(text, "twilio/main", "--vn", vn)
    tap.same("a number of ours may be asked about", (report.status, report.wrong()), (0, []), report)
    calls = until(lambda: api.get("/v1/calls?page_size=1000").json["calls"], lambda rows: len(rows) == 20)
    tap.ok("those calls are refused, and marked", len(calls) == 20 and all(
        call["provider_call_id"].startswith("bauta-doctor-") and call["decision"] == "reject" and call["reason"] == "unknown_caller"
        for call in calls), len(calls), calls[:2])
    tap.same("the session is as it was", api.get("/v1/sessions/" + made["id"]).json["state"], "live")
    api.patch("/v1/pools/ny", {"unknown_caller": "pin"})
    report = doctor.json(text, "twilio/main", "--vn", vn)
    tap.same("being asked for a PIN is no way in", (report.status, report.wrong()), (0, []), report)
    api.patch("/v1/pools/ny", {"unknown_caller": "forward", "forward_to": "+12025550199"})
    report = doctor.json(text, "twilio/main", "--vn", vn)
    is_wrong("a stranger who is put through is shouted", report, "question")
    says("and a pool that forwards is named as a reason", report, "question", "wrong", "WOULD BE PUT THROUGH", "unknown_caller")
    api.close()


def test_provider(doctor, twilio, server):
    tap.note("faults at the provider")
    url = server.url
    report = doctor.json(config(twilio, url, token="wrong-token"), "twilio/main")
    is_wrong("a wrong token is wrong there and here", report, "credentials", "question")
    says("the settings are named", report, "credentials", "wrong", "401", "20003", "account_sid and auth_token")
    says("what isn't known is skipped", report, "webhooks", "skipped", "see credentials")
    says("so is time", report, "deadline", "skipped", "see question")
    twilio.own(OWNED[1], voice_url=ELSEWHERE)
    twilio.own(OWNED[2], voice_url=twilio.owned[OWNED[0]]["voice_url"], trunk_sid="TK%032x" % 1)
    text = config(twilio, url)
    report = doctor.json(text, "twilio/main")
    is_wrong("numbers that point elsewhere are wrong", report, "webhooks")
    tap.same("and named", report.checks["webhooks"]["numbers"], OWNED[1:], report)
    says("with what to do", report, "webhooks", "wrong", "1 of 3", "manage_webhooks", "%s/hooks/twilio/main/voice" % url)
    _, out, _ = doctor.run(text, "--account", "twilio/main")
    tap.ok("on the line too", "2 elsewhere: %s, %s\n" % tuple(OWNED[1:]) in out, out)
    own_all(twilio, url)
    for how, words in ((503, ["503", "busy"]), ("nonsense", ["is it really twilio"]), ("drop", ["no answer", "ended too early"])):
        twilio.fail("list", how)
        report = doctor.json(text, "twilio/main")
        is_wrong("a list that is %s is wrong" % how, report, "credentials")
        says("and told apart", report, "credentials", "wrong", *words)
    twilio.failures.clear()
    for name, api, words in (("nobody answers", "http://127.0.0.1:%d" % free_port(), ["no connection"]),
                             ("the name is not known", "https://" + UNKNOWN, ["name is not known"])):
        report = doctor.json(config(twilio, url, api=api), "twilio/main")
        is_wrong("an API where %s is wrong" % name, report, "credentials")
        says("and told apart", report, "credentials", "wrong", *words)
    for off, word in ((3600, "behind"), (-3600, "ahead of")):
        twilio.clock_off_s = off
        report = doctor.json(text, "twilio/main")
        is_wrong("a clock that is an hour %s Twilio's is wrong" % word, report, "clock")
        says("and which way", report, "clock", "wrong", "this machine's clock is 3", word + " twilio's", "NTP")
    twilio.clock_off_s = 10
    tap.same("ten seconds are not", doctor.json(text, "twilio/main").status, 0)
    twilio.clock_off_s = 0


def test_server(doctor, twilio, server):
    tap.note("faults at our own address")
    url = server.url
    report = doctor.json(config(twilio, "http://localhost:%d" % server.port), "twilio/main")
    tap.ok("another public_url than the server's is not believed", report.says("question", "wrong", "not believed: 403", "http://localhost",
                                                                               "auth_token") and report.status == 1, report)
    for account, change, word in (("vonage/main", {"secret": "another-secret-of-nobody-at-all"}, "signature_secret"),
                                  ("india", {"path": "0000000000000000"}, "secret_path"), ("band", {"password": "other"}, "password")):
        report = doctor.json(config(twilio, url, **change), account)
        is_wrong("%s: another secret than the server's is wrong" % account, report, "question")
        says("and named", report, "question", "wrong", "not believed: 403", word)
    text = config(twilio, url).replace("country: GB,", "country: GB, allow: [203.0.113.7],")
    with Server(text, arguments=["--listen", "127.0.0.1:0"]) as picky:
        report = doctor.json(text.replace(url, picky.url), "vonage/main")
        tap.ok("where only the provider's addresses are let in, nothing is said", report.says("question", "skipped", "allow"), report)
    report = doctor.json(config(twilio, "http://127.0.0.1:%d" % free_port()), "vonage/main")
    is_wrong("a port where nobody listens is wrong", report, "question")
    says("and told", report, "question", "wrong", "no connection", "bauta serve")
    says("no time is told then", report, "clock", "skipped")


def test_front(doctor, twilio, server):
    tap.note("faults of what stands in front")

    def through(plan, account="vonage/main", **more):
        with Front(server.port, plan) as front:
            return doctor.json(config(twilio, "http://127.0.0.1:%d" % front.port, **more), account)

    for name, plan, words in (("a page for everything", page(200), ["none that vonage would understand"]),
                              ("nothing there", page(404), ["404", "/hooks/"]),
                              ("a redirection", page(301, b"", ("Location", "https://vn.example.com/")), ["301", "redirection"]),
                              ("a page that forbids", page(403), ["403 with a page", "firewall"]),
                              ("nobody behind it", page(502), ["502"])):
        report = through(plan)
        is_wrong("%s is wrong" % name, report, "question")
        says("and told apart", report, "question", "wrong", *words)
    report = through(page(200, b"[]", ("Content-Type", "application/json")))
    is_wrong("who answers a forged question is wrong", report, "question")
    says("loudly", report, "question", "wrong", "A FORGED QUESTION WAS ANSWERED", "signature_secret")
    report = through(lambda n, handler: (403, [], b"") if n % 4 == 0 else None)
    is_wrong("a second server that doesn't know the account is wrong", report, "question")
    says("and noticed", report, "question", "wrong", "of 19 more were not", "several servers")
    report = through(page(403, b"", ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")), "tel")
    is_wrong("a clock there that is wrong is wrong", report, "clock")
    says("and whose it is", report, "clock", "wrong", "the clock at public_url", "behind", "300 s")


def test_control():
    """An account of Telnyx's Call Control: its events come to another webhook, and commands need a key."""
    tap.note("Call Control")
    with TelnyxControlInventory(owned=OWNED) as telnyx, tempfile.TemporaryDirectory() as folder:
        doctor, port, paths = Doctor(folder), free_port(), []
        with Server(CONTROL % ("http://127.0.0.1:%d" % port, telnyx.config(manage="true")), arguments=["--listen", "127.0.0.1:%d" % port]) as server, \
                Front(port, lambda n, handler: paths.append(handler.path)) as front:
            url = "http://127.0.0.1:%d" % front.port
            text = CONTROL % (url, telnyx.config(manage="true"))
            report = doctor.json(text, "telnyx/main")
            is_wrong("numbers of another application are wrong", report, "webhooks")
            says("and it is said which it is to be", report, "webhooks", "wrong", "0 of 3", "connection_id", "bauta number sync")
            for number in OWNED:
                telnyx.owned[number].update(telnyx.OURS)
            del paths[:]
            report = doctor.json(text, "telnyx/main")
            tap.same("nobody but Telnyx signs an event; else all is well", (report.status, report.verdicts()),
                     (0, ["ok", "ok", "ok", "skipped", "skipped", "ok"]), report)
            says("a forged one was tried", report, "question", "skipped", "forged question gets 403")
            tap.same("at the webhook of events", set(paths), {"/hooks/telnyx/main/control"})
            report = doctor.json(text.replace("api_key: %s, " % TELNYX_KEY, ""), "telnyx/main")
            is_wrong("without a key for commands no call gets anywhere", report, "credentials")
            says("and that is said", report, "credentials", "wrong", "api_key is missing", "503")
            front.plan = page(200, b"")
            is_wrong("a forged event that is taken is shouted", doctor.json(text, "telnyx/main"), "question")
            tap.same("no request was wrong", telnyx.wrong, [])
            server.stop()


def test_slow(doctor, twilio):
    tap.note("slow answers")
    port = free_port()

    def plan(n, handler):
        if n == slow_n:
            handler.server.over.wait(slow_s)
        return None

    with Front(port, plan) as front:
        text = config(twilio, "http://127.0.0.1:%d" % front.port)
        with Server(text, arguments=["--listen", "127.0.0.1:%d" % port]):
            slow_n, slow_s = 5, 3
            report = doctor.json(text, "vonage/main")
            is_wrong("an answer that takes more than half of the time is wrong", report, "deadline")
            says("with the worst", report, "deadline", "wrong", "worst of 20 answers 3.", "of 5 s", "more than half")
            front.n, slow_n, slow_s = 0, 3, ANSWER_S
            report = doctor.json(text, "india")
            is_wrong("so is one that doesn't come", report, "deadline")
            says("with how many", report, "deadline", "wrong", "1 of 20 questions had no answer within 5 s")
            slow_n = 0
            tap.same("without them all is well", doctor.json(text, "vonage/main").status, 0)


def certificate(folder, days, name="DNS:localhost"):
    path = os.path.join(folder, "%d-%s.pem" % (days, name.replace(":", "-")))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
                    "-subj", "/CN=vn.example.com", "-addext", "subjectAltName=" + name, "-keyout", path + ".key", "-out", path],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path + ".key")
    return path, context


def test_tls(doctor, twilio, folder):
    tap.note("TLS")
    port = free_port()
    good, context = certificate(folder, 60)
    short, short_context = certificate(folder, 10)
    with Front(port, tls=context) as front, Front(port, tls=short_context) as short_front:
        text, short_text = (config(twilio, "https://localhost:%d" % one.port) for one in (front, short_front))
        with Server(text, arguments=["--listen", "127.0.0.1:%d" % port]):
            report = doctor.json(text, "vonage/main")
            is_wrong("a certificate that signed itself is wrong", report, "tls")
            says("and told", report, "tls", "wrong", "signed by itself", "public authority")
            says("nothing is asked there", report, "question", "skipped", "see tls")
            report = doctor.json(text, "vonage/main", "--ca", good)
            tap.same("who trusts it finds all well", (report.status, report.verdicts()),
                     (0, ["skipped", "skipped", "ok", "ok", "ok", "ok"]), report)
            says("for as long as it is good", report, "tls", "ok", "TLSv1.", "good for ", " days", "providers don't have")
            report = doctor.json(short_text, "vonage/main", "--ca", short)
            says("one that ends soon is wrong", report, "tls", "wrong", "the certificate ends in ", " days", "renew")
            report = doctor.json(config(twilio, "https://127.0.0.1:%d" % front.port), "vonage/main", "--ca", good)
            is_wrong("one for another name is wrong", report, "tls")
            says("and told", report, "tls", "wrong", "another name", "public_url")
            report = doctor.json(config(twilio, "https://127.0.0.1:%d" % port), "vonage/main")
            is_wrong("plain HTTP at https:// is wrong", report, "tls")
            api = "https://localhost:%d" % front.port
            report = doctor.json(config(twilio, "https://localhost:%d" % front.port, api=api), "twilio/main", "--ca", good)
            is_wrong("an API whose certificate isn't trusted is wrong", report, "credentials")
            says("and told", report, "credentials", "wrong", "not trusted", "certificates")
    report = doctor.json(config(twilio, "http://" + UNKNOWN), "vonage/main")
    is_wrong("plain HTTP to the world is wrong, and a name that nobody knows", report, "tls", "question")
    says("for what travels", report, "tls", "wrong", "openly", "https://")


def own_all(twilio, url):
    for number in OWNED:
        twilio.own(number, voice_url=url + "/hooks/twilio/main/voice")


def main():
    port = free_port()
    url = "http://127.0.0.1:%d" % port
    with TwilioInventory(page=2) as twilio, tempfile.TemporaryDirectory() as folder:
        own_all(twilio, url)
        doctor, text = Doctor(folder), config(twilio, url)
        with Server(text, arguments=["--listen", "127.0.0.1:%d" % port]) as server:
            test_well(doctor, text, server, twilio)
            test_use(doctor, text, twilio)
            test_safety(doctor, text, server)
            test_provider(doctor, twilio, server)
            test_server(doctor, twilio, server)
            test_front(doctor, twilio, server)
            tap.ok("the server ends in good order", server.stop() == 0)
        report = doctor.json(text, "twilio/main")
        is_wrong("a server that is down is wrong", report, "question")
        says("and told", report, "question", "wrong", "no connection", url)
        test_control()
        test_slow(doctor, twilio)
        test_tls(doctor, twilio, folder)
    everything = "\n".join(printed)
    tap.same("no secret was printed", [secret for secret in (SECRET, SECRET_PATH, PASSWORD, TOKEN, "wrong-token") if
                                       re.search(r"\b%s\b" % secret, everything)], [])
    tap.same("nor anybody's number", [number for number in (CUSTOMER, COURIER, "+12025550199") if number[1:] in everything], [])
    tap.done()


main()
