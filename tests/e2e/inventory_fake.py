"""A provider's REST API for numbers with a memory: what is bought is owned, what is released is gone. This is what the providers'
fakes (twilio_inventory.py, telnyx_inventory.py, ...) have in common; what each is asked and answers is in its own file.

    with TelnyxInventory(owned=["+12125550100"], offers=["+12125550150"]) as telnyx:
        ... api_url: telnyx.url() ...
        telnyx.fail("buy", "lost")        # the next purchase is made, and its answer never comes

What it is asked is kept in `asked`; what no client may send is kept in `wrong` and answered as the provider answers it.
"""
import base64
import collections
import http.server
import itertools
import json
import threading
import time
import urllib.parse

Asked = collections.namedtuple("Asked", "what path query form")


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


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A server that is killed leaves connections behind."""


class InventoryFake:
    """Of a provider: `credentials`, `route`, `entry`, `error` and what `route` names."""
    NAME = ""             # as the configuration spells it
    BASE = ""             # of all paths, as in the provider's own address; `route` sees none of it
    OURS = {}             # what an entry has that points to us
    TEXTS = {}            # what one has whose texts come to us; {}: that is no number's own affair there
    APPLICATION = {}      # what its application has once it is ours: {"calls": {...}, "texts": {...}}, each if there is one
    CONFIG = ""           # what else its account needs, in YAML's braces
    COUNTRY = "US"
    AREA = "212"          # what is searched for
    OWNED = ["+1212555010%d" % i for i in range(10)]
    OFFERS = ["+121255501%02d" % i for i in range(20, 100)]
    PAGE = 2              # of a list of several pages: what is on one, and all that is owned
    MANY = OWNED[:5]
    SLOW = False          # orders may be pending
    REFUSED = ""          # the code that is told of an offer that somebody else took
    JSON = "application/json"
    FORM = "application/x-www-form-urlencoded"
    body_type = FORM      # of what it is sent
    TEXT_TYPE = None      # of a text that it is sent, where that is another

    def __init__(self, owned=(), offers=(), page=50):
        self.lock = threading.Condition(threading.RLock())
        self.ids = itertools.count(1)
        self.page = page                 # the most on a page, whatever is asked for
        self.owned, self.offers = {}, list(offers)
        self.applications = {}           # what was set of ours, as APPLICATION
        self.orders = {}                 # id: [number, how often it is pending still]
        self.pending = 0                 # how often a purchase that is made from now on is told to be pending
        self.asked, self.wrong, self.failures = [], [], []
        self.open = True                 # until the end
        self.clock_off_s = 0             # what its Date is ahead of the truth
        for number in owned:
            self.own(number)
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.fake = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with self.lock:
            self.open = False
            self.lock.notify_all()
        self.server.shutdown()
        self.server.server_close()

    def url(self):
        """In place of the provider's own address, path and all."""
        return "http://127.0.0.1:%d%s" % (self.server.server_address[1], self.BASE)

    def config(self, sync_s=0, manage="true"):
        """The account's line of bauta.yaml."""
        return "  - { name: main, provider: %s, country: %s, %s, api_url: \"%s\", sync_s: %d, manage_webhooks: %s }\n" % (
            self.NAME, self.COUNTRY, self.CONFIG, self.url(), sync_s, manage)

    # --- what a test does to it ---

    def own(self, number, **more):
        with self.lock:
            self.owned[number] = dict(self.entry(number), **more)

    def lose(self, *numbers):
        with self.lock:
            for number in numbers:
                del self.owned[number]

    def fail(self, what, how, times=1):
        """`what`: list, one, search, buy, order, set, release. `how`: a status, "cut" (half an answer), "drop" (no answer, nothing done),
        "lost" (done, no answer), "held" (no answer until the fake ends), "same" (a list: its first page from now on), "twice" (a list: the page before
        it once more, and it never), "nonsense"."""
        with self.lock:
            self.failures += [(what, how)] * times

    def asked_for(self, what):
        with self.lock:
            return [entry for entry in self.asked if entry.what == what]

    def points_to_us(self, number):
        with self.lock:
            return all(self.owned[number].get(name) == value for name, value in self.OURS.items())

    def texts_to_us(self, number):
        with self.lock:
            return all(self.owned[number].get(name) == value for name, value in self.TEXTS.items())

    def application_is_ours(self, kind):
        with self.lock:
            wanted = self.APPLICATION.get(kind, {})
            return {name: self.applications.get(kind, {}).get(name) for name in wanted} == wanted

    # --- what a provider is ---

    def credentials(self):
        """(user, password), or a bearer's key."""
        raise NotImplementedError

    def authorization(self):
        given = self.credentials()
        return "Bearer " + given if isinstance(given, str) else "Basic " + base64.b64encode(":".join(given).encode()).decode()

    def route(self, method, path):
        """(what is asked, what runs it), or (None, None)."""
        raise NotImplementedError

    def entry(self, number):
        """A number that is owned, as the provider keeps it."""
        raise NotImplementedError

    def error(self, handler, status, code, message, headers=()):
        raise NotImplementedError

    # --- what it is asked ---

    def take_failure(self, what):
        for i, (kind, how) in enumerate(self.failures):
            if kind == what:
                del self.failures[i]
                return how
        return None

    def answer(self, handler, status, document, headers=(), cut=False):
        """`document`: text as it is, None: no body, else JSON."""
        body = b"" if document is None else document.encode() if isinstance(document, str) else json.dumps(document).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/xml" if isinstance(document, str) else self.JSON)
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

    def finish(self, handler, status, document, how):
        if how == "lost":
            return self.drop(handler)
        return self.answer(handler, status, document, cut=how == "cut")

    def bad(self, handler, sentence):
        self.wrong.append(sentence)
        self.error(handler, 400, "", sentence)

    def unknown(self, handler):
        self.error(handler, 404, "", "The requested resource was not found")

    def nonsense(self):
        return {"numbers": 7}

    @classmethod
    def read_body(cls, body, body_type):
        text = body.decode()
        if body_type not in (cls.JSON, cls.FORM):
            return text
        return json.loads(text) if body_type == cls.JSON else dict(urllib.parse.parse_qsl(text, keep_blank_values=True))

    def handle(self, handler, method, target, body):
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        with self.lock:
            if handler.headers.get("Authorization") != self.authorization():
                return self.error(handler, 401, "", "Authenticate")
            path = url.path[len(self.BASE):]
            what, run = self.route(method, path) if url.path.startswith(self.BASE + "/") else (None, None)
            if not what:
                self.wrong.append("%s %s" % (method, url.path))
                return self.unknown(handler)
            body_type = what == "text" and self.TEXT_TYPE or self.body_type
            if body and handler.headers.get("Content-Type", "").split(";")[0] != body_type:
                return self.bad(handler, "a body that is no %s" % body_type)
            form = self.read_body(body, body_type) if body else {}
            self.asked.append(Asked(what, path, query, form))
            self.lock.notify_all()
            how = self.take_failure(what)
            if isinstance(how, int):
                return self.error(handler, how, "", "Something is wrong", [("Retry-After", "1")] if how in (429, 503) else [])
            if how == "held":
                self.lock.wait_for(lambda: not self.open)
            if how in ("drop", "held"):
                return self.drop(handler)
            if how == "nonsense":
                return self.answer(handler, 200, self.nonsense())
            return run(handler, path, query, form, how)

    def unknown_fields(self, handler, what, given, known):
        """True: there are some, and that was answered."""
        if set(given) <= known:
            return False
        self.bad(handler, "%s: %s" % (what, sorted(set(given) - known)))
        return True

    # --- pages ---

    def part(self, numbers, page, size, how):
        """(the numbers of page `page`, from 0; is there another)"""
        if how == "same":
            self.failures.append(("list", "same"))
            page = 0
        if how == "twice" and page == 0:
            self.failures.append(("list", "twice"))
        shown = page - 1 if how == "twice" and page else page
        return numbers[shown * size:(shown + 1) * size], how == "same" or (page + 1) * size < len(numbers)

    # --- purchases ---

    def take_offer(self, number):
        """The order's id; the number is owned once the order is no longer pending."""
        self.offers.remove(number)
        order = "%08x-21c0-473b-b055-b3c836e1c292" % next(self.ids)
        self.orders[order] = [number, self.pending]
        if not self.pending:
            self.own(number)
        return order

    def look_at_order(self, order):
        """(its number, is it pending still); a look moves it on."""
        number, left = self.orders[order]
        if left:
            self.orders[order][1] -= 1
            if left == 1:
                self.own(number)
        return number, left > 0
