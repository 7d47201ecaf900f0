#!/usr/bin/env python3
"""The HTTP API from outside: every call, every code, limits, idempotency, pages, tenants, reveal and audit,
events; each answer is held to api/openapi.json."""
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ROOT, Server, Tap  # noqa: E402
from openapi_check import Document  # noqa: E402
from town import until  # noqa: E402

tap = Tap()
document = Document()
broken = []


def observe(method, path, body, answer):
    if method != "HEAD":
        broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error)
                      for error in document.check(method, path, answer))


def refused(name, answer, status, code, field=None):
    good = answer.status == status and answer.code == code and (field is None or answer.json.get("field") == field)
    tap.ok(name, good, answer, "wanted: %d %s %s" % (status, code, field or ""))


CUSTOMER, COURIER, COURIER_2 = "+6281234567210", "+6281298765877", "+6281211112222"
REAL = [number[1:] for number in (CUSTOMER, COURIER, COURIER_2)]


def parties(customer=CUSTOMER, courier=COURIER):
    return [{"role": "customer", "number": customer}, {"role": "courier", "number": courier}]


def vns(first, n):
    return {"numbers": [{"number": "+62215000%04d" % i} for i in range(first, first + n)]}


def stock_adds_up(stock):
    return set(stock) == {"total", "free", "lent", "cooling", "reserved", "disabled"} and \
        stock["total"] == sum(stock.values()) - stock["total"]


