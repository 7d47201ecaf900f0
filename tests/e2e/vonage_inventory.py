"""Vonage's Numbers API, as its OpenAPI document tells it, with a memory. Numbers are digits without a plus; one points to an application."""
from inventory_fake import InventoryFake

KEY, SECRET, APPLICATION = "a1b2c3d4", "an-api-secret", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
LIST_FIELDS = {"country", "application_id", "has_application", "pattern", "search_pattern", "index", "size"}
SEARCH_FIELDS = {"country", "type", "features", "pattern", "search_pattern", "index", "size"}
SET_FIELDS = {"country", "msisdn", "app_id", "voiceCallbackType", "voiceCallbackValue", "voiceStatusCallback", "moHttpUrl"}


def matches(number, query):
    pattern, how = query.get("pattern", ""), query.get("search_pattern", "0")
    digits = number[1:]
    return {"0": digits.startswith, "1": lambda text: text in digits, "2": digits.endswith}[how](pattern)


class VonageInventory(InventoryFake):
    NAME = "vonage"
    OURS = {"app_id": APPLICATION}
    CONFIG = "signature_secret: a-signature-secret, api_key: %s, api_secret: %s, application_id: %s" % (KEY, SECRET, APPLICATION)
    TEXT_TYPE = InventoryFake.JSON
    COUNTRY = "GB"
    AREA = "20"
    OWNED = ["+44207946010%d" % i for i in range(10)]
    PAGE, MANY = 100, ["+442079460%03d" % i for i in range(300, 403)] # its pages are of 100
    OFFERS = ["+442079460%03d" % i for i in range(200, 280)]
    REFUSED = "420"

    def credentials(self):
        return KEY, SECRET

    def entry(self, number):
        return {"country": "GB", "msisdn": number[1:], "type": "landline", "features": ["VOICE", "SMS"], "moHttpUrl": ""}

    def error(self, handler, status, code, message, headers=()):
        self.answer(handler, status, {"error-code": code or str(status), "error-code-label": message}, headers)

    def route(self, method, path):
        return {("GET", "/account/numbers"): ("list", self.list), ("GET", "/number/search"): ("search", self.search),
                ("POST", "/number/buy"): ("buy", self.buy), ("POST", "/number/update"): ("set", self.set),
                ("POST", "/number/cancel"): ("release", self.release), ("POST", "/v1/messages"): ("text", self.text)}.get((method, path), (None, None))

    def list(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "list", query, LIST_FIELDS):
            return
        size, index = int(query.get("size", 10)), int(query.get("index", 1))
        if not 1 <= size <= 100 or index < 1:
            return self.bad(handler, "list: page %d of %d" % (index, size))
        numbers = [entry for number, entry in self.owned.items() if matches(number, query)]
        part, _ = self.part(numbers, index - 1, size, how)
        count = index * size + 1 if how == "same" else len(numbers)
        self.finish(handler, 200, dict({"numbers": part} if part else {}, count=count) if count else {}, how)

    def search(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "search", query, SEARCH_FIELDS) or query.get("country") != "GB":
            return
        found = [number for number in self.offers if matches(number, query)]
        self.finish(handler, 200, {"count": len(found), "numbers": [
            {"country": "GB", "msisdn": number[1:], "type": "landline", "cost": "1.25", "features": ["VOICE", "SMS"]}
            for number in found[:int(query.get("size", 10))]]}, how)

    def done(self, handler, how):
        self.finish(handler, 200, {"error-code": "200", "error-code-label": "success"}, how)

    def buy(self, handler, path, query, form, how):
        number = "+" + form.get("msisdn", "")
        if set(form) != {"country", "msisdn"} or form["country"] != "GB":
            return self.bad(handler, "buy: %s" % form)
        if number not in self.offers:
            return self.error(handler, 420, "420", "Numbers from this country can be requested from the Dashboard")
        self.take_offer(number)
        self.done(handler, how)

    def set(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "set", form, SET_FIELDS):
            return
        entry = self.owned.get("+" + form["msisdn"])
        if not entry:
            return self.error(handler, 420, "420", "method failed")
        entry.update({name: value for name, value in form.items() if name not in ("country", "msisdn")})
        self.done(handler, how)

    def text(self, handler, path, query, form, how):
        if not {"from", "to", "text", "channel", "message_type", "client_ref"} <= set(form):
            return self.bad(handler, "text: %s" % form)
        self.finish(handler, 202, {"message_uuid": "%032x" % next(self.ids)}, how)

    def release(self, handler, path, query, form, how):
        if not self.owned.pop("+" + form["msisdn"], None):
            return self.error(handler, 420, "420", "method failed")
        self.done(handler, how)
