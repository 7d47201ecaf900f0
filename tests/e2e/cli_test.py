#!/usr/bin/env python3
"""The command line: every command for people and with --json, wrong use (exit 2), failures (exit 1)."""
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import BAUTA, Server, Tap, run

CUSTOMER, COURIER, SECOND = "+6281234567210", "+6281298765877", "+6281211112222"
STRANGER = "+14155550123"
VNS = ["+62215000%04d" % i for i in range(1200, 1212)]
EXOPHONE = "+918047112233"

CONFIG = """
public_url: https://vn.example.com
accounts:
  - { name: main, provider: twilio, country: ID, account_sid: AC00000000000000000000000000000000, auth_token: "12345" }
  - { name: india, provider: exotel, country: IN, account_sid: acme, api_key: key, api_token: token, subdomain: api,
      secret_path: 9f2c5a7e1b3d4c6f }
"""
CONTROL = """
accounts:
  - { name: main, provider: telnyx, country: ID, public_key: "0PVmSFDsTBGmPsZyM8Rm4hMEgsoCSpBmeIjFmiRT40s=", call_control: true%s }
"""

tap = Tap()


class Cli:
    """The program with a server's address and key, in a folder of its own."""

    def __init__(self, server, **environment):
        self.folder = server.folder
        self.environment = {"BAUTA_URL": server.url, "BAUTA_KEY": server.key, "BAUTA_API_KEY_FILE": "", **environment}

    def __call__(self, *arguments, stdin=None, **environment):
        return run(*arguments, stdin=stdin, environment={**self.environment, **environment}, cwd=self.folder)

    def path(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "w") as file:
                file.write(text)
        return path


def good(name, done, *wanted):
    """Exit 0, nothing on standard error, each of `wanted` on standard output."""
    status, out, errors = done
    missing = [text for text in wanted if text not in out]
    return tap.ok(name, status == 0 and not errors and not missing, "exit %d" % status, out, errors, missing)


def good_json(name, done, status=0):
    try:
        value = json.loads(done[1])
    except ValueError:
        value = None
    tap.ok(name, done[0] == status and value is not None, *done)
    return value if value is not None else {}


def fails(name, done, *wanted):
    """Exit 1, one line on standard error with each of `wanted`."""
    status, _, errors = done
    missing = [text for text in wanted if text not in errors]
    tap.ok(name, status == 1 and not missing and errors.count("\n") == 1 and errors.startswith("bauta: "), *done, missing)


def misused(name, *arguments):
    """Exit 2, a usage line on standard error, nothing on standard output."""
    status, out, errors = run(*arguments)
    tap.ok(name, status == 2 and not out and "usage: bauta" in errors, status, out, errors)


def noticed(ask, status=0):
    """A running server looks for changed keys by itself, about once a second: asks until it has seen them."""
    for _ in range(2000):
        done = ask()
        if done[0] == status:
            break
    return done


