"""Exotel's ExoPhones, as its pages tell them, with a memory. The list knows no filter and doesn't say where a number points to; a flow is
what it points to."""
from inventory_fake import InventoryFake

SID, KEY, TOKEN = "example1", "an-api-key", "an-api-token"
FLOW = "http://my.exotel.com/example1/exoml/start_voice/77"
PATH = "/v2_beta/Accounts/%s/" % SID


class ExotelInventory(InventoryFake):
    NAME = "exotel"
    OURS = {"voice_url": FLOW}
    CONFIG = "account_sid: %s, api_key: %s, api_token: %s, secret_path: a-path-that-nobody-guesses, flow_url: \"%s\"" % (SID, KEY, TOKEN, FLOW)
    COUNTRY = "IN"
    AREA = "8047"
    OWNED = ["+91804711220%d" % i for i in range(10)]
    MANY = OWNED[:5]
    OFFERS = ["+9180471122%02d" % i for i in range(20, 100)]
    REFUSED = "NOT_FOUND"

    def credentials(self):
        return KEY, TOKEN

    def entry(self, number):
        return {"sid": "%032x" % next(self.ids), "phone_number": number, "friendly_name": number[1:], "country": "IN", "region": "KA",
                "capabilities": {"voice": True, "sms": True}, "voice_url": None, "sms_url": None}

    def error(self, handler, status, code, message, headers=()):
        known = {429: "RATE_LIMIT_EXCEEDED", 404: "NOT_FOUND"}
        self.answer(handler, status, {"RestException": {"Status": status, "Message": message, "Code": code or known.get(status, "ERROR")}}, headers)

    def nonsense(self):
        return {"incoming_phone_numbers": 7}

    def route(self, method, path):
        if not path.startswith(PATH):
            return None, None
        parts = path[len(PATH):].split("/")
        if parts[0] == "AvailablePhoneNumbers" and len(parts) == 3 and method == "GET":
            return "search", self.search
        whole = {"GET": ("list", self.list), "POST": ("buy", self.buy)}
        one = {"GET": ("one", self.one), "PUT": ("set", self.set), "DELETE": ("release", self.release)}
        known = {1: whole, 2: one}.get(len(parts), {}) if parts[0] == "IncomingPhoneNumbers" else {}
        return known.get(method, (None, None))

    def list(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "list", query, {"Page", "PageSize"}):
            return
        size, page = min(int(query.get("PageSize", 50)), self.page), int(query.get("Page", 0))
        part, more = self.part(list(self.owned.values()), page, size, how)
        here = "http://twilix.exotel.in/v2_beta/Accounts/%s/IncomingPhoneNumbers?Page=%d&PageSize=%d"
        self.finish(handler, 200, {
            "page": page, "page_size": size, "uri": here % (SID, page, size), "first_page_uri": here % (SID, 0, size),
            "next_page_uri": here % (SID, page + 1, size) if more else None, "previous_page_uri": None,
            "incoming_phone_numbers": [{name: value for name, value in n.items() if not name.endswith("_url")} for n in part]}, how)

    def search(self, handler, path, query, form, how):
        country, kind = path[len(PATH):].split("/")[1:]
        if country != "IN" or kind not in ("Landline", "Mobile", "TollFree"):
            return self.bad(handler, "search: %s" % path)
        if self.unknown_fields(handler, "search", query, {"IncomingSMS", "InRegion", "Contains"}):
            return
        self.finish(handler, 200, [
            {"friendly_name": number, "phone_number": number, "capabilities": {"sms": True, "voice": True}, "country": "IN", "region": "KA",
             "number_type": kind, "rental_price": "499.000000", "currency": "INR"}
            for number in self.offers if query.get("Contains", "") in number], how)

    def buy(self, handler, path, query, form, how):
        number = form.get("PhoneNumber")
        if self.unknown_fields(handler, "buy", form, {"PhoneNumber", "VoiceUrl", "SMSUrl", "FriendlyName"}):
            return
        if number not in self.offers:
            return self.error(handler, 404, "NOT_FOUND", "That number can't be had any more")
        self.take_offer(number)
        self.owned[number]["voice_url"] = form["VoiceUrl"]
        self.finish(handler, 200, dict(self.owned[number], rental_price="499.000000", currency="INR"), how)

    def find(self, path):
        return next((entry for entry in self.owned.values() if entry["sid"] == path.rsplit("/", 1)[1]), None)

    def one(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        self.finish(handler, 200, entry, how)

    def set(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        if self.unknown_fields(handler, "set", form, {"VoiceUrl", "SMSUrl", "FriendlyName"}):
            return
        entry["voice_url"] = form["VoiceUrl"]
        self.finish(handler, 200, entry, how)

    def release(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        del self.owned[entry["phone_number"]]
        self.finish(handler, 202, {"Status": 202, "Message": "Accepted"}, how)
