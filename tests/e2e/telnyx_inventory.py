"""Telnyx's REST API v2 for numbers, as its OpenAPI document tells it, with a memory. Orders take their time; a number points to a connection."""
from inventory_fake import InventoryFake

KEY, CONNECTION, PROFILE = "KEY0123456789", "1293384261075731499", "3fa85f64-5717-4562-b3fc-2c963f66afa6"
HOOKS = "https://vn.example.com/hooks/telnyx/main/"
LIST_FIELDS = {"page[number]", "page[size]", "filter[phone_number]", "filter[status]", "filter[tag]", "filter[customer_reference]"}
SEARCH_FIELDS = {"filter[country_code]", "filter[features][]", "filter[phone_number_type]", "filter[limit]", "filter[locality]",
                 "filter[administrative_area]", "filter[national_destination_code]", "filter[rate_center]", "filter[best_effort]",
                 "filter[quickship]", "filter[reservable]", "filter[exclude_held_numbers]"}


class TelnyxInventory(InventoryFake):
    NAME, BASE = "telnyx", "/v2"
    OURS = {"connection_id": CONNECTION}
    TEXTS = {"messaging_profile_id": PROFILE}
    APPLICATION = {"calls": {"voice_url": HOOKS + "voice", "voice_method": "post"},
                   "texts": {"webhook_url": HOOKS + "sms", "webhook_api_version": "2"}}
    CONFIG = ("public_key: kx3snJw59DyLE3frBq4r6PAC68WkCEpAQbiYDxePuWM=, api_key: %s, connection_id: \"%s\", messaging_profile_id: %s"
              % (KEY, CONNECTION, PROFILE))
    APPLICATIONS, NAMED = "texml_applications", "friendly_name"
    SLOW = True
    REFUSED = "10015"
    body_type = InventoryFake.JSON

    def credentials(self):
        return KEY

    def entry(self, number):
        return {"record_type": "phone_number", "id": "%019d" % next(self.ids), "phone_number": number, "status": "active",
                "connection_id": "", "connection_name": "", "country_iso_alpha2": "US", "phone_number_type": "local", "tags": [],
                "customer_reference": "", "messaging_profile_id": "7", "purchased_at": "2019-10-23T18:10:00.000Z"}

    def error(self, handler, status, code, message, headers=()):
        known = {401: "10009", 404: "10005", 429: "10011"}
        self.answer(handler, status, {"errors": [{"code": code or known.get(status, "10007"), "title": message, "detail": message}]}, headers)

    def route(self, method, path):
        parts = path.split("/")[1:]
        if method == "PATCH" and len(parts) == 3 and parts[0] == "phone_numbers" and parts[2] == "messaging":
            return "set_texts", self.set_texts
        whole = {("GET", "phone_numbers"): ("list", self.list), ("GET", "available_phone_numbers"): ("search", self.search),
                 ("POST", "number_orders"): ("buy", self.buy), ("POST", "messages"): ("text", self.text)}
        one = {("GET", "number_orders"): ("order", self.order), ("PATCH", "phone_numbers"): ("set", self.set),
               ("DELETE", "phone_numbers"): ("release", self.release), ("PATCH", self.APPLICATIONS): ("application", self.application),
               ("PATCH", "messaging_profiles"): ("application_texts", self.application_texts)}
        return ({1: whole, 2: one}.get(len(parts), {})).get((method, parts[0]), (None, None))

    def list(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "list", query, LIST_FIELDS):
            return
        size, page = int(query.get("page[size]", 20)), int(query.get("page[number]", 1))
        if not 1 <= size <= 250 or page < 1:
            return self.bad(handler, "list: page %d of %d" % (page, size))
        size = min(size, self.page)
        numbers = [n for n in self.owned.values() if query.get("filter[phone_number]", "") in n["phone_number"]]
        part, more = self.part(numbers, page - 1, size, how)
        pages = page + 1 if how == "same" else (len(numbers) + size - 1) // size
        self.finish(handler, 200, {"data": part, "meta": {
            "page_number": page, "page_size": size, "total_pages": pages, "total_results": len(numbers)}}, how)

    def search(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "search", query, SEARCH_FIELDS):
            return
        area = query.get("filter[national_destination_code]", "")
        found = [number for number in self.offers if number.startswith("+1" + area)][:int(query.get("filter[limit]", 100))]
        self.finish(handler, 200, {"data": [
            {"record_type": "available_phone_number", "phone_number": number, "best_effort": False, "quickship": True, "reservable": True,
             "cost_information": {"upfront_cost": "1.00", "monthly_cost": "2.00", "currency": "USD"},
             "features": [{"name": "sms"}, {"name": "voice"}],
             "region_information": [{"region_type": "country_code", "region_name": "US"}]} for number in found],
            "meta": {"total_results": len(found), "best_effort_results": 0}}, how)

    def order_document(self, order, number, status):
        return {"data": {"record_type": "number_order", "id": order, "status": status, "phone_numbers_count": 1, "requirements_met": True,
                         "connection_id": CONNECTION, "phone_numbers": [
                             {"record_type": "number_order_phone_number", "id": order, "phone_number": number, "status": status,
                              "requirements_met": True, "regulatory_requirements": []}]}}

    def buy(self, handler, path, query, form, how):
        numbers = form.get("phone_numbers", [])
        if set(form) - {"phone_numbers", "connection_id", "customer_reference"} or len(numbers) != 1 or set(numbers[0]) != {"phone_number"}:
            return self.bad(handler, "buy: %s" % form)
        number = numbers[0]["phone_number"]
        if number not in self.offers:
            return self.error(handler, 422, "10015", "The number is not available")
        order = self.take_offer(number)
        if number in self.owned:
            self.owned[number]["connection_id"] = form["connection_id"]
        self.finish(handler, 200, self.order_document(order, number, "pending" if self.pending else "success"), how)

    def order(self, handler, path, query, form, how):
        order = path.rsplit("/", 1)[1]
        if order not in self.orders:
            return self.unknown(handler)
        number, pending = self.look_at_order(order)
        self.finish(handler, 200, self.order_document(order, number, "pending" if pending else "success"), how)

    def find(self, path):
        return next((entry for entry in self.owned.values() if entry["id"] == path.rsplit("/", 1)[1]), None)

    def set(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        if self.unknown_fields(handler, "set", form, {"connection_id", "customer_reference", "tags"}):
            return
        entry.update(form)
        self.finish(handler, 200, {"data": entry}, how)

    def application(self, handler, path, query, form, how):
        if path.rsplit("/", 1)[1] != CONNECTION or set(form) != {self.NAMED} | set(self.APPLICATION["calls"]):
            return self.bad(handler, "application: %s" % form)
        self.applications["calls"] = form
        self.finish(handler, 200, {"data": dict(form, id=CONNECTION)}, how)

    def application_texts(self, handler, path, query, form, how):
        if path.rsplit("/", 1)[1] != PROFILE or set(form) != set(self.APPLICATION["texts"]):
            return self.bad(handler, "messaging profile: %s" % form)
        self.applications["texts"] = form
        self.finish(handler, 200, {"data": dict(form, id=PROFILE)}, how)

    def set_texts(self, handler, path, query, form, how):
        entry = self.find(path.rsplit("/", 1)[0])
        if not entry:
            return self.unknown(handler)
        if self.unknown_fields(handler, "set_texts", form, {"messaging_profile_id", "messaging_product", "tags"}):
            return
        entry.update(form)
        self.finish(handler, 200, {"data": {"record_type": "messaging_settings", "id": entry["id"], "messaging_profile_id": PROFILE}}, how)

    def text(self, handler, path, query, form, how):
        if set(form) != {"from", "to", "text", "type", "webhook_url"}:
            return self.bad(handler, "text: %s" % form)
        self.finish(handler, 200, {"data": {"id": "%032x" % next(self.ids), "to": [{"status": "queued"}]}}, how)

    def release(self, handler, path, query, form, how):
        entry = self.find(path)
        if not entry:
            return self.unknown(handler)
        del self.owned[entry["phone_number"]]
        self.finish(handler, 200, {"data": entry}, how)


class TelnyxControlInventory(TelnyxInventory):
    """The same with numbers in an application of Call Control: that has one URL for all events."""
    APPLICATION = dict(TelnyxInventory.APPLICATION, calls={"webhook_event_url": HOOKS + "control", "webhook_api_version": "2"})
    CONFIG = TelnyxInventory.CONFIG + ", call_control: true"
    APPLICATIONS, NAMED = "call_control_applications", "application_name"