def test_pools(cli):
    good("pool create shows the pool", cli("pool", "create", "jakarta", "--country", "ID", "--cooldown", "4h", "--ring=40s"),
         "jakarta", "cooldown_s", "4h", "40s", "0 in all")
    pool = good_json("pool create --json gives the pool", cli("pool", "create", "delhi", "--country", "IN", "--mode", "exclusive",
                                                              "--countries", "IN,ID", "--rest", "90", "--json"))
    tap.same("settings arrive as they were meant", [pool.get(k) for k in ("name", "mode", "countries", "rest_s")],
             ["delhi", "exclusive", ["IN", "ID"], 90])
    fails("a pool that is there is refused in one sentence", cli("pool", "create", "jakarta", "--country", "ID"), "pool_exists")
    status, out, errors = cli("pool", "create", "jakarta", "--country", "ID", "--json")
    tap.ok("with --json the refusal is the problem document on standard error",
           status == 1 and not out and json.loads(errors)["code"] == "pool_exists", status, out, errors)
    fails("a setting out of range names its field", cli("pool", "set", "jakarta", "--ring", "1s"), "ring_s", "bad_request")
    good("pool set changes a setting", cli("pool", "set", "jakarta", "--grace", "5m"), "5m")
    good("pool list is a table", cli("pool", "list"), "POOL", "jakarta", "delhi", "shared", "exclusive")
    names = [pool["name"] for pool in good_json("pool list --json is a list", cli("pool", "list", "--json"))["pools"]]
    tap.same("pool list has every pool", sorted(names), ["delhi", "jakarta"])
    good("pool list shows the demand", cli("pool", "list"), "COMING", "SPARE")
    good("pool show shows it", cli("pool", "show", "jakarta"), "grace_s", "5m", "sessions  0 waiting", "demand    0 coming, 0 waiting")
    tap.ok("once", cli("pool", "show", "jakarta")[1].count("demand") == 1)
    tap.same("pool show --json gives it", good_json("pool show --json is JSON", cli("pool", "show", "jakarta", "--json"))["grace_s"],
             300)
    fails("a pool that isn't there", cli("pool", "show", "nowhere"), "not_found")
    fails("a name with a slash stays a name", cli("pool", "show", "../pools"), "not_found")


def test_numbers(cli):
    good("numbers come one a line from standard input",
         cli("number", "import", "--pool", "jakarta", "--provider", "twilio", "--account", "main", "-",
             stdin="# ours\n" + "\n".join(VNS[:6]) + "\n\n"), "6 added, 0 skipped")
    table = cli.path("numbers.csv", "provider;number;account\n" + "".join("twilio;%s;main\n" % vn for vn in VNS[6:9]))
    good("numbers come as CSV with a heading", cli("number", "import", "--pool", "jakarta", table), "3 added")
    lines = cli.path("numbers.ndjson", "".join('{"number":"%s","provider":"twilio","account":"main"}\n' % vn for vn in VNS[9:]))
    tap.same("numbers come as JSON lines", good_json("number import --json is JSON", cli(
        "number", "import", "--pool", "jakarta", lines, "--json")), {"added": 3, "skipped": []})
    good("an ExoPhone joins the other pool", cli("number", "import", "--pool", "delhi", "-", stdin="%s,exotel,india\n" % EXOPHONE),
         "1 added")
    status, out, _ = cli("number", "import", "--pool", "jakarta", "-", stdin="{broken\n%s,twilio,main\n" % VNS[0])
    tap.ok("what is skipped is named and makes the exit 1",
           status == 1 and "line 1: bad_request" in out and VNS[0] + ": number_in_use" in out and "0 added, 2 skipped" in out,
           status, out)
    good("number list is a table", cli("number", "list", "--pool", "jakarta"), "NUMBER", VNS[0], VNS[11], "free")
    numbers = good_json("number list --json is a list", cli("number", "list", "--pool", "jakarta", "--json"))["numbers"]
    tap.same("number list has every number", sorted(number["number"] for number in numbers), VNS)
    good("number disable takes several, as people write them", cli("number", "disable", VNS[10], "+62 21-5000 1211"),
         "disabled", VNS[10], VNS[11])
    numbers = good_json("number list --state looks at the state",
                        cli("number", "list", "--pool", "jakarta", "--state", "disabled", "--json"))["numbers"]
    tap.same("only the disabled are there", sorted(number["number"] for number in numbers), VNS[10:])
    good("number enable undoes that", cli("number", "enable", VNS[10], VNS[11]), "free")
    good("number reserve", cli("number", "reserve", VNS[11]), "reserved")
    good("number release", cli("number", "release", VNS[11]), "free")
    fails("a number that is not ours", cli("number", "disable", "+622150009999"), "not_found")
    fails("a list that isn't there", cli("number", "import", "--pool", "jakarta", "/no/such/file"), "/no/such/file")
    fails("a pool that isn't there", cli("number", "import", "--pool", "nowhere", table), "not_found")


