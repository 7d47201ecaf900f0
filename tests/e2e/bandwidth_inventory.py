"""Bandwidth's Dashboard API for numbers, as its documents tell it, with a memory. XML both ways; purchases are orders; a number is at a Site
and a Location, which only its details tell."""
import re
from xml.sax.saxutils import escape

from inventory_fake import InventoryFake

ACCOUNT, USER, PASSWORD, SITE, LOCATION = "9900012", "bauta", "an-api-password", "461", "500014"
MESSAGES = "7fc9698a-b04a-468b-9e8f-91238c0d0086"
PATH = "/accounts/%s/" % ACCOUNT
LIST_FIELDS = {"accountId", "page", "size", "fullNumber", "npa", "npaNxx", "city", "state"}
SEARCH_FIELDS = {"areaCode", "npaNxx", "npaNxxx", "rateCenter", "city", "state", "zip", "lata", "tollFreeWildCardPattern", "LCA", "quantity"}


def xml(name, *parts):
    """An element; a part is text, or (name, parts...)."""
    inside = "".join(xml(*part) if isinstance(part, tuple) else escape(str(part)) for part in parts)
    return "<%s>%s</%s>" % (name, inside, name)


def said(body, name):
    found = re.findall("<%s>([^<]*)</%s>" % (name, name), body)
    return found[0] if len(found) == 1 else None


