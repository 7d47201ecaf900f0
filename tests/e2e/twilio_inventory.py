"""Twilio's REST API for numbers, as its OpenAPI document tells it, with a memory: what is bought is owned, what is released is gone.

    with TwilioInventory(owned=["+12125550100"], offers=["+12125550150"]) as twilio:
        ... api_url: twilio.url() ...
        twilio.fail("buy", "lost")        # the next purchase is made, and its answer never comes

What it is asked is kept in `asked`; what no client may send is kept in `wrong` and answered as Twilio answers it.
"""
import base64
import http.server
import itertools
import json
import threading
import time
import urllib.parse

SID = "AC00000000000000000000000000000000"
TOKEN = "12345"
PATH = "/2010-04-01/Accounts/%s" % SID

LIST_FIELDS = {"PhoneNumber", "FriendlyName", "Beta", "Origin", "PageSize", "Page", "PageToken"}
SEARCH_FIELDS = {"AreaCode", "Contains", "VoiceEnabled", "SmsEnabled", "MmsEnabled", "FaxEnabled", "ExcludeAllAddressRequired",
                 "ExcludeLocalAddressRequired", "ExcludeForeignAddressRequired", "Beta", "NearNumber", "NearLatLong",
                 "Distance", "InPostalCode", "InRegion", "InRateCenter", "InLata", "InLocality", "PageSize", "Page",
                 "PageToken"}
SET_FIELDS = {"VoiceUrl", "VoiceMethod", "VoiceFallbackUrl", "VoiceFallbackMethod", "StatusCallback", "StatusCallbackMethod",
              "VoiceApplicationSid", "TrunkSid", "FriendlyName", "AddressSid", "BundleSid", "IdentitySid", "VoiceReceiveMode",
              "SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod", "SmsApplicationSid"}