def open_session(cli, ref, *more):
    return cli("session", "open", "--pool", "jakarta", "--ref", ref, "--party", "customer=" + CUSTOMER, "--party",
               "courier=" + COURIER, *more)


def test_sessions(cli):
    good("session open shows parties and virtual numbers", open_session(cli, "A-1001"), "A-1001", "live", "+62*******210",
         "+62*******877", "+6221" "5000")
    session = good_json("the same order again is the same session", open_session(cli, "A-1001", "--json"))
    tap.ok("the answer has the session", session.get("id", "").startswith("ses_") and session["state"] == "live", session)
    fails("other parties of the same order", cli("session", "open", "--pool", "jakarta", "--ref", "A-1001", "--party",
                                                 "customer=" + CUSTOMER, "--party", "courier=" + SECOND), "session_exists")
    status, _, errors = cli("session", "open", "--pool", "jakarta", "--ref", "A-x", "--party", "customer=12", "--party",
                            "courier=" + COURIER)
    tap.ok("a bad number names its field", status == 1 and "parties" in errors and "bad_number" in errors, errors)
    body = json.dumps({"pool": "jakarta", "parties": [{"role": "customer", "number": CUSTOMER},
                                                      {"role": "courier", "number": SECOND, "may_call": False}]})
    good("session open takes a body from standard input, options on top",
         cli("session", "open", "-", "--ref", "A-1002", "--ttl", "2h", stdin=body), "A-1002", "live")
    good("session show takes an id", cli("session", "show", session["id"]), "A-1001", "customer")
    good("session show takes an order", cli("session", "show", "A-1001", "--pool", "jakarta"), session["id"])
    tap.same("session show --json is the session", good_json("it is JSON", cli("session", "show", "A-1001", "--json"))["id"],
             session["id"])
    fails("an order that isn't there", cli("session", "show", "A-0000"), "A-0000")
    fails("an id that isn't there", cli("session", "show", "ses_00000000000001"), "not_found")
    good("session list is a table, the newest first", cli("session", "list"), "SESSION", "A-1001", "A-1002", "customer, courier")
    refs = [row["ref"] for row in good_json("session list --json", cli("session", "list", "--state", "live", "--json"))["sessions"]]
    tap.same("session list has them", refs, ["A-1002", "A-1001"])
    one = good_json("session list --max", cli("session", "list", "--max", "1", "--json"))["sessions"]
    tap.same("only so many", [row["ref"] for row in one], ["A-1002"])
    good("session close closes", cli("session", "close", "A-1002", "--grace", "1m"), "closing")
    tap.same("session close --json", good_json("it is JSON", cli("session", "close", "A-1002", "--grace=0", "--json"))["state"],
             "cooling")
    return session


def test_ingest(cli):
    def event(n, kind, version, role, number):
        return json.dumps({"id": "evt-%s-%d" % (n, version), "type": kind, "order": "B-%d" % n, "version": version,
                           "pool": "jakarta", "parties": [{"role": role, "number": number}]})

    lines = []
    for n in range(3):
        lines += [event(n, "order.placed", 1, "customer", CUSTOMER), event(n, "order.assigned", 2, "courier", COURIER), ""]
    path = cli.path("events.ndjson", "\n".join(lines) + "\n")
    good("ingest says how many", cli("ingest", path), "6 applied, 0 repeated, 0 refused")
    tap.same("sent again, all are repeated", good_json("ingest --json is JSON", cli("ingest", path, "--json")),
             {"applied": 0, "repeated": 6, "refused": []})
    status, out, _ = cli("ingest", "-", stdin="\n\nnot json\n%s\n{\"type\":\"order.placed\"}\n" % lines[0])
    tap.ok("what is refused is named by line of the file, and makes the exit 1",
           status == 1 and "1 repeated, 2 refused" in out and re.search(r"(?m)^ +3 +\S", out) and re.search(r"(?m)^ +5 +\S", out),
           status, out)
    many = ["%s" % event(100 + n, "order.placed", 1, "customer", "+6281211112222") for n in range(2500)]
    many[2100] = "{}"
    status, out, _ = cli("ingest", "--json", "-", stdin="\n".join(many))
    value = json.loads(out)
    tap.ok("thousands of lines go in pieces, and lines are the file's",
           status == 1 and value["applied"] == 2499 and [row["line"] for row in value["refused"]] == [2101], out[:300])
    status, out, _ = cli("ingest", "--json", "-", stdin='{"x":"' + "a" * 70000 + '"}\n')
    tap.ok("a line over 64 KiB is refused by itself", status == 1 and json.loads(out)["refused"][0]["code"] == "too_large", out)
    fails("a file that isn't there", cli("ingest", "/no/such/file"), "/no/such/file")