class BandwidthInventory(InventoryFake):
    NAME, BASE = "bandwidth", "/api"
    OURS = {"site": SITE, "location": LOCATION}
    APPLICATION = {"texts": {"InboundCallbackUrl": "https://vn.example.com/hooks/bandwidth/main/sms",
                             "OutboundCallbackUrl": "https://vn.example.com/hooks/bandwidth/main/sms/status"}}
    TEXT_TYPE = InventoryFake.JSON
    CONFIG = ("user: hook, password: a-hook-password, account_id: \"%s\", api_user: %s, api_password: %s, site_id: \"%s\", location_id: \"%s\","
              " message_application_id: %s" % (ACCOUNT, USER, PASSWORD, SITE, LOCATION, MESSAGES))
    SLOW = True
    REFUSED = "5005"
    body_type = "application/xml"

    def credentials(self):
        return USER, PASSWORD

    def entry(self, number):
        return {"digits": number[2:], "status": "Inservice", "site": "1", "location": "2"}

    def error(self, handler, status, code, message, headers=()):
        if status == 429:
            return self.answer(handler, status, None, headers)
        self.answer(handler, status, xml("Response", ("ErrorList", ("Error", ("Code", code or status), ("Description", message)))), headers)

    def nonsense(self):
        return xml("TelephoneNumbersResponse", ("TelephoneNumberCount", 7))

    def route(self, method, path):
        if method == "GET" and path == "/tns":
            return "list", self.list
        if method == "GET" and re.fullmatch(r"/tns/\d{10}/tndetails", path):
            return "one", self.one
        if method == "POST" and path == "/v2/users/%s/messages" % ACCOUNT:
            return "text", self.text
        rest = path[len(PATH):] if path.startswith(PATH) else ""
        if method == "GET" and rest.startswith("orders/"):
            return "order", self.order
        return {("GET", "availableNumbers"): ("search", self.search), ("POST", "orders"): ("buy", self.buy),
                ("PATCH", "applications/" + MESSAGES): ("application_texts", self.application_texts),
                ("POST", "sites/%s/sippeers/%s/movetns" % (SITE, LOCATION)): ("set", self.set),
                ("POST", "disconnects"): ("release", self.release)}.get((method, rest), (None, None))

    def list(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "list", query, LIST_FIELDS) or query.get("accountId") != ACCOUNT:
            return
        size, page = min(int(query["size"]), self.page), int(query["page"])
        numbers = [n for n in self.owned.values() if query.get("fullNumber", n["digits"]) == n["digits"]]
        part, more = self.part(numbers, page - 1, size, how)
        links = [("first", "Link=<https://dashboard.bandwidth.com:443/v1.0/tns?page=1&size=%d>;rel=\"first\";" % size)]
        if more:
            links.append(("next", "Link=<https://dashboard.bandwidth.com:443/v1.0/tns?account=%s&page=%d&size=%d>;rel=\"next\";" % (
                ACCOUNT, page + 1, size)))
        rows = [("TelephoneNumber", ("City", "NEW YORK"), ("FullNumber", n["digits"]), ("Status", n["status"]), ("AccountId", ACCOUNT))
                for n in part]
        self.finish(handler, 200, xml("TelephoneNumbersResponse", ("TelephoneNumberCount", len(numbers)), ("Links", *links),
                                      ("TelephoneNumbers", *rows)), how)

    def one(self, handler, path, query, form, how):
        entry = self.owned.get("+1" + path.split("/")[2])
        if not entry:
            return self.error(handler, 404, "5071", "The telephone number is not on the system")
        self.finish(handler, 200, xml("TelephoneNumberResponse", (
            "TelephoneNumberDetails", ("FullNumber", entry["digits"]), ("Status", entry["status"]), ("AccountId", ACCOUNT),
            ("Site", ("Id", entry["site"]), ("Name", "s")), ("SipPeer", ("PeerId", entry["location"]), ("PeerName", "p")))), how)

    def search(self, handler, path, query, form, how):
        if self.unknown_fields(handler, "search", query, SEARCH_FIELDS):
            return
        found = [number[2:] for number in self.offers if number[2:].startswith(query.get("areaCode", ""))][:int(query["quantity"])]
        self.finish(handler, 200, xml("SearchResult", ("ResultCount", len(found)), (
            "TelephoneNumberList", *[("TelephoneNumber", digits) for digits in found])), how)

    def order_document(self, order, number, status):
        done = [("CompletedNumbers", ("TelephoneNumber", ("FullNumber", number[2:])))] if status == "COMPLETE" else []
        return xml("OrderResponse", ("Order", ("id", order), ("SiteId", SITE)), *done, ("OrderStatus", status))

    def own_here(self, number):
        if number in self.owned:
            self.owned[number].update(site=SITE, location=LOCATION)

    def buy(self, handler, path, query, form, how):
        digits = said(form, "TelephoneNumber")
        if not digits or said(form, "SiteId") != SITE or said(form, "PeerId") != LOCATION:
            return self.bad(handler, "buy: %s" % form)
        if "+1" + digits not in self.offers:
            return self.error(handler, 400, "5005", "The telephone number is unavailable for ordering")
        order = self.take_offer("+1" + digits)
        self.own_here("+1" + digits)
        self.finish(handler, 201, self.order_document(order, "+1" + digits, "RECEIVED"), how)

    def order(self, handler, path, query, form, how):
        order = path.rsplit("/", 1)[1]
        if order not in self.orders:
            return self.unknown(handler)
        number, pending = self.look_at_order(order)
        if pending:
            self.own_here(number)
        self.finish(handler, 200, self.order_document(order, number, "RECEIVED" if pending else "COMPLETE"), how)

    def set(self, handler, path, query, form, how):
        entry = self.owned.get("+1" + (said(form, "FullNumber") or ""))
        if not entry:
            return self.error(handler, 400, "5074", "The telephone number is not in service")
        entry.update(site=SITE, location=LOCATION)
        self.finish(handler, 200, xml("MoveTnsResponse"), how)

    def application_texts(self, handler, path, query, form, how):
        names = ("InboundCallbackUrl", "OutboundCallbackUrl")
        if re.sub("<(%s)>[^<]*</\\1>" % "|".join(names), "", form.split("?>", 1)[1]).strip() != "<Application></Application>":
            return self.bad(handler, "application: %s" % form)
        self.applications["texts"] = {name: said(form, name) for name in names}
        self.finish(handler, 200, xml("ApplicationProvisioningResponse", ("Application", ("ApplicationId", MESSAGES))), how)

    def text(self, handler, path, query, form, how):
        if set(form) != {"from", "to", "text", "applicationId", "tag"} or form["applicationId"] != MESSAGES:
            return self.bad(handler, "text: %s" % form)
        self.answer(handler, 202, '{"id": "%d"}' % next(self.ids))

    def release(self, handler, path, query, form, how):
        if not self.owned.pop("+1" + (said(form, "TelephoneNumber") or ""), None):
            return self.error(handler, 400, "5074", "The telephone number is not in service")
        self.finish(handler, 201, xml("DisconnectTelephoneNumberOrderResponse", ("OrderStatus", "RECEIVED")), how)
