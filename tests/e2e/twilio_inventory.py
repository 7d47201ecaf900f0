"""Twilio's REST API for numbers, as its OpenAPI document tells it, with a memory."""
from inventory_fake import InventoryFake

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


class TwilioInventory(InventoryFake):
    NAME = "twilio"
    OURS = {"voice_url": "https://vn.example.com/hooks/twilio/main/voice"}
    TEXTS = {"sms_url": "https://vn.example.com/hooks/twilio/main/sms", "sms_method": "POST", "sms_application_sid": ""}
    CONFIG = "account_sid: %s, auth_token: \"%s\"" % (SID, TOKEN)
    REFUSED = "21422"

    def credentials(self):
        return SID, TOKEN

    def entry(self, number):
        return {"sid": "PN%032x" % next(self.ids), "account_sid": SID, "phone_number": number, "friendly_name": number,
                "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False}, "voice_url": "",
                "voice_method": "POST", "voice_application_sid": "", "trunk_sid": None, "status_callback": "",
                "sms_url": "https://demo.twilio.com/welcome/sms/reply", "sms_method": "GET", "sms_application_sid": "",
                "status": "in-use", "type": "local", "uri": PATH + "/IncomingPhoneNumbers/x.json"}

    def error(self, handler, status, code, message, headers=()):
        code = code or {401: 20003, 404: 20404, 429: 20429, 400: 20001}.get(status, 20500)
        self.answer(handler, status, {"code": code, "message": message, "status": status,
                                      "more_info": "https://www.twilio.com/docs/errors/%d" % code}, headers)

    def route(self, method, path):
        one = path.startswith(PATH + "/IncomingPhoneNumbers/") and path.endswith(".json")
        if path == PATH + "/IncomingPhoneNumbers.json" and method in ("GET", "POST"):
            return ("list", self.list) if method == "GET" else ("buy", self.buy)
        if path == PATH + "/Messages.json" and method == "POST":
            return "text", self.text
        if path.startswith(PATH + "/AvailablePhoneNumbers/") and method == "GET":
            return "search", self.search
        if one and method in ("GET", "POST", "DELETE"):
            return {"GET": ("one", self.one), "POST": ("set", self.set), "DELETE": ("release", self.release)}[method]
        return None, None

    def list(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "list", query, LIST_FIELDS):
            return
        size, page = min(int(query.get("PageSize", 50)), self.page), int(query.get("Page", 0))
        numbers = [n for n in self.owned.values() if query.get("PhoneNumber", "") in n["phone_number"]]
        part, more = self.part(numbers, page, size, how)
        here = PATH + "/IncomingPhoneNumbers.json?PageSize=%d&Page=" % size
        self.finish(handler, 200, {
            "incoming_phone_numbers": part, "page": page, "page_size": size, "start": page * size, "end": page * size + len(part),
            "uri": here + str(page), "first_page_uri": here + "0", "previous_page_uri": None,
            "next_page_uri": here + "%d&PageToken=PT%d" % (page + 1, page + 1) if more else None}, how)

    def search(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "search", query, SEARCH_FIELDS):
            return
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
                 "TrunkSid": "trunk_sid", "FriendlyName": "friendly_name", "StatusCallback": "status_callback",
                 "SmsUrl": "sms_url", "SmsMethod": "sms_method", "SmsApplicationSid": "sms_application_sid"}
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
        self.take_offer(number)
        self.apply(self.owned[number], form)
        self.finish(handler, 201, self.owned[number], how)

    def find(self, path):
        sid = path.rsplit("/", 1)[1][:-len(".json")]
        return next((entry for entry in self.owned.values() if entry["sid"] == sid), None)

    def one(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        self.finish(handler, 200, entry, how)

    def set(self, handler, path, query, form, how):
        entry, wrong = self.find(path), self.check_hook(handler, form, SET_FIELDS)
        if not entry:
            return self.unknown(handler)
        if wrong:
            return self.bad(handler, "set: %s" % wrong)
        self.apply(entry, form)
        self.finish(handler, 200, entry, how)

    def text(self, handler, path, query, form, how):
        if set(form) != {"To", "From", "Body", "StatusCallback"}:
            return self.bad(handler, "text: %s" % form)
        self.finish(handler, 201, {"sid": "SM%032x" % next(self.ids), "status": "queued"}, how)

    def release(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        del self.owned[entry["phone_number"]]
        self.finish(handler, 204, None, how)