def test_calls(cli, server, session):
    vn = {party["role"]: party["vn"] for party in session["parties"]}
    status, out, _ = cli("call", "--from", CUSTOMER, "--to", vn["courier"])
    tap.ok("call shows who would ring, masked", status == 0 and "connect: rings +62*******877" in out and
           "sees " + vn["customer"] in out and COURIER[1:] not in out and CUSTOMER[1:] not in out, out)
    good("call --show-numbers shows it whole", cli("call", "--from", CUSTOMER, "--to", vn["courier"], "--show-numbers"), COURIER)
    route = good_json("call --json is JSON", cli("call", "--from", CUSTOMER, "--to", vn["courier"], "--json"))
    tap.same("the answer is the API's", [route.get(k) for k in ("action", "to", "caller_id", "session")],
             ["connect", COURIER, vn["customer"], session["id"]])
    good("a stranger is rejected, and that is an answer", cli("call", "--from", STRANGER, "--to", vn["courier"]), "reject")
    good("a withheld caller is rejected", cli("call", "--from", "withheld", "--to", vn["courier"]), "withheld calls", "reject")

    status, out, errors = cli("call", "--provider", "twilio", "-c", server.config, "--from", CUSTOMER, "--to", vn["courier"])
    tap.ok("call --provider twilio shows question and answer, masked", status == 0 and "X-Twilio-Signature: " in out and
           "<Dial" in out and "connect: rings +62*******877" in out and COURIER[1:] not in out and CUSTOMER[1:] not in out,
           status, out, errors)
    done = good_json("call --provider twilio --json is JSON", cli(
        "call", "--provider", "twilio", "-c", server.config, "--from", COURIER, "--to", vn["customer"], "--json"))
    tap.same("Twilio would ring the customer and show the courier's virtual number",
             [done.get(k) for k in ("action", "to", "caller_id")], ["connect", CUSTOMER, vn["courier"]])
    tap.ok("question and answer are in it", done["answer"]["status"] == 200 and "<Dial" in done["answer"]["body"] and
           done["question"]["provider"] == "twilio" and done["request"]["headers"].get("X-Twilio-Signature"), done)
    forged = cli.path("forged.yaml", CONFIG.replace('"12345"', '"54321"'))
    status, _, errors = cli("call", "--provider", "twilio", "-c", forged, "--from", CUSTOMER, "--to", vn["courier"])
    tap.ok("a wrong secret is refused, and the sentence says where to look", status == 1 and "403" in errors and
           "secret" in errors, status, errors)
    status, out, errors = cli("call", "--provider", "exotel", "-c", server.config, "--from", "+919876543210", "--to", EXOPHONE)
    tap.ok("call --provider exotel keeps its secret path to itself", status == 0 and "9f2c5a7e1b3d4c6f" not in out and
           "9876543210" not in out and EXOPHONE[3:] in out, status, out, errors)
    control = cli.path("control.yaml", CONTROL % ", api_key: KEY0123456789")
    status, out, errors = cli("call", "--provider", "telnyx", "-c", control, "--from", CUSTOMER, "--to", vn["courier"])
    tap.ok("call with an account of Call Control shows the command that Telnyx would get, masked", status == 0 and "Call Control" in out and
           "/actions/transfer" in out and '"from":"%s"' % vn["customer"] in out and "connect: rings +62*******877" in out and
           COURIER[1:] not in out and CUSTOMER[1:] not in out and "KEY0123456789" not in out, status, out, errors)
    tap.ok("and says why it isn't signed", "only telnyx can sign" in out and "POST /v1/route" in out, out)
    done = good_json("the same with --json is JSON", cli(
        "call", "--provider", "telnyx", "-c", control, "--from", COURIER, "--to", vn["customer"], "--json"))
    command = json.loads(done["command"]["body"])
    tap.same("decision and command agree", [done.get("action"), done.get("to"), command.get("to"), command.get("from"), done["question"]["provider"]],
             ["connect", CUSTOMER, CUSTOMER, vn["courier"], "telnyx"])
    good("a stranger's call would be rejected", cli("call", "--provider", "telnyx", "-c", control, "--from", STRANGER, "--to", vn["courier"]),
         "/actions/reject", "CALL_REJECTED", "reject")
    fails("without a key there are no commands", cli("call", "--provider", "telnyx", "-c", cli.path("keyless.yaml", CONTROL % ""), "--from", CUSTOMER,
                                                     "--to", vn["courier"]), "api_key is missing", "503")
    texml = cli.path("texml.yaml", (CONTROL % "").replace(", call_control: true", ""))
    fails("TeXML can't be played at all", cli("call", "--provider", "telnyx", "-c", texml, "--from", CUSTOMER, "--to", vn["courier"]), "only telnyx itself can sign")
    fails("no such account", cli("call", "--provider", "twilio", "--account", "other", "-c", server.config, "--from", CUSTOMER,
                                 "--to", vn["courier"]), "account")
    fails("no configuration", cli("call", "--provider", "twilio", "-c", "/no/such.yaml", "--from", CUSTOMER, "--to", vn["courier"]),
          "/no/such.yaml")


