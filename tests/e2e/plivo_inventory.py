"""Plivo's v1 API for numbers, as its SDKs tell it, with a memory. Every path ends with a slash; a number points to an application."""
from inventory_fake import InventoryFake

ID, TOKEN, APP_ID = "MAXXXXXXXXXXXXXXXXXX", "an-auth-token", "20468599130939380"
PATH = "/Account/%s/" % ID
HOOKS = "https://vn.example.com/hooks/plivo/main/"
LIST_FIELDS = {"type", "number_startswith", "subaccount", "alias", "services", "limit", "offset"}
SEARCH_FIELDS = {"country_iso", "type", "pattern", "region", "city", "services", "lata", "rate_center", "npanxx", "eligible", "limit", "offset"}


class PlivoInventory(InventoryFake):
    NAME, BASE = "plivo", "/v1"
    OURS = {"application": "/v1%sApplication/%s/" % (PATH, APP_ID)}
    APPLICATION = {"calls": {"answer_url": HOOKS + "voice", "answer_method": "POST", "hangup_url": HOOKS + "status", "hangup_method": "POST"},
                   "texts": {"message_url": HOOKS + "sms", "message_method": "POST"}}
    CONFIG = "auth_id: %s, auth_token: %s, app_id: \"%s\"" % (ID, TOKEN, APP_ID)
    SLOW = True
    REFUSED = "gone" # it tells no codes
    body_type = InventoryFake.JSON

    def credentials(self):
        return ID, TOKEN

    def entry(self, number):
        return {"number": number[1:], "alias": None, "sub_account": None, "application": None, "carrier": "Plivo",
                "region": "New York, UNITED STATES", "country": "United States", "city": "NEW YORK", "number_type": "local",
                "monthly_rental_rate": "0.80000", "added_on": "2014-08-05", "renewal_date": "2014-09-05", "active": True,
                "voice_enabled": True, "voice_rate": "0.00850", "sms_enabled": True}

    def error(self, handler, status, code, message, headers=()):
        self.answer(handler, status, {"api_id": "a", "error": message}, headers)

    def route(self, method, path):
        if not path.startswith(PATH) or not path.endswith("/"):
            return None, None
        parts = path[len(PATH):-1].split("/")
        whole = {("POST", "Message"): ("text", self.text), ("GET", "Number"): ("list", self.list), ("GET", "PhoneNumber"): ("search", self.search)}
        one = {("POST", "PhoneNumber"): ("buy", self.buy), ("POST", "Number"): ("set", self.set), ("DELETE", "Number"): ("release", self.release),
               ("POST", "Application"): ("application", self.application)}
        return ({1: whole, 2: one}.get(len(parts), {})).get((method, parts[0]), (None, None))

    def look_at_orders(self):
        """What is pending is listed after so many looks at the list."""
        for order in list(self.orders):
            self.look_at_order(order)

    def list(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "list", query, LIST_FIELDS):
            return
        size, offset = int(query.get("limit", 20)), int(query.get("offset", 0))
        if not 1 <= size <= 20:
            return self.bad(handler, "list: limit %d" % size)
        size = min(size, self.page)
        self.look_at_orders()
        numbers = [n for n in self.owned.values() if n["number"].startswith(query.get("number_startswith", ""))]
        part, more = self.part(numbers, offset // size, size, how)
        following = "/v1%sNumber/?limit=%d&offset=%d" % (PATH, size, offset + size)
        self.finish(handler, 200, {"api_id": "a", "objects": part, "meta": {
            "limit": size, "offset": offset, "total_count": len(numbers), "next": following if more else None, "previous": None}}, how)

    def search(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "search", query, SEARCH_FIELDS) or query.get("country_iso") != "US":
            return
        found = [number for number in self.offers if number.startswith("+1" + query.get("pattern", ""))][:int(query.get("limit", 20))]
        self.finish(handler, 200, {"api_id": "a", "meta": {"limit": 20, "offset": 0, "total_count": len(found), "next": None, "previous": None},
                                   "objects": [{
                                       "number": number[1:], "prefix": "212", "city": "NEW YORK", "country": "UNITED STATES", "region": "United States",
                                       "type": "fixed", "sub_type": "local", "setup_rate": "0.00000", "monthly_rental_rate": "0.80000",
                                       "voice_enabled": True, "sms_enabled": True, "restriction": None, "restriction_text": None,
                                       "lata": 132} for number in found]}, how)

    @staticmethod
    def number_of(path):
        return "+" + path.split("/")[-2]

    def buy(self, handler, path, query, form, how):
        number = self.number_of(path)
        if self.unknown_fields(handler, "buy", form, {"app_id"}):
            return
        if number not in self.offers:
            return self.error(handler, 404, "", "Number not found")
        self.take_offer(number)
        if number in self.owned:
            self.point(self.owned[number], form["app_id"])
        fate = ("pending", "pending") if self.pending else ("Success", "fulfilled")
        self.finish(handler, 201, {"api_id": "a", "message": "created", "numbers": [{"number": number[1:], "status": fate[0]}],
                                   "status": fate[1]}, how)

    @staticmethod
    def point(entry, application):
        entry["application"] = "/v1%sApplication/%s/" % (PATH, application)

    def set(self, handler, path, query, form, how):
        entry = self.owned.get(self.number_of(path))
        if not entry:
            return self.unknown(handler)
        if self.unknown_fields(handler, "set", form, {"app_id", "alias", "subaccount", "cnam_lookup"}):
            return
        self.point(entry, form["app_id"])
        self.finish(handler, 202, {"api_id": "a", "message": "changed"}, how)

    def application(self, handler, path, query, form, how):
        if path.split("/")[-2] != APP_ID:
            return self.unknown(handler)
        kind = next((kind for kind, fields in self.APPLICATION.items() if set(form) == set(fields)), None)
        if not kind:
            return self.bad(handler, "application: %s" % form)
        self.applications[kind] = form
        self.finish(handler, 202, {"api_id": "a", "message": "changed"}, how)

    def text(self, handler, path, query, form, how):
        if set(form) != {"src", "dst", "text", "url", "method"}:
            return self.bad(handler, "text: %s" % form)
        self.finish(handler, 202, {"message": "message(s) queued", "message_uuid": ["%032x" % next(self.ids)], "api_id": "a"}, how)

    def release(self, handler, path, query, form, how):
        if not self.owned.pop(self.number_of(path), None):
            return self.unknown(handler)
        self.finish(handler, 204, None, how)