BUY_FIELDS = SET_FIELDS | {"PhoneNumber", "AreaCode"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string((time.time() if timestamp is None else timestamp) + self.server.fake.clock_off_s)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.fake.handle(self, self.command, self.path, body)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_any


class TwilioInventory:
    def __init__(self, owned=(), offers=(), page=50):
        self.lock = threading.Condition(threading.RLock())
        self.ids = itertools.count(1)
        self.page = page                 # the most on a page, whatever is asked for
        self.owned, self.offers = {}, list(offers)
        self.asked, self.wrong, self.failures = [], [], []
        self.clock_off_s = 0             # what its Date is ahead of the truth
        for number in owned:
            self.own(number)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.fake = self
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    # --- what a test does to it ---

    def own(self, number, **more):
        with self.lock:
            self.owned[number] = dict({
                "sid": "PN%032x" % next(self.ids), "account_sid": SID, "phone_number": number, "friendly_name": number,
                "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False}, "voice_url": "",
                "voice_method": "POST", "voice_application_sid": "", "trunk_sid": None, "status_callback": "",
                "status": "in-use", "type": "local", "uri": PATH + "/IncomingPhoneNumbers/x.json"}, **more)

    def lose(self, *numbers):
        with self.lock:
            for number in numbers:
                del self.owned[number]

    def fail(self, what, how, times=1):
        """`what`: list, search, buy, set, release. `how`: a status, "cut" (half an answer), "drop" (no answer, nothing done), "lost" (done,
        no answer), "same" (a list: this page again and again), "nonsense"."""
        with self.lock:
            self.failures += [(what, how)] * times

    def asked_for(self, what):
        with self.lock:
            return [entry for entry in self.asked if entry[0] == what]

    # --- what it is asked ---

    def take_failure(self, what):
        for i, (kind, how) in enumerate(self.failures):
            if kind == what:
                del self.failures[i]
                return how
        return None

    def error(self, handler, status, code, message, headers=()):
        self.answer(handler, status, {"code": code, "message": message, "status": status,
                                      "more_info": "https://www.twilio.com/docs/errors/%d" % code}, headers)

    def answer(self, handler, status, document, headers=(), cut=False):
        body = b"" if document is None else json.dumps(document).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:len(body) // 2] if cut else body)
        if cut:
            self.drop(handler)

    @staticmethod
    def drop(handler):
        handler.close_connection = True
        handler.wfile.flush()
        handler.connection.close()

    def bad(self, handler, sentence):
        self.wrong.append(sentence)
        self.error(handler, 400, 20001, sentence)

    def handle(self, handler, method, target, body):
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        wanted = "Basic " + base64.b64encode(("%s:%s" % (SID, TOKEN)).encode()).decode()
        with self.lock:
            if handler.headers.get("Authorization") != wanted:
                return self.error(handler, 401, 20003, "Authenticate")
            what, run = self.route(method, url.path)
            if not what:
                self.wrong.append("%s %s" % (method, url.path))
                return self.error(handler, 404, 20404, "The requested resource was not found")
            if body and handler.headers.get("Content-Type") != "application/x-www-form-urlencoded":
                return self.bad(handler, "a body that is no form")
            self.asked.append((what, url.path, query, form))
            self.lock.notify_all()
            how = self.take_failure(what)
            if isinstance(how, int):
                headers = [("Retry-After", "1")] if how in (429, 503) else []
                return self.error(handler, how, 20429 if how == 429 else 20500, "Something is wrong", headers)
            if how == "drop":
                return self.drop(handler)
            if how == "nonsense":
                return self.answer(handler, 200, {"numbers": 7})
            run(handler, url.path, query, form, how)

    def route(self, method, path):
        one = path.startswith(PATH + "/IncomingPhoneNumbers/") and path.endswith(".json")
        if path == PATH + "/IncomingPhoneNumbers.json" and method in ("GET", "POST"):
            return ("list", self.list) if method == "GET" else ("buy", self.buy)
        if path.startswith(PATH + "/AvailablePhoneNumbers/") and method == "GET":
            return "search", self.search
        if one and method in ("GET", "POST", "DELETE"):
            return {"GET": ("one", self.one), "POST": ("set", self.set), "DELETE": ("release", self.release)}[method]
        return None, None

    def finish(self, handler, status, document, how):
        if how == "lost":
            return self.drop(handler)
        self.answer(handler, status, document, cut=how == "cut")

    def list(self, handler, path, query, form, how):
        if set(query) - LIST_FIELDS:
            return self.bad(handler, "list: %s" % sorted(set(query) - LIST_FIELDS))
        size, page = min(int(query.get("PageSize", 50)), self.page), int(query.get("Page", 0))
        numbers = [n for n in self.owned.values() if query.get("PhoneNumber", "") in n["phone_number"]]
        part = numbers[page * size:(page + 1) * size]
        more = how == "same" or (page + 1) * size < len(numbers)
        here = PATH + "/IncomingPhoneNumbers.json?PageSize=%d&Page=" % size
        if how == "same":
            self.failures.append(("list", "same"))
            part = numbers[:size]
        self.finish(handler, 200, {
            "incoming_phone_numbers": part, "page": page, "page_size": size, "start": page * size, "end": page * size + len(part),
            "uri": here + str(page), "first_page_uri": here + "0", "previous_page_uri": None,
            "next_page_uri": here + "%d&PageToken=PT%d" % (page + 1, page + 1) if more else None}, how)

    def search(self, handler, path, query, form, how):
        if set(query) - SEARCH_FIELDS:
            return self.bad(handler, "search: %s" % sorted(set(query) - SEARCH_FIELDS))
        country, kind = path[len(PATH + "/AvailablePhoneNumbers/"):].split("/")
        if kind not in ("Local.json", "Mobile.json"):
            return self.bad(handler, "search: %s" % kind)
        size = int(query.get("PageSize", 50))
        area = query.get("AreaCode", "")
        found = [number for number in self.offers if not area or number.startswith("+1" + area)][:size]
        self.finish(handler, 200, {"available_phone_numbers": [
            {"phone_number": number, "friendly_name": number, "iso_country": country, "region": "NY", "locality": "New York",
             "postal_code": "10001", "rate_center": "NWYRCYZN01", "lata": "132", "latitude": "40.7", "longitude": "-74.0",
             "capabilities": {"voice": True, "sms": True, "mms": False}, "address_requirements": "none", "beta": False}
            for number in found], "uri": path}, how)

    def check_hook(self, handler, form, fields):
        if set(form) - fields:
            return "unknown fields %s" % sorted(set(form) - fields)
        if form.get("VoiceMethod", "POST") not in ("GET", "POST"):
            return "VoiceMethod"
        return None

    def apply(self, entry, form):
        names = {"VoiceUrl": "voice_url", "VoiceMethod": "voice_method", "VoiceApplicationSid": "voice_application_sid",
                 "TrunkSid": "trunk_sid", "FriendlyName": "friendly_name", "StatusCallback": "status_callback"}
        for field, value in form.items():
            if field in names:
                entry[names[field]] = value or (None if field == "TrunkSid" else "")

    def buy(self, handler, path, query, form, how):
        wrong = self.check_hook(handler, form, BUY_FIELDS)
        number = form.get("PhoneNumber")
        if wrong or not number:
            return self.bad(handler, "buy: %s" % (wrong or "no PhoneNumber"))
        if number not in self.offers:
            return self.error(handler, 400, 21422, "PhoneNumber %s is not available" % number)
        self.offers.remove(number)
        self.own(number)
        self.apply(self.owned[number], form)
        self.finish(handler, 201, self.owned[number], how)

    def entry(self, path):
        sid = path.rsplit("/", 1)[1][:-len(".json")]
        return next((entry for entry in self.owned.values() if entry["sid"] == sid), None)

    def one(self, handler, path, query, form, how):
        entry = self.entry(path)
        if not entry:
            return self.error(handler, 404, 20404, "The requested resource was not found")
        self.finish(handler, 200, entry, how)

    def set(self, handler, path, query, form, how):
        entry, wrong = self.entry(path), self.check_hook(handler, form, SET_FIELDS)
        if not entry:
            return self.error(handler, 404, 20404, "The requested resource was not found")
        if wrong:
            return self.bad(handler, "set: %s" % wrong)
        self.apply(entry, form)
        self.finish(handler, 200, entry, how)

    def release(self, handler, path, query, form, how):
        entry = self.entry(path)
        if not entry:
            return self.error(handler, 404, 20404, "The requested resource was not found")
        del self.owned[entry["phone_number"]]
        self.finish(handler, 204, None, how)