def test_letters_and_sinks(cli):
    tap.same("dead list --json: there are none", good_json("dead list --json is JSON", cli("dead", "list", "--json")), {"dead": []})
    good("dead list is a table", cli("dead", "list", "--order", "A-1"), "LETTER", "RECORD")
    tap.same("dead retry --all has nothing to do", good_json("and says so", cli("dead", "retry", "--all", "--json")), {"dead": []})
    for words in (("show",), ("retry",), ("drop",)):
        fails("dead %s: no such letter" % words, cli("dead", *words, "ddl_01JD5XK8Q70003"), "not_found")
    status, out, errors = cli("dead", "retry", "a", "b", "--json")
    tap.ok("every letter is asked for", status == 1 and json.loads(out) == {"dead": []} and
           [json.loads(line)["code"] for line in errors.splitlines()] == ["not_found"] * 2, status, out, errors)
    good("sink list is a table", cli("sink", "list"), "SINK", "LAST ERROR")
    tap.same("sink list --json", good_json("is JSON", cli("sink", "list", "--json")), {"sinks": []})
    fails("a sink that isn't there", cli("sink", "enable", "webhook:app"), "not_found")
    fails("a replay of it", cli("sink", "replay", "webhook:app", "--since", "2026-11-22 10:00:00"), "not_found")
    for words in (("dead", "list"), ("sink", "list")):
        fails("%s %s: a key that is none" % words, cli(*words, BAUTA_KEY="bauta_x_y"), "unauthorized")