def test_document(server, api):
    table = open(os.path.join(ROOT, "src", "api", "api_routes.c")).read()
    routes = set(re.findall(r'^\t\{"([A-Z]+)", "([^"]+)"', table, re.M))
    tap.same("every route is documented, and nothing else", document.operations() - {("GET", "/metrics")}, routes)
    with open(os.path.join(ROOT, "api", "openapi.json"), "rb") as file:
        tap.ok("the document that is served is the one in the tree", server.anonymous().get("/openapi.json").body == file.read())
    lacking = []
    for method, path in sorted(document.operations() - {("GET", "/metrics")}):
        operation = document.paths[path][method.lower()]
        wanted = {"400"} | ({"401", "403", "503"} if operation["security"] else set())
        wanted |= {"413", "415"} if "requestBody" in operation else set()
        wanted |= {"422"} if any("IdempotencyKey" in one.get("$ref", "") for one in operation.get("parameters", [])) else set()
        lacking += ["%s %s lacks %s" % (method, path, status) for status in sorted(wanted - set(operation["responses"]))]
    tap.same("what may happen to every call is documented", lacking, [])
    slugs = set(re.findall(r'^\t\[ERR_[A-Z_]+\] = \{"([a-z_]+)"', open(os.path.join(ROOT, "src/base/err.c")).read(), re.M))
    tap.same("every code is documented", set(document.json["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]),
             slugs - {"ok"})


def test_door(server, api):
    anyone = server.anonymous()
    anyone.observe = observe
    for path in ("/livez", "/readyz"):
        tap.same("%s needs no key" % path, anyone.get(path).status, 200)
    answer = anyone.get("/v1/pools")
    refused("without a key nothing is told", answer, 401, "unauthorized")
    tap.same("and the scheme is named", answer.headers.get("www-authenticate"), "Bearer")
    refused("an unknown path needs a key too", anyone.get("/v1/nothing"), 401, "unauthorized")
    for wrong in (api.key[:-1] + ("0" if api.key[-1] != "0" else "1"), "bauta_x_y", api.key + "0"):
        refused("a wrong key is refused", server.client(wrong, observe).get("/v1/pools"), 401, "unauthorized")
    refused("a path that is not there", api.get("/v1/nothing"), 404, "not_found")
    refused("a slash too many", api.get("/v1/pools/"), 404, "not_found")
    answer = api.request("DELETE", "/v1/pools")
    refused("a method that is not for the path", answer, 405, "method_not_allowed")
    tap.same("Allow names those that are", set(answer.headers["allow"].split(", ")), {"POST", "GET", "HEAD"})
    refused("XML is no JSON", api.post("/v1/sessions", b"<a/>", content_type="text/xml"), 415, "unsupported_media_type",
            "Content-Type")
    refused("a form is no JSON", api.post("/v1/sessions", b"a=b", content_type="application/x-www-form-urlencoded"), 400,
            "bad_request")
    for name, media in (("without a content type", None), ("as curl -d says it", "application/x-www-form-urlencoded")):
        refused("JSON is read %s" % name, api.request("POST", "/v1/sessions", b'{"colour":1}', headers={"Content-Type": media}),
                400, "bad_request", "colour")
    answer = api.request("HEAD", "/v1/pools")
    tap.ok("HEAD is GET without the body", answer.status == 200 and answer.body == b"", answer)
    refused("an unknown query parameter", api.get("/v1/pools?page=1"), 400, "bad_request", "page")
    answer = api.get("/v1/pools")
    tap.same("answers are not for caches", answer.headers["cache-control"], "no-store")


def test_json(server, api):
    def post(body):
        return api.post("/v1/sessions", body, content_type="application/json; charset=utf-8")
    answer = post(b'{"pool": "jakarta",\n "ref": }')
    refused("broken JSON", answer, 400, "bad_request")
    tap.same("its line is named", answer.json.get("line"), 2)
    refused("a name twice", post(b'{"ref":"A","ref":"B","parties":[]}'), 400, "bad_request")
    refused("text that is not UTF-8", post(b'{"ref":"\xff"}'), 400, "bad_request")
    refused("nested too deeply", post(b'{"ref":' + b"[" * 40 + b"]" * 40 + b"}"), 400, "bad_request")
    refused("nested far too deeply", post(b"[" * 60000), 400, "bad_request")
    refused("an empty body", post(b""), 400, "bad_request")
    refused("an array where an object is wanted", post(b"[]"), 400, "bad_request")
    refused("an unknown field", post({"ref": "A", "parties": parties(), "colour": 1}), 400, "bad_request", "colour")
    answer = post({"ref": "A", "parties": parties(), CUSTOMER: 1})
    refused("a number where a name is wanted is not told again", answer, 400, "bad_request", "?")
    refused("a missing field", post({"parties": parties()}), 400, "bad_request", "ref")
    refused("a wrong type", post({"ref": 7, "parties": parties()}), 400, "bad_request", "ref")
    refused("a body that is too large", post(b'{"ref":"' + b"x" * 70000 + b'"}'), 413, "too_large")


def test_pools(server, api):
    answer = api.post("/v1/pools", {"name": "jakarta", "country": "ID"})
    tap.same("a pool is made", answer.status, 201, answer)
    pool = answer.json
    tap.same("its place is told", answer.headers.get("location"), "/v1/pools/jakarta")
    tap.same("with the defaults of the documentation",
             [pool[name] for name in ("countries", "mode", "numbers", "ttl_s", "ttl_from", "grace_s", "cooldown_s", "rest_s",
                                      "per_vn_max", "stick", "geo", "geo_strict", "unknown_caller", "forward_to", "ring_s",
                                      "max_call_s", "keep_s")],
             [["ID"], "shared", "each", 14400, "open", 600, 14400, 300, 100, "avoid", "any", False, "reject", None, 30, 3600,
              30 * 86400])
    refused("a name is used once", api.post("/v1/pools", {"name": "jakarta", "country": "ID"}), 409, "pool_exists")
    for field, value in (("country", "XX"), ("country", 62), ("mode", "both"), ("ttl_s", 0), ("ttl_s", -1), ("ttl_s", 1.5),
                         ("ring_s", 4), ("grace_s", 10 ** 30), ("geo_strict", "yes"), ("name", "a/b"), ("name", ""),
                         ("name", "x" * 65), ("unknown_caller", "forward")):
        body = {"name": "bad", "country": "ID", field: value}
        field = {("unknown_caller", "forward"): "forward_to"}.get((field, value), field)
        refused("%s can't be %r" % (field, str(value)[:12]), api.post("/v1/pools", body), 400, "bad_request",
                None if value == 10 ** 30 else field)
    refused("countries are checked one by one", api.post("/v1/pools", {"name": "bad", "country": "ID", "countries": ["ID", "??"]}),
            400, "bad_request", "countries[1]")
    answer = api.post("/v1/pools", {"name": "wide", "country": "ID", "countries": ["ID", "US"], "mode": "exclusive", "ttl_s": 60,
                                    "unknown_caller": "pin", "stick": "prefer", "low_water": 1, "high_water": 2})
    tap.ok("settings are kept", answer.status == 201 and answer.json["countries"] == ["ID", "US"] and
           answer.json["mode"] == "exclusive" and answer.json["unknown_caller"] == "pin", answer)
    tap.same("a pool is found by name", api.get("/v1/pools/wide").json["ttl_s"], 60)
    refused("another is not", api.get("/v1/pools/nowhere"), 404, "not_found")
    answer = api.patch("/v1/pools/wide", {"unknown_caller": "forward", "forward_to": "0812 9876 5877"})
    tap.ok("settings change; a number of ours is masked", answer.status == 200 and
           answer.json["forward_to"] == "+62*******877", answer)
    tap.same("the rest stays", answer.json["ttl_s"], 60)
    refused("a change that does not hold together", api.patch("/v1/pools/wide", {"forward_to": None}), 400, "bad_request",
            "forward_to")
    refused("a bad support number", api.patch("/v1/pools/wide", {"forward_to": "12"}), 422, "bad_number", "forward_to")
    refused("a name can't change", api.patch("/v1/pools/wide", {"name": "w"}), 400, "bad_request", "name")
    tap.ok("back to a PIN", api.patch("/v1/pools/wide", {"unknown_caller": "pin", "forward_to": None}).status == 200)
    page = api.get("/v1/pools?page_size=1").json
    tap.same("a page of pools", [pool["name"] for pool in page["pools"]], ["jakarta"])
    rest = api.get("/v1/pools", {"page_token": page["next_page_token"]}).json
    tap.same("the next page has the rest", [[pool["name"] for pool in rest["pools"]], rest["next_page_token"]], [["wide"], None])
    refused("a token that was cut", api.get("/v1/pools", {"page_token": page["next_page_token"][:-1]}), 400, "bad_request",
            "page_token")
    refused("a token that was changed", api.get("/v1/pools", {"page_token": "0" * 20}), 400, "bad_request", "page_token")
    for size in ("0", "1001", "x", ""):
        refused("page_size can't be %r" % size, api.get("/v1/pools?page_size=" + size), 400, "bad_request", "page_size")


def test_numbers(server, api):
    answer = api.post("/v1/pools/jakarta/numbers", vns(0, 20))
    tap.same("numbers are added", [answer.status, answer.json], [200, {"added": 20, "skipped": []}])
    answer = api.post("/v1/pools/jakarta/numbers", {"numbers": [
        {"number": "(021) 5000-0020", "provider": "twilio", "account": "later", "reserved": True},
        {"number": "+622150000000"}, {"number": "12"}]})
    tap.same("what can't be added is told", answer.json, {"added": 1, "skipped": [
        {"number": "+622150000000", "code": "number_in_use", "index": 1}, {"number": "12", "code": "bad_number", "index": 2}]})
    refused("a provider that nobody knows", api.post("/v1/pools/jakarta/numbers", {"numbers": [
        {"number": "+622150000099", "provider": "carrier-pigeon"}]}), 400, "bad_request", "numbers[0].provider")
    refused("an unknown pool", api.post("/v1/pools/nowhere/numbers", vns(0, 1)), 404, "not_found")
    stock = api.get("/v1/pools/jakarta").json["stock"]
    tap.ok("the stock adds up", stock_adds_up(stock) and stock["total"] == 21 and stock["reserved"] == 1, stock)
    page = api.get("/v1/pools/jakarta/numbers?page_size=15").json
    rest = api.get("/v1/pools/jakarta/numbers", {"page_size": 15, "page_token": page["next_page_token"]}).json
    tap.same("numbers come in pages", [len(page["numbers"]), len(rest["numbers"]), rest["next_page_token"]], [15, 6, None])
    tap.same("none twice", len({vn["number"] for vn in page["numbers"] + rest["numbers"]}), 21)
    kept = api.get("/v1/pools/jakarta/numbers?state=reserved").json["numbers"]
    tap.same("by state", [(vn["number"], vn["provider"], vn["account"]) for vn in kept], [("+622150000020", "twilio", "later")])
    refused("by a state that is none", api.get("/v1/pools/jakarta/numbers?state=lost"), 400, "bad_request", "state")
    answer = api.patch("/v1/numbers/+622150000019", {"state": "disabled"})
    tap.ok("a number is disabled", answer.status == 200 and answer.json["state"] == "disabled", answer)
    answer = api.patch("/v1/numbers/%2B622150000019", {"state": "enabled", "reserved": True})
    tap.ok("and enabled and reserved", answer.status == 200 and answer.json["state"] == "reserved", answer)
    tap.same("and free again", api.patch("/v1/numbers/622150000019", {"reserved": False}).json["state"], "free")
    refused("a number that is not ours", api.patch("/v1/numbers/" + CUSTOMER, {"reserved": True}), 404, "not_found")
    refused("nothing to change", api.patch("/v1/numbers/+622150000019", {}), 400, "bad_request", "state")
    many = {"numbers": [{"number": "+6221500%05d" % (10000 + i)} for i in range(10000)]}
    api.post("/v1/pools", {"name": "big", "country": "ID"})
    answer = api.post("/v1/pools/big/numbers", many)
    tap.same("10,000 numbers in one request", [answer.status, answer.json.get("added")], [200, 10000])
    many["numbers"].append({"number": "+622150000021"})
    refused("not 10,001", api.post("/v1/pools/big/numbers", many), 400, "bad_request", "numbers")


def test_sessions(server, api):
    body = {"pool": "jakarta", "ref": "A-1001", "parties": parties()}
    answer = api.post("/v1/sessions", body)
    session = answer.json
    tap.ok("a session is opened", answer.status == 201 and session["state"] == "live", answer)
    tap.same("its place is told", answer.headers.get("location"), "/v1/sessions/" + session["id"])
    tap.same("real numbers are masked", [party["number"] for party in session["parties"]], ["+62*******210", "+62*******877"])
    tap.ok("each party has its VN", len({party["vn"] for party in session["parties"]}) == 2, answer)
    for field, value in (("mode", "exclusive"), ("numbers", "one")):
        refused("a pool's %s can't change under open sessions" % field, api.patch("/v1/pools/jakarta", {field: value}), 400,
                "bad_request", field)
    answer = api.post("/v1/sessions", body)
    tap.same("the same again is the same", [answer.status, answer.json["id"]], [200, session["id"]])
    body["parties"] = [{"role": "customer", "number": "0812 3456 7210"}, {"role": "courier", "number": "0812-9876-5877"}]
    tap.same("in national form too", api.post("/v1/sessions", body).status, 200)
    refused("other parties", api.post("/v1/sessions", {"pool": "jakarta", "ref": "A-1001",
                                                      "parties": parties(courier=COURIER_2)}), 409, "session_exists")
    for field, body, status, code in (
            ("parties", [], 400, "bad_request"), ("parties", "none", 400, "bad_request"),
            ("parties[1].role", parties()[:1] * 2, 400, "bad_request"),
            ("parties[0].role", [{"role": "a b", "number": CUSTOMER}], 400, "bad_request"),
            ("parties[0].number", [{"role": "a", "number": "12"}], 422, "bad_number"),
            ("parties[0].number", [{"role": "a", "number": "+14155550123"}], 422, "destination_not_allowed"),
            ("parties[0].numbers[0]", [{"role": "a", "number": CUSTOMER, "numbers": ["1"]}], 422, "bad_number"),
            ("parties[0].numbers", [{"role": "a", "number": CUSTOMER, "numbers": [COURIER] * 5}], 400, "bad_request"),
            ("parties[0].may_call", [{"role": "a", "number": CUSTOMER, "may_call": 1}], 400, "bad_request"),
            ("parties", [{"role": "r%d" % i, "number": "+62812345672%02d" % i} for i in range(9)], 422, "too_many_parties"),
            ("parties[1].number", parties(courier=CUSTOMER), 422, "same_number_twice"),
            ("parties[1].numbers[0]", parties()[:1] + [dict(parties()[1], numbers=[COURIER])], 422, "same_number_twice"),
            ("parties[1].number", parties(courier="+622150000003"), 422, "number_is_virtual"),
            ("parties[1].vn", [parties()[0], dict(parties()[1], vn="+622150009999")], 404, "not_found")):
        refused("%s: %s" % (field or "parties", code), api.post("/v1/sessions", {"pool": "jakarta", "ref": "bad", "parties": body}),
                status, code, field)
    base = {"pool": "jakarta", "ref": "bad", "parties": parties()}
    refused("an unknown pool", api.post("/v1/sessions", dict(base, pool="nowhere")), 404, "not_found", "pool")
    refused("no pool named where there are several", api.post("/v1/sessions", {"ref": "x", "parties": parties()}), 400, "bad_request",
            "pool")
    refused("a ref that is too long", api.post("/v1/sessions", dict(base, ref="x" * 192)), 400, "bad_request", "ref")
    refused("a ref with a newline", api.post("/v1/sessions", dict(base, ref="a\nb")), 400, "bad_request", "ref")
    refused("two ends", api.post("/v1/sessions", dict(base, ttl_s=9, expires_at="2030-01-01T00:00:00Z")), 400, "bad_request",
            "expires_at")
    refused("an end that has passed", api.post("/v1/sessions", dict(base, expires_at="2020-01-01T00:00:00Z")), 400,
            "bad_request", "expires_at")
    refused("an end that is no time", api.post("/v1/sessions", dict(base, expires_at="tomorrow")), 400, "bad_request", "expires_at")
    place = "/v1/sessions/" + session["id"]
    tap.same("a session is found", api.get(place).json, session)
    for wrong in ("ses_0000000000000", "nothing", session["id"].lower()):
        refused("%s is none" % wrong[:12], api.get("/v1/sessions/" + wrong), 404, "not_found")
    answer = api.put(place + "/parties/courier", {"number": "0812 1111 2222"})
    tap.ok("a party is replaced", answer.status == 200 and answer.json["parties"][1]["number"] == "+62*******222", answer)
    tap.same("the others keep the VN they know", answer.json["parties"][1]["vn"], session["parties"][1]["vn"])
    refused("by a number that the pool doesn't dial", api.put(place + "/parties/courier", {"number": "+14155550123"}), 422,
            "destination_not_allowed", "number")
    refused("by no number", api.put(place + "/parties/courier", {}), 400, "bad_request", "number")
    refused("by the other's number", api.put(place + "/parties/courier", {"number": COURIER_2, "numbers": [CUSTOMER]}), 422,
            "same_number_twice", "numbers[0]")
    refused("by a VN", api.put(place + "/parties/courier", {"number": "+622150000003"}), 422, "number_is_virtual", "number")
    wish = [dict(parties("+6281298765120", "+6281298765121")[0], vn=session["parties"][1]["vn"]), parties()[1]]
    refused("a VN that can't be had", api.post("/v1/sessions", {"pool": "jakarta", "ref": "W-1", "parties": wish[:1] + [
        {"role": "courier", "number": CUSTOMER}]}), 409, "number_in_use", "parties[0].vn")
    answer = api.put(place + "/parties/desk", {"number": "+6281298765111", "may_call": False})
    tap.ok("a party is added", answer.status == 200 and len(answer.json["parties"]) == 3 and
           answer.json["parties"][2].get("may_call") is False, answer)
    answer = api.delete(place + "/parties/desk")
    tap.ok("and leaves", answer.status == 200 and len(answer.json["parties"]) == 2, answer)
    refused("once", api.delete(place + "/parties/desk"), 404, "not_found")
    answer = api.patch(place, {"expires_at": "2999-01-01T00:00:00Z"})
    refused("a session does not live for ever", answer, 400, "bad_request", "expires_at")
    answer = api.patch(place, {"ttl_s": 7200})
    tap.ok("its end is moved", answer.status == 200 and answer.json["expires_at"] < session["expires_at"], answer)
    refused("to somewhere", api.patch(place, {}), 400, "bad_request", "ttl_s")
    answer = api.post("/v1/sessions", {"pool": "jakarta", "ref": "B-1", "parties": parties()[:1]})
    tap.ok("one party waits", answer.status == 201 and answer.json["state"] == "waiting" and
           answer.json["parties"][0]["vn"] is None, answer)
    answer = api.post("/v1/sessions", {"pool": "wide", "ref": "P-1", "parties": parties()})
    refused("a pool without numbers", answer, 409, "pool_exhausted")
    api.post("/v1/pools/wide/numbers", vns(100, 4))
    answer = api.post("/v1/sessions", {"pool": "wide", "ref": "P-1", "parties": parties()})
    tap.ok("PINs are shown where the pool asks for them", answer.status == 201 and
           all(re.match(r"^\d{6}$", party["pin"]) for party in answer.json["parties"]), answer)
    pins = {party["role"]: party["pin"] for party in answer.json["parties"]}
    contact = api.get("/v1/orders/P-1/contact?pool=wide&as=customer").json
    tap.same("and to the app of the party itself", contact.get("pin"), pins["customer"])


def test_contact(server, api):
    session = api.get("/v1/sessions?ref=A-1001").json["sessions"][0]
    contact = api.get("/v1/orders/A-1001/contact?pool=jakarta&as=customer")
    tap.same("the app shows whom its party can ring", contact.json,
             {"ref": "A-1001", "state": "live", "contacts": [{"role": "courier", "vn": session["parties"][1]["vn"]}]})
    tap.same("nothing is bound while it waits", api.get("/v1/orders/B-1/contact?pool=jakarta&as=customer").json,
             {"ref": "B-1", "state": "waiting", "contacts": []})
    refused("whose app?", api.get("/v1/orders/A-1001/contact?pool=jakarta"), 400, "bad_request", "as")
    refused("which pool's?", api.get("/v1/orders/A-1001/contact?as=customer"), 400, "bad_request", "pool")
    refused("nobody's", api.get("/v1/orders/A-1001/contact?pool=jakarta&as=nobody"), 404, "not_found", "as")
    refused("an unknown order", api.get("/v1/orders/none/contact?pool=jakarta&as=customer"), 404, "not_found")
    odd = "größe/7 %?#"
    api.post("/v1/sessions", {"pool": "jakarta", "ref": odd, "parties": parties("+6281298765112", "+6281298765113")})
    from urllib.parse import quote
    tap.same("a ref may be any text", api.get("/v1/orders/%s/contact?pool=jakarta&as=courier" % quote(odd, safe="")).json["ref"], odd)


def test_route(server, api):
    session = api.get("/v1/sessions?ref=A-1001").json["sessions"][0]
    vn = {party["role"]: party["vn"] for party in session["parties"]}
    answer = api.post("/v1/route", {"from": CUSTOMER, "to": vn["courier"], "call_id": "c-1"})
    tap.same("a call is connected", answer.json, {"action": "connect", "to": COURIER_2, "caller_id": vn["customer"],
                                                  "session": session["id"], "ring_s": 30, "max_s": 3600})
    for name, caller, reason in (("a stranger", "+6281298765999", "unknown_caller"), ("nobody", "anonymous", "withheld_caller"),
                                 ("a null", None, "withheld_caller"), ("the replaced courier", COURIER, None)):
        answer = api.post("/v1/route", {"from": caller, "to": vn["customer"]})
        tap.ok("%s is refused" % name, answer.json["action"] == "reject" and reason in (None, answer.json["reason"]), answer)
    tap.same("what is no VN", api.post("/v1/route", {"from": CUSTOMER, "to": "+14155550199"}).json,
             {"action": "reject", "reason": "not_a_vn"})
    pinned = api.get("/v1/sessions?ref=P-1").json["sessions"][0]["parties"]
    ask = {"from": "+6281298765998", "to": pinned[1]["vn"], "call_id": "c-2"}
    answer = api.post("/v1/route", ask)
    tap.ok("a stranger is asked for a PIN", answer.json["action"] == "digits" and answer.json["digits"] == 6, answer)
    answer = api.post("/v1/route", dict(ask, digits=pinned[0]["pin"]))
    tap.ok("and gets through with it", answer.json["action"] == "connect" and answer.json["to"] == COURIER, answer)
    wrong = "000000" if pinned[0]["pin"] != "000000" else "000001"
    actions = [api.post("/v1/route", dict(ask, digits=wrong)).json["action"] for _ in range(5)]
    tap.ok("wrong ones come to an end", actions[0] == "digits" and actions[-1] == "reject", actions)
    api.patch("/v1/numbers/+622150000018", {"reserved": False})  # the writer has stored the calls before it answers this
    calls = api.get("/v1/calls?session=" + session["id"])
    tap.ok("calls are kept", any(call["provider_call_id"] == "c-1" and call["decision"] == "connect" and
                                 call["from_role"] == "customer" for call in calls.json["calls"]), calls)
    tap.ok("without a real number", not any(number in calls.body.decode() for number in REAL), calls)
    tap.ok("by pool and time", api.get("/v1/calls?pool=wide&since=2020-01-01T00:00:00Z").json["calls"] != [])
    tap.same("not before they were", api.get("/v1/calls?since=2999-01-01T00:00:00Z").json["calls"], [])
    refused("since when?", api.get("/v1/calls?since=yesterday"), 400, "bad_request", "since")
    refused("digits are text", api.post("/v1/route", dict(ask, digits=7)), 400, "bad_request", "digits")


def test_messages(server, api):
    """What needs no provider; messages_test.py has the rest."""
    tap.same("a pool's messages are off", {name: api.get("/v1/pools/jakarta").json[name] for name in ("messages", "redact", "keep_bodies_s")},
             {"messages": False, "redact": False, "keep_bodies_s": 0})
    for body, field in (({"messages": "on"}, "messages"), ({"redact": 1}, "redact"), ({"keep_bodies_s": -1}, "keep_bodies_s"),
                        ({"keep_bodies_s": 2592001}, "keep_bodies_s")):
        refused("%s is refused" % (body,), api.patch("/v1/pools/jakarta", body), 400, "bad_request", field)
    answer = api.patch("/v1/pools/jakarta", {"messages": True, "redact": True, "keep_bodies_s": 60})
    tap.same("they can be set", [answer.json[name] for name in ("messages", "redact", "keep_bodies_s")], [True, True, 60])
    answer = api.patch("/v1/pools/jakarta", {"keep_bodies_s": 0})
    tap.same("one by one", [answer.json[name] for name in ("messages", "redact", "keep_bodies_s")], [True, True, 0])
    path = "/v1/sessions/%s/messages" % api.get("/v1/sessions?ref=A-1001").json["sessions"][0]["id"]
    refused("without a text", api.post(path, {"to_role": "courier"}), 400, "bad_request", "body")
    refused("of another type", api.post(path, {"to_role": "courier", "body": 7}), 400, "bad_request", "body")
    refused("to nobody", api.post(path, {"to_role": "nobody", "body": "x"}), 400, "bad_request", "to_role")
    refused("too long", api.post(path, {"to_role": "courier", "body": "x" * 1601}), 413, "too_large", "body")
    refused("numbers that no account can text from", api.post(path, {"to_role": "courier", "body": "x"}), 400, "bad_request")
    refused("no such session", api.post("/v1/sessions/ses_00000000000001/messages", {"to_role": "courier", "body": "x"}), 404, "not_found")
    tap.same("none was sent", api.get("/v1/messages?pool=jakarta&page_size=5").json, {"messages": [], "next_page_token": None})
    refused("since when?", api.get("/v1/messages?since=yesterday"), 400, "bad_request", "since")


def test_idempotency(server, api):
    body = {"pool": "jakarta", "ref": "I-1", "parties": parties("+6281298765120", "+6281298765121")}
    head = {"Idempotency-Key": "key-1"}
    first = api.post("/v1/sessions", body, headers=head)
    again = api.post("/v1/sessions", body, headers=head)
    tap.same("the same key gives the stored answer", [again.status, again.body], [201, first.body])
    tap.same("and says so", [first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")], [None, "true"])
    refused("the same key for something else", api.post("/v1/sessions", dict(body, ref="I-2"), headers=head), 422,
            "idempotency_mismatch")
    refused("or for another call", api.post("/v1/pools", {"name": "i", "country": "ID"}, headers=head), 422,
            "idempotency_mismatch")
    for key in ("", "a b", "x" * 256, "\xe4"):
        refused("%r is no key" % key[:8], api.post("/v1/sessions", body, headers={"Idempotency-Key": key}), 400, "bad_request",
                "Idempotency-Key")
    head = {"Idempotency-Key": "key-2"}
    refused("an error is not kept", api.post("/v1/sessions", dict(body, ref="A-1001"), headers=head), 409, "session_exists")
    tap.same("the key is free still", api.post("/v1/sessions", dict(body, ref="I-1"), headers=head).status, 200)
    head = {"Idempotency-Key": "key-3"}
    first = api.post("/v1/pools/jakarta/numbers", vns(40, 2), headers=head)
    again = api.post("/v1/pools/jakarta/numbers", vns(40, 2), headers=head)
    tap.same("stock is added once", [first.json["added"], again.body], [2, first.body])
    first = api.post("/v1/sessions/%s/close" % json.loads(api.post("/v1/sessions", body).body)["id"], {"grace_s": 0},
                     headers={"Idempotency-Key": "key-4"})
    tap.same("a close may be repeated", first.status, 200)


def test_close(server, api):
    session = api.get("/v1/sessions?ref=A-1001").json["sessions"][0]
    place = "/v1/sessions/" + session["id"]
    answer = api.post(place + "/close")
    tap.ok("a session is closed", answer.status == 200 and answer.json["state"] == "closing" and
           answer.json["closed_at"] and answer.json["grace_until"], answer)
    refused("nothing changes after", api.put(place + "/parties/courier", {"number": COURIER}), 409, "session_closed")
    refused("nor its end", api.patch(place, {"ttl_s": 60}), 409, "session_closed")
    answer = api.post(place + "/close", {"grace_s": 0})
    tap.ok("a second close shortens the grace", answer.status == 200 and answer.json["state"] == "cooling", answer)
    answer = api.post(place + "/close", {"grace_s": 600})
    tap.ok("a third changes nothing", answer.status == 200 and answer.json["state"] == "cooling", answer)
    tap.same("an ended session is found", api.get(place).json["state"], "cooling")
    tap.same("and listed", [one["id"] for one in api.get("/v1/sessions?state=cooling&ref=A-1001").json["sessions"]], [session["id"]])
    refused("the order does not come back", api.post("/v1/sessions", {"pool": "jakarta", "ref": "A-1001", "parties": parties()}),
            409, "session_closed")
    for method, path, body in (("PUT", place + "/parties/courier", {"number": COURIER}), ("PATCH", place, {"ttl_s": 60}),
                               ("DELETE", place + "/parties/courier", None)):
        refused("%s after the end" % method, api.request(method, path, body), 409, "session_closed")
    tap.same("its app shows nobody", api.get("/v1/orders/A-1001/contact?pool=jakarta&as=customer").json,
             {"ref": "A-1001", "state": "cooling", "contacts": []})
    answer = api.delete(place)
    tap.same("it is forgotten", [answer.status, answer.body], [204, b""])
    tap.same("its numbers are gone", [party["number"] for party in api.get(place).json["parties"]], [None, None])
    answer = api.post("/v1/sessions", {"pool": "jakarta", "ref": "F-1", "parties": parties("+6281298765130", "+6281298765131")})
    place = "/v1/sessions/" + answer.json["id"]
    tap.same("an open one is forgotten too", api.delete(place).status, 204)
    shown = api.get(place).json
    tap.ok("and has ended", shown["state"] in ("cooling", "closed") and
           [party["number"] for party in shown["parties"]] == [None, None], shown)
    refused("what never was can't be", api.delete("/v1/sessions/ses_01JD5XK8Q70003"), 404, "not_found")


def test_lists(server, api):
    for i in range(7):
        api.post("/v1/sessions", {"pool": "big", "ref": "L-%d" % i,
                                  "parties": parties("+62812987652%02d" % i, "+62812987653%02d" % i)})
    seen, token = [], None
    while True:
        page = api.get("/v1/sessions", {"pool": "big", "page_size": 3, **({"page_token": token} if token else {})}).json
        seen += [session["ref"] for session in page["sessions"]]
        token = page["next_page_token"]
        if not token:
            break
    tap.same("sessions come newest first, in pages", seen, ["L-%d" % i for i in reversed(range(7))])
    tap.same("by state", len(api.get("/v1/sessions?pool=big&state=live").json["sessions"]), 7)
    tap.same("none closed", api.get("/v1/sessions?pool=big&state=closed").json["sessions"], [])
    refused("in no state", api.get("/v1/sessions?state=lost"), 400, "bad_request", "state")
    refused("of no pool", api.get("/v1/sessions?pool=nowhere"), 404, "not_found")


def event(i, kind, order="E-1", who=(), **more):
    return dict({"id": "evt-%d" % i, "type": "order." + kind, "order": order, "version": i, "pool": "jakarta",
                 "parties": [{"role": role, "number": number} for role, number in who]}, **more)


def test_events(server, api):
    done = api.post("/v1/events", event(1, "placed", who=[("customer", CUSTOMER)]))
    tap.same("an event is applied", done.json, {"applied": 1, "repeated": 0, "refused": []})
    tap.same("once", api.post("/v1/events", event(1, "placed", who=[("customer", CUSTOMER)])).json["repeated"], 1)
    answer = api.post("/v1/events", event(1, "placed", who=[("customer", COURIER_2)]))
    tap.same("the same version with other content is refused", answer.json["refused"][0]["code"], "too_old")
    tap.same("the order waits", api.get("/v1/sessions?ref=E-1").json["sessions"][0]["state"], "waiting")
    api.post("/v1/events", event(2, "assigned", who=[("courier", COURIER)]))
    tap.same("and is served", api.get("/v1/sessions?ref=E-1").json["sessions"][0]["state"], "live")
    for name, body, code in (
            ("without version and time", {"type": "order.placed", "order": "x", "pool": "jakarta", "parties": parties()}, "bad_request"),
            ("of no type", event(1, "lost", "x", [("customer", CUSTOMER)]), "bad_request"),
            ("of no pool", event(1, "placed", "x", [("customer", CUSTOMER)], pool="nowhere"), "not_found"),
            ("with a bad number", event(1, "placed", "x", [("customer", "12")]), "bad_number")):
        answer = api.post("/v1/events", body)
        tap.ok("an event %s is refused" % name, answer.status == 200 and answer.json["applied"] == 0 and
               answer.json["refused"][0]["code"] == code and answer.json["refused"][0]["line"] == 1, answer)
    cloud = {"specversion": "1.0", "id": "ce-1", "source": "/shop", "type": "order.placed", "time": "2026-11-22T10:00:00.250Z",
             "datacontenttype": "application/json",
             "data": {"order": "C-1", "pool": "jakarta", "parties": [{"role": "customer", "number": CUSTOMER}]}}
    tap.same("a CloudEvent", api.post("/v1/events", cloud, content_type="application/cloudevents+json").json["applied"], 1)
    second = dict(cloud, id="ce-2", type="order.cancelled", time="2026-11-22T10:00:01Z", data={"order": "C-1", "pool": "jakarta"})
    answer = api.post("/v1/events", [cloud, second], content_type="application/cloudevents-batch+json")
    tap.same("a batch of them", [answer.json["applied"], answer.json["repeated"]], [1, 1])
    answer = api.post("/v1/events", {"order": "C-2", "pool": "jakarta", "parties": parties()[:1]},
                      headers={"ce-id": "ce-3", "ce-type": "order.placed", "ce-time": "2026-11-22T10:00:00Z"})
    tap.same("one in binary mode", answer.json["applied"], 1)


def test_ndjson(server, api):
    def stream(lines):
        return api.post("/v1/events", b"\n".join(lines), content_type="application/x-ndjson")

    lines = [json.dumps(event(1, "placed", "N-%d" % i, [("customer", "+62812987%05d" % i)], pool="big")).encode() for i in range(1000)]
    answer = stream(lines)
    tap.same("a thousand lines", answer.json, {"applied": 1000, "repeated": 0, "refused": []})
    tap.same("again", stream(lines + [b""]).json, {"applied": 0, "repeated": 1000, "refused": []})
    broken_lines = [lines[0], b"", b"{", b"[1]", b'{"a":"' + b"x" * 70000 + b'"}', lines[1]]
    answer = stream(broken_lines)
    tap.same("lines that are refused are named", [(one["line"], one["code"]) for one in answer.json["refused"]],
             [(3, "bad_request"), (4, "bad_request"), (5, "too_large")])
    tap.same("and stop no others", answer.json["repeated"], 2)
    answer = stream([b"{}"] * 1500)
    tap.same("refusals are told up to 1,000", [len(answer.json["refused"]), answer.json["refused_more"]], [1000, 500])
    order = [json.dumps(event(v, kind, "O-1", who, pool="big")).encode() for v, kind, who in (
        (1, "placed", [("customer", CUSTOMER)]), (2, "assigned", [("courier", COURIER)]),
        (3, "reassigned", [("courier", COURIER_2)]), (4, "completed", ()))]
    tap.same("lines are applied in order", stream(order).json["applied"], 4)
    shown = api.get("/v1/sessions?ref=O-1").json["sessions"][0]
    tap.ok("to their end", shown["state"] == "closing" and shown["parties"][1]["number"] == "+62*******222", shown)
    tap.same("an empty stream", stream([]).json, {"applied": 0, "repeated": 0, "refused": []})
    refused("a stream without a key", server.anonymous().post("/v1/events", lines[0], content_type="application/x-ndjson"), 401,
            "unauthorized")
    with socket.create_connection((server.host, server.port)) as half:
        half.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n" % api.key.encode() +
                     b"%x\r\n%s\r\n" % (len(lines[0]) + 1, lines[0] + b"\n"))
    tap.same("a peer that goes away harms nobody", api.get("/livez").status, 200)


def test_reveal(server, api, reveal, admin):
    opened = api.post("/v1/sessions", {"pool": "big", "ref": "R-1", "parties": parties()}).json
    before = len(admin.get("/v1/audit?page_size=1000").json["audit"])
    answer = reveal.get("/v1/sessions/" + opened["id"])
    tap.same("a key with reveal sees numbers", [party["number"] for party in answer.json["parties"]], [CUSTOMER, COURIER])
    rows = admin.get("/v1/audit").json["audit"]
    tap.ok("and that is written down", rows[0]["action"] == "session.reveal" and rows[0]["target"] == opened["id"] and
           rows[0]["key"] == reveal.key.split("_")[1], rows[:2])
    listed = reveal.get("/v1/sessions?pool=big&ref=R-1").json["sessions"]
    tap.same("lists too", listed[0]["parties"][0]["number"], CUSTOMER)
    rows = admin.get("/v1/audit?page_size=1000").json["audit"]
    tap.ok("one row a list", len(rows) == before + 2 and rows[0]["action"] == "session.reveal" and "count 1" in rows[0]["detail"],
           rows[:2])
    head = {"Idempotency-Key": "reveal-1"}
    body = {"pool": "big", "ref": "R-2", "parties": parties("+6281298765140", "+6281298765141")}
    first, again = reveal.post("/v1/sessions", body, headers=head), reveal.post("/v1/sessions", body, headers=head)
    tap.same("an answer with real numbers is made anew", [again.status, again.json, again.headers.get("idempotent-replayed")],
             [201, first.json, "true"])
    tap.ok("nothing else saw one", not any(number in json.dumps(rows) for number in REAL))
    database = b"".join(open(os.path.join(folder, name), "rb").read() for folder, _, names in os.walk(server.data) for name in names)
    tap.ok("none is on disk", not any(number.encode() in database for number in REAL + ["81298765140"]))


def test_scopes(server, api, keys):
    calls = {"/v1/sessions": "sessions", "/v1/pools": "numbers", "/v1/calls": "calls", "/v1/messages": "calls", "/v1/audit": "admin", "/v1/dead": "admin",
             "/v1/sinks": "admin"}
    for scope, key in keys.items():
        client = server.client(key, observe)
        for path, needed in calls.items():
            answer = client.get(path)
            if needed == scope:
                tap.same("%s may %s" % (scope, path), answer.status, 200)
            else:
                refused("%s may not %s" % (scope, path), answer, 403, "forbidden")
        answer = client.post("/v1/route", {"from": CUSTOMER, "to": "+622150000001"})
        tap.same("%s and /v1/route" % scope, answer.status, 200 if scope == "route" else 403)


def test_dead(server, api, keys):
    tap.same("there are no dead letters", api.get("/v1/dead").json, {"dead": [], "next_page_token": None})
    tap.same("nor of an order", api.get("/v1/dead?order=A-1&page_size=1").json["dead"], [])
    refused("a page of none", api.get("/v1/dead?page_size=0"), 400, "bad_request", "page_size")
    refused("a token that is none", api.get("/v1/dead?page_token=x"), 400, "bad_request", "page_token")
    for name in ("ddl_01JD5XK8Q70003", "ses_01JD5XK8Q70003", "ddl_", "1", "..", "%00"):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/retry")):
            refused("%s of the letter %s" % (method, name), api.request(method, "/v1/dead/" + name + path), 404, "not_found")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/retry")):
        refused("%s needs the scope admin" % method, server.client(keys["sessions"], observe).request(
            method, "/v1/dead/ddl_01JD5XK8Q70003" + path), 403, "forbidden")


def test_sinks(server, api, other):
    tap.same("nobody gets events", api.get("/v1/sinks").json, {"sinks": []})
    tap.same("nor at another tenant", other.get("/v1/sinks").json, {"sinks": []})
    for client in (api, other):
        refused("a sink that is not there can't be enabled", client.post("/v1/sinks/webhook:app/enable"), 404, "not_found")
        refused("nor replayed", client.post("/v1/sinks/kafka/replay", {"since": "2026-11-22T10:00:00Z"}), 404, "not_found")
    refused("a replay needs a time", api.post("/v1/sinks/kafka/replay", {}), 400, "bad_request", "since")
    refused("that is one", api.post("/v1/sinks/kafka/replay", {"since": "yesterday"}), 400, "bad_request", "since")
    refused("and nothing else", api.post("/v1/sinks/kafka/replay", {"since": "2026-11-22T10:00:00Z", "to": 1}), 400,
            "bad_request", "to")


def test_demand(server, api):
    before = api.get("/v1/pools/big").json
    demand = before["demand"]
    tap.same("an order is placed", api.post("/v1/sessions", {"pool": "big", "ref": "D-1", "parties": parties()[:1]}).status, 201)
    after = api.get("/v1/pools/big").json
    tap.same("it counts as coming", after["demand"]["coming"], demand["coming"] + 1)
    tap.ok("and leaves no more to spare", after["demand"]["spare"] <= demand["spare"], demand, after["demand"])
    tap.same("the list says the same", [pool["demand"] for pool in api.get("/v1/pools").json["pools"] if pool["name"] == "big"],
             [after["demand"]])
    api.post("/v1/sessions/%s/close" % api.get("/v1/sessions?pool=big&ref=D-1").json["sessions"][0]["id"], {})
    tap.same("until it is closed", api.get("/v1/pools/big").json["demand"], demand)
    wish = api.get("/v1/pools/big").json["demand"]["busiest_pairs"] + 3
    for i in range(wish):
        tap.same("a courier takes an order", api.post("/v1/sessions", {"pool": "big", "ref": "B-%d" % i, "parties": parties(
            "+6281234567%03d" % i, "+6281298765123")}).status, 201)
    tap.same("the busiest party's pairs are told", api.get("/v1/pools/big").json["demand"]["busiest_pairs"], wish)
    line = b'bauta_pool_busiest_pairs{tenant="main",pool="big"} %d' % wish
    tap.ok("also in the metrics", line in until(lambda: server.anonymous().get("/metrics").body, lambda page: line in page))


def test_tenants(server, api, other):
    tap.same("another tenant sees no pools", other.get("/v1/pools").json["pools"], [])
    refused("nor one by name", other.get("/v1/pools/jakarta"), 404, "not_found")
    session = api.get("/v1/sessions?ref=R-1").json["sessions"][0]
    place = "/v1/sessions/" + session["id"]
    for method, path, body in (("GET", place, None), ("PATCH", place, {"ttl_s": 60}), ("DELETE", place, None),
                               ("POST", place + "/close", {}), ("PUT", place + "/parties/courier", {"number": COURIER}),
                               ("DELETE", place + "/parties/courier", None), ("GET", "/v1/sessions?pool=big", None),
                               ("GET", "/v1/orders/R-1/contact?pool=big&as=customer", None),
                               ("PATCH", "/v1/numbers/+622150000001", {"reserved": True}),
                               ("POST", "/v1/pools/big/numbers", vns(900, 1))):
        refused("%s %s" % (method, path.split("?")[0][:30]), other.request(method, path, body), 404, "not_found")
    tap.same("no sessions", other.get("/v1/sessions").json["sessions"], [])
    refused("no texts to its sessions", other.post(place + "/messages", {"to_role": "courier", "body": "x"}), 404, "not_found")
    tap.same("no messages", other.get("/v1/messages").json["messages"], [])
    tap.same("no calls", other.get("/v1/calls").json["calls"], [])
    tap.same("no VNs", other.post("/v1/route", {"from": CUSTOMER, "to": session["parties"][1]["vn"]}).json,
             {"action": "reject", "reason": "not_a_vn"})
    tap.same("a name of its own", other.post("/v1/pools", {"name": "jakarta", "country": "ID"}).status, 201)
    tap.same("but no number that is taken", other.post("/v1/pools/jakarta/numbers", vns(0, 1)).json["skipped"][0]["code"],
             "number_in_use")
    other.post("/v1/pools/jakarta/numbers", vns(800, 4))
    tap.same("its only pool need not be named", other.post("/v1/sessions", {"ref": "T-1", "parties": parties()}).status, 201)
    tap.same("its audit trail is its own", {row["action"] for row in other.get("/v1/audit").json["audit"]} -
             {"key.create", "pool.create", "number.add"}, set())


def test_blocks(server, api, other):
    made = api.post("/v1/blocks", {"pool": "jakarta", "number": COURIER_2, "ttl_s": 3600})
    id = made.json["id"]
    tap.same("a block is made", (made.status, made.json["direction"], made.json["until"] > made.json["created_at"]), (201, "both", True))
    key = {"Idempotency-Key": "block-1"}
    twice = [api.post("/v1/blocks", {"pool": "jakarta", "number": COURIER_2, "direction": "to"}, headers=key) for _ in range(2)]
    tap.same("with an Idempotency-Key once", [(one.status, one.body) for one in twice], [(200, twice[0].body)] * 2)
    tap.same("another tenant has none", other.get("/v1/blocks").json["blocks"], [])
    refused("nor that one", other.delete("/v1/blocks/" + id), 404, "not_found")
    refused("what is no id", api.delete("/v1/blocks/blk_1"), 404, "not_found")
    refused("without a number", api.post("/v1/blocks", {"pool": "jakarta"}), 400, "bad_request", "number")
    tap.same("listed", [row["id"] for row in api.get("/v1/blocks?pool=jakarta&page_size=1").json["blocks"]], [id])
    tap.same("away", api.delete("/v1/blocks/" + id).status, 204)
    tap.same("and gone", api.get("/v1/blocks").json, {"blocks": [], "next_page_token": None})


def test_erase(server, api, reveal, other):
    answer = api.post("/v1/numbers/erase", {"number": CUSTOMER})
    tap.ok("a person is erased", answer.status == 200 and answer.json["sessions"] >= 1 and
           answer.json["rows"] >= answer.json["sessions"], answer)
    tap.same("nothing is left to erase", api.post("/v1/numbers/erase", {"number": CUSTOMER}).json,
             {"sessions": 0, "rows": 0, "dead": 0, "blocks": 0})
    left, token = [], ""
    while token is not None:
        page = reveal.get("/v1/sessions", dict({"page_size": 1000}, **({"page_token": token} if token else {}))).json
        left += [party["number"] for session in page["sessions"] for party in session["parties"]]
        token = page["next_page_token"]
    tap.ok("no session holds it", left and CUSTOMER not in left)
    tap.same("another tenant's session goes on", other.get("/v1/sessions?ref=T-1").json["sessions"][0]["state"], "live")
    row = [row for row in api.get("/v1/audit").json["audit"] if row["action"] == "number.erase"][-1]
    tap.same("the audit row is masked", row["target"], "+62*******210")
    refused("what is no number", api.post("/v1/numbers/erase", {"number": "0812 3456 7210"}), 422, "bad_number", "number")


def test_parties_as_stock(server, api):
    api.post("/v1/sessions", {"pool": "big", "ref": "S-1", "parties": parties("+6281298765150", "+6281298765151")})
    answer = api.post("/v1/pools/big/numbers", {"numbers": [{"number": "+6281298765150"}]})
    tap.same("a party's number is no stock", answer.json, {"added": 0, "skipped": [
        {"number": "+62*******150", "code": "number_in_use", "index": 0}]})


def test_restart(server, api):
    ids = [session["id"] for session in api.get("/v1/sessions?page_size=1000").json["sessions"]]
    body = {"pool": "jakarta", "ref": "I-1", "parties": parties("+6281298765120", "+6281298765121")}
    api.close()
    tap.same("it stops", server.stop(), 0)
    server.start()
    server.kill()
    server.start()
    again = server.client(api.key, observe)
    tap.same("a killed server has everything", [session["id"] for session in again.get("/v1/sessions?page_size=1000").json["sessions"]],
             ids)
    answer = again.post("/v1/sessions", body, headers={"Idempotency-Key": "key-1"})
    tap.same("and its Idempotency-Keys", [answer.status, answer.headers.get("idempotent-replayed")], [201, "true"])
    tap.same("pools have their names", {pool["name"] for pool in again.get("/v1/pools").json["pools"]}, {"jakarta", "wide", "big"})


def test_supply(server, api, other):
    """What the API says of supply where no account can be asked; what it does is in supply_test.py."""
    supply = api.get("/v1/pools/big").json["supply"]
    tap.ok("nothing is bought unless somebody says so", supply["buy"] is False and supply["join"] is False, supply)
    tap.same("no account's numbers can be fetched", api.get("/v1/accounts").json, {"accounts": []})
    for method, body in (("GET", None), ("POST", {"dry_run": True})):
        refused("so none is synced", api.request(method, "/v1/accounts/twilio/main/sync", body), 404, "not_found")
    tap.same("nothing was bought", api.get("/v1/purchases?pool=big&open=true").json, {"purchases": [], "next_page_token": None})
    refused("open is a flag", api.get("/v1/purchases?open=maybe"), 400, "bad_request", "open")
    tap.same("nothing is too much", api.get("/v1/pools/big/surplus").json["surplus"], 0)
    refused("another tenant has no such pool", other.get("/v1/pools/big/surplus"), 404, "not_found")
    answer = api.patch("/v1/pools/big", {"supply": {"by": "forecast", "stockout": 0.005, "day_max": 3, "month_max": 20.5, "currency": "USD",
                                                    "type": "mobile", "area": "812", "sms": True}})
    tap.same("a policy is kept", {name: answer.json["supply"][name] for name in ("by", "stockout", "day_max", "month_max", "currency")},
             {"by": "forecast", "stockout": 0.005, "day_max": 3, "month_max": 20.5, "currency": "USD"}, answer)
    tap.same("it is shown with the pool", api.get("/v1/pools/big").json["supply"], answer.json["supply"])
    tap.same("what is not named stays", api.patch("/v1/pools/big", {"supply": {"area": None}}).json["supply"],
             dict(answer.json["supply"], area=None))
    for body, field in (({"buy": True}, "supply.buy"), ({"join": True}, "supply.join"), ({"stockout": 0.9}, "supply.stockout"),
                        ({"stockout": 0}, "supply.stockout"), ({"month_max": -1}, "supply.month_max"), ({"area": "21a"}, "supply.area"),
                        ({"type": "fast"}, "supply.type"), ({"currency": "dollars"}, "supply.currency"), ({"by": "luck"}, "supply.by"),
                        ({"accounts": ["twilio"]}, "supply.accounts[0]"), ({"accounts": ["nobody/main"]}, "supply.accounts[0]"),
                        ({"accounts": ["twilio/main"]}, "supply.accounts"), ({"day_max": 10 ** 9}, "supply.day_max"),
                        ({"accounts": ["twilio/main"] * 9}, "supply.accounts"), ({"buys": True}, "supply.buys"), (7, "supply")):
        refused("supply: %s is refused" % (body,), api.patch("/v1/pools/big", {"supply": body}), 400, "bad_request", field)
    tap.same("and changes nothing", api.get("/v1/pools/big").json["supply"], dict(answer.json["supply"], area=None))


def main():
    with Server() as server:
        api = server.client(observe=observe)
        reveal = server.client(server.make_key("eyes", "sessions,reveal"), observe)
        other = server.client(server.make_key("theirs", "sessions,numbers,calls,route,admin", tenant="other"), observe)
        keys = {scope: server.make_key("only-" + scope, scope) for scope in ("sessions", "numbers", "calls", "route", "admin")}
        for test in (test_document, test_door, test_pools, test_json, test_numbers, test_sessions, test_contact, test_route,
                     test_messages, test_idempotency, test_close, test_lists, test_events, test_ndjson):
            tap.note(test.__name__)
            test(server, api)
        test_reveal(server, api, reveal, api)
        test_scopes(server, api, keys)
        test_dead(server, api, keys)
        test_sinks(server, api, other)
        test_demand(server, api)
        test_supply(server, api, other)
        test_tenants(server, api, other)
        test_parties_as_stock(server, api)
        test_blocks(server, api, other)
        test_erase(server, api, reveal, other)
        test_restart(server, api)
        tap.same("every answer is as documented", sorted(set(broken))[:20], [])
        missing = {(method, path) for method, path in document.operations()} - \
            {(method, path) for method, path, _ in document.seen} - {("GET", "/metrics"), ("GET", "/openapi.json")}
        tap.same("every documented call was made", missing, set())
        tap.same("the server stops when it is told to", server.stop(), 0, server.stderr()[-4000:])
        said = server.stderr()
        tap.ok("no real number in the log", not any(number in said for number in REAL))
        tap.ok("nothing for a sanitizer to say", "Sanitizer" not in said and "runtime error" not in said, said[-4000:])
    tap.done()


if __name__ == "__main__":
    main()
