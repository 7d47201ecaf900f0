"""Every open session as a key with `reveal` sees it, and what must hold over all of them (S1, S12)."""


def open_sessions(api, pool):
    token = None
    while True:
        query = {"pool": pool, "page_size": 1000}
        page = api.get("/v1/sessions", {**query, "page_token": token} if token else query).json
        yield from (session for session in page["sessions"] if session["state"] in ("live", "closing"))
        token = page["next_page_token"]
        if not token:
            return


def vn_seen(session, viewer, target):
    for view in session.get("views", []):
        if (view["viewer"], view["target"]) == (viewer["role"], target["role"]):
            return view["vn"]
    return target["vn"]


def pairs_twice(api, pool):
    """(number, VN) that lead to two open sessions."""
    held, twice = {}, []
    for session in open_sessions(api, pool):
        for viewer in session["parties"]:
            for target in session["parties"]:
                if viewer is target:
                    continue
                pair = viewer["number"], vn_seen(session, viewer, target)
                if held.setdefault(pair, session["id"]) != session["id"]:
                    twice.append((pair, session["id"], held[pair]))
    return twice


def vns_held(api, pool):
    """VN -> ids of the open sessions that it serves."""
    held = {}
    for session in open_sessions(api, pool):
        for vn in {party["vn"] for party in session["parties"]} | {view["vn"] for view in session.get("views", [])}:
            held.setdefault(vn, set()).add(session["id"])
    return held


def stock_sums(stock):
    return sum(stock[state] for state in ("free", "lent", "cooling", "reserved", "disabled")) == stock["total"]