def test_keys(cli, server):
    data = ["--data", server.data]
    status, out, errors = cli("key", "create", "--name", "shop", "--scope", "sessions,calls", "--expires", "90d", *data)
    tap.ok("key create prints the key alone on standard output", status == 0 and
           re.fullmatch(r"bauta_[a-z0-9]{16}_\S+\n", out) and "shown this once" in errors, status, out, errors)
    shop = out.strip()
    good("the running server takes it", noticed(lambda: cli("session", "list", "--ref", "A-1001", BAUTA_KEY=shop)), "A-1001")
    fails("it may do what it may, and no more", cli("pool", "create", "x", "--country", "ID", BAUTA_KEY=shop), "forbidden")
    made = good_json("key create --json is JSON", cli("key", "create", "--name", "eyes", "--scope", "sessions", "--scope", "reveal",
                                                      "--json", *data))
    tap.same("it has all of the key", [made["name"], made["tenant"], sorted(made["scopes"]), made["expires_at"], made["state"]],
             ["eyes", "main", ["reveal", "sessions"], None, "in force"])
    good("a key with reveal sees numbers", noticed(lambda: cli("session", "show", "A-1001", BAUTA_KEY=made["key"])), CUSTOMER)
    path = cli.path("key.txt", made["key"] + "\n")
    good("a key may lie in a file", cli("session", "show", "A-1001", BAUTA_KEY="", BAUTA_API_KEY_FILE=path), CUSTOMER)
    fails("a file that holds no key", cli("session", "list", BAUTA_KEY="", BAUTA_API_KEY_FILE=cli.path("empty", "")), "empty")
    other = good_json("a key of another tenant", cli("key", "create", "--name", "o", "--scope", "sessions,numbers,admin", "--tenant",
                                                     "other", "--json", *data))
    pools = good_json("its list is a list", noticed(lambda: cli("pool", "list", "--json", BAUTA_KEY=other["key"])))
    tap.same("it sees nothing of the first one", pools, {"pools": []})
    good("key list is a table without secrets", cli("key", "list", *data), "shop", "eyes", "in force", "sessions,calls")
    listed = cli("key", "list", "--json", *data)
    tap.ok("key list --json has no secrets", shop not in listed[1] and made["key"] not in listed[1] and
           {"shop", "eyes", "o"} <= {row["name"] for row in json.loads(listed[1])["keys"]}, *listed)
    good("key revoke takes an id", cli("key", "revoke", made["id"], *data), "revoked")
    tap.same("key revoke --json, again, is no error",
             good_json("it is JSON", cli("key", "revoke", made["id"], "--json", *data))["state"], "revoked")
    fails("the running server refuses a revoked key",
          noticed(lambda: cli("session", "show", "A-1001", BAUTA_KEY=made["key"]), 1), "unauthorized")
    fails("a key that isn't there", cli("key", "revoke", "0000000000000000", *data), "no such key")
    fails("a folder without a database is left alone", cli("key", "list", "--data", cli.path("nothing")), "bauta.db")
    tap.ok("and not made", not os.path.exists(cli.path("nothing")))
    fails("no key at all", cli("session", "list", BAUTA_KEY=""), "unauthorized", "BAUTA_KEY")


def test_backup_and_verify(cli, server):
    data = ["--data", server.data]
    copy = cli.path("copy.db")
    good("backup beside the running server", cli("backup", copy, *data), "copy.db", "bauta.key")
    with sqlite3.connect(copy) as database:
        tap.same("the copy is whole", database.execute("pragma integrity_check").fetchone()[0], "ok")
    fails("a file that is there is left as it is", cli("backup", copy, *data), "there already")
    tap.ok("backup --json is JSON", good_json("it is", cli("backup", cli.path("two.db"), "--json", *data)).get("bytes", 0) > 0)
    good("verify finds nothing in the running server's folder", cli("verify", *data), "nothing wrong")
    tap.same("verify --json", good_json("it is JSON", cli("verify", "--json", *data)), {"ok": True, "findings": []})

    restored = cli.path("restored")
    os.mkdir(restored, 0o700)
    shutil.copy(copy, os.path.join(restored, "bauta.db"))
    fails("a copy without its keys can't be read", cli("verify", "--data", restored), "bauta.key")
    shutil.copy(os.path.join(server.data, "bauta.key"), os.path.join(restored, "bauta.key"))
    good("with them it can", cli("verify", "--data", restored), "nothing wrong")
    with sqlite3.connect(os.path.join(restored, "bauta.db")) as database:
        database.execute("update audit set target = 'other' where id = 1")
    status, out, _ = cli("verify", "--data", restored)
    tap.ok("an audit row that was changed is found", status == 1 and "audit" in out, status, out)
    found = good_json("verify --json tells findings, exit 1", cli("verify", "--json", "--data", restored), status=1)
    tap.ok("with a sentence each", found.get("ok") is False and found["findings"], found)


def test_check(cli):
    path = cli.path("good.yaml", "limits: { sessions: 1000 }\n")
    for name, words in (("-c FILE", ("-c", path)), ("FILE", (path,))):
        good("check %s tells the memory of the limits" % name, cli("check", *words), "limits.sessions", "sum")
    misused("check reads one file", "check", "-c", path, path)
    path = cli.path("bad.yaml", "listn: x\nlimits: { sessions: many }\n")
    status, out, errors = cli("check", path)
    tap.ok("all that is wrong is told with file and line", status == 1 and not out and "bad.yaml:1: listn" in errors and
           "bad.yaml:2: limits.sessions" in errors, status, out, errors)
    path = cli.path("outside.yaml", "kafka: { brokers: 'k:9092' }\norders_db: { url: 'postgres://h/db' }\n"
                    "mapping: { order: /o, type: /t, types: { a.b: ignore } }\nlimits: { sessions: 1000 }\n")
    good("check counts what waits for Kafka", cli("check", path), "kafka: consumed", "kafka: produced", "kafka.dead_max", "retries")
    status, _, errors = cli("check", path, "--set", "kafka.sasl_password=hush")
    tap.ok("a secret is refused on the command line", status == 1 and "sasl_password_file" in errors and "hush" not in errors, errors)
    path = cli.path("tls.yaml", "tls: { certificate: none.pem, key: none.key }\n")
    fails("a certificate that can't be read", cli("check", path), "none.pem")


def test_wrong_use():
    misused("no options at all", "pool")
    misused("no such sub-command", "pool", "burn")
    misused("an operand is missing", "pool", "show")
    misused("an operand too many", "pool", "show", "a", "b")
    misused("no such option", "pool", "list", "--colour")
    misused("an option without its value", "number", "list", "--pool")
    misused("a word that is none of its words", "pool", "create", "a", "--country", "ID", "--mode", "both")
    misused("a duration that is none", "pool", "create", "a", "--country", "ID", "--ttl", "4 hours")
    misused("a count that is none", "pool", "set", "a", "--per-vn-max", "many")
    misused("nothing to set", "pool", "set", "a")
    misused("pool create wants a country", "pool", "create", "a")
    misused("number import wants a pool", "number", "import", "-")
    misused("session open wants an order", "session", "open", "--party", "a=" + CUSTOMER)
    misused("session open wants parties", "session", "open", "--ref", "x")
    misused("a party is ROLE=NUMBER", "session", "open", "--ref", "x", "--party", CUSTOMER)
    misused("session close --grace", "session", "close", "x", "--grace", "soon")
    misused("dead show wants a letter", "dead", "show")
    misused("dead drop wants a letter", "dead", "drop")
    misused("dead retry wants letters or all", "dead", "retry")
    misused("and not both", "dead", "retry", "--all", "ddl_01JD5XK8Q70003")
    misused("sink enable wants a name", "sink", "enable")
    misused("sink replay wants a time", "sink", "replay", "kafka")
    misused("that is one", "sink", "replay", "kafka", "--since", "yesterday")
    misused("and not longer than times are", "sink", "replay", "kafka", "--since", "2026-11-22T10:00:00Z" + "0" * 60)
    misused("session list --max", "session", "list", "--max", "all")
    misused("ingest wants a file", "ingest")
    misused("a dry run is one of a mapping", "ingest", "--dry-run", "-")
    misused("a configuration is for a mapping", "ingest", "-c", "bauta.yaml", "-")
    misused("call wants both numbers", "call", "--from", CUSTOMER)
    misused("call wants numbers", "call", "--from", "me", "--to", VNS[0])
    misused("call wants a provider that it can play", "call", "--from", CUSTOMER, "--to", VNS[0], "--provider", "nobody")
    misused("key create wants a name", "key", "create", "--scope", "admin")
    misused("key create wants a scope", "key", "create", "--name", "x")
    misused("key create knows its scopes", "key", "create", "--name", "x", "--scope", "sessions,all")
    misused("key create --expires", "key", "create", "--name", "x", "--scope", "admin", "--expires", "never")
    misused("backup wants a file", "backup")
    misused("backup wants a real file", "backup", "-")
    misused("completion knows two shells", "completion", "fish")
    status, _, errors = run("burn")
    tap.ok("no such command", status == 2 and "burn" in errors, status, errors)


def test_no_server(cli):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        free = "http://127.0.0.1:%d" % listener.getsockname()[1]
        fails("no server", cli("pool", "list", BAUTA_URL=free), free, "bauta serve")
    fails("an address that is none", cli("pool", "list", BAUTA_URL="ftp://example.com"), "BAUTA_URL")
    fails("an address with a password", cli("pool", "list", BAUTA_URL="http://a:b@127.0.0.1/"), "BAUTA_URL")
    fails("a key that would break its line", cli("pool", "list", BAUTA_KEY="a\nb"), "BAUTA_KEY")


def test_completion():
    def complete(*words):
        script = ('source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bauta; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, BAUTA, "bauta", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, cwd="/")
        return done.stdout.split() if not done.stderr else done.stderr

    tap.same("`bauta po` is completed to pool", complete("po"), ["pool"])
    tap.same("`bauta pool c` is completed to create", complete("pool", "c"), ["create"])
    tap.same("options are completed", complete("pool", "create", "x", "--mod"), ["--mode"])
    tap.same("an option's words are completed", complete("pool", "create", "--mode", ""), ["shared", "exclusive"])
    tap.same("behind an equals sign too", complete("pool", "create", "--mode", "=", "e"), ["exclusive"])
    tap.same("files are completed", complete("ingest", "et"), ["etc"])
    tap.same("help completes commands", complete("help", "ing"), ["ingest"])
    every = [line.split()[0] for line in run("help")[1].splitlines() if line.startswith("  ")]
    tap.same("all of `bauta help` can be completed", complete(""), every)
    status, out, _ = run("completion", "zsh")
    tap.ok("there is completion for zsh", status == 0 and out.startswith("#compdef bauta") and "'--mode=[" in out)
    if shutil.which("zsh"):
        done = subprocess.run(["zsh", "-n", "/dev/stdin"], input=out, stderr=subprocess.PIPE, text=True)
        tap.ok("zsh can read it", done.returncode == 0 and not done.stderr, done.stderr)
    else:
        tap.skip("zsh can read it", "there is no zsh")


test_wrong_use()
test_completion()
with Server(config=CONFIG) as server:
    cli = Cli(server)
    test_check(cli)
    test_pools(cli)
    test_numbers(cli)
    session = test_sessions(cli)
    test_ingest(cli)
    test_calls(cli, server, session)
    test_letters_and_sinks(cli)
    test_keys(cli, server)
    test_backup_and_verify(cli, server)
    test_no_server(cli)
tap.done()
