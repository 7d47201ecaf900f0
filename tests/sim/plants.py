#!/usr/bin/env python3
"""Can the simulator find faults? Plants one known fault after the other in a copy of the tree, builds the simulator, lets it look.

plants.py [SEEDS [NAME...]]: each fault has SEEDS (150) to be caught in. Writes the table of docs/proof.md to build/plants.md; ends
with 1 unless all were caught.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))

# What goes wrong, where, the text, what it becomes.
PLANTS = [
    ("what the store refused is published", "src/serve/writer_commit.c",
     "	engine_rollback(writer->options.engine);", "	engine_commit(writer->options.engine);"),
    ("a change is acknowledged though the store refused it", "src/serve/writer.c",
     "			command->err = ERR_STORE_FAILED;\n}", "			(void)command;\n}"),
    ("pairs that cool are forgotten at a start", "src/core/engine_load.c",
     "	pairs_of(row, cool_each, &cooling);\n", "	(void)cool_each;\n"),
    ("pairs of replaced parties are forgotten at a start", "src/core/engine_load.c",
     "		cool(e, &row->past[i].person, row->past[i].vn_id, row->past[i].until, &cooling.err);", "		(void)i;"),
    ("the cool-down counts from the close, not from the end of the grace", "src/core/engine_close.c",
     "plus(plus(row->grace_until, cool), 1)", "plus(plus(row->closed_at, cool), 1)"),
    ("a replaced party's pairs don't cool", "src/core/engine_party.c",
     "		leaving->ok &= past_add(leaving->e, leaving->row, person, vn);", "		leaving->ok &= vn > 0 || past_add(leaving->e, leaving->row, person, vn);"),
    ("a caller who is nearly the right one gets through", "src/core/decide.c",
     "	return look_up(board, &key, question->now_ms, ret_lookup);\n}\n\n/* A PIN",
     "	enum reason near = look_up(board, &key, question->now_ms, ret_lookup);\n	key.who ^= 1;\n"
     "	return near == REASON_NONE ? near : look_up(board, &key, question->now_ms, ret_lookup);\n}\n\n/* A PIN"),
    ("the caller's own number is shown", "src/core/decide.c",
     "		to_connect(board, &plan, &lookup, max_call_s, ret_decision);",
     "		to_connect(board, &plan, &lookup, max_call_s, ret_decision), ret_decision->show = question->caller;"),
    ("the number that was dialled is shown", "src/core/engine_routes.c",
     "	session_vn_seen(row, to, from, &route.show);", "	session_vn_seen(row, from, to, &route.show);"),
    ("the caller is rung", "src/core/engine_routes.c",
     "	route.callee = row->parties[to].numbers[0];", "	route.callee = row->parties[from].numbers[0];"),
    ("a second that is stored is not stored with what came in it", "src/serve/writer.c",
     "writer->now_ms / 1000 == writer->time_stored_ms / 1000 ||", "since_ms < 60000 ||"),
    ("an offset is not in the transaction of its events", "src/feed/feed_batch.c",
     "	return err ? err : engine_note(engine, &(struct record){.kind = RECORD_OFFSET, .offset = row});", "	return err || !engine ? err : ERR_OK;"),
    ("positions of a batch that was not stored stay", "src/feed/positions.c",
     "	position->next = next;\n	position->back = true;", "	(void)next;\n	position->back = true;"),
    ("a part that is through must be where it was left", "src/feed/feed_batch.c",
     "part->from != part->next && position_of", "position_of"),
    ("a version counts for the order, not for the role", "src/core/engine_event.c",
     "		if (there >= 0 && row->parties[there].version > event->version)",
     "		if (row && row->parties[0].version > event->version)"),
    ("a later version never counts", "src/core/engine_event.c",
     "row->parties[there].version > event->version)", "row->parties[there].version > 0)"),
    ("a replaced courier's route is left", "src/core/engine_routes.c",
     "			if (!has(&new, &old.at[k].key))\n				ASSERT(route_drop(routes, &old.at[k].key));",
     "			if (!has(&new, &old.at[k].key) && e->entries[i].last->closed_at)\n				ASSERT(route_drop(routes, &old.at[k].key));"),
    ("a route that changed is not published", "src/core/engine_routes.c",
     "		if (!is_first(e, i))\n			continue;", "		if (!is_first(e, i) || e->entries[i].before)\n			continue;"),
    ("any account may ask for any VN", "src/core/decide.c",
     "question->account == vn->account)", "vn->account < DECIDE_ANY_ACCOUNT)"),
    ("a VN is counted twice", "src/core/engine_stock.c",
     "	vn->sessions += (uint32_t)by;\n	vn_count(e, vn, +1);", "	vn->sessions += (uint32_t)by;\n	vn_count(e, vn, by > 0 ? +2 : +1);"),
    ("a VN doesn't come back", "src/core/engine_put.c",
     "		vn_leave(e, left->id, since);\n", "		if (move->from.row->parties_n < 3 && since % 7)\n			vn_leave(e, left->id, since);\n"),
    ("there is no grace", "src/core/engine_routes.c", "		return row->grace_until;", "		return row->closed_at;"),
    ("the grace begins anew with each close", "src/core/engine_close.c",
     "	if (grace_s < 0 || plus(e->now_s, grace) >= row->grace_until)\n		return ERR_OK;", ""),
    ("an order that ended is opened by a late event", "src/core/engine_event.c",
     "	if (slot == NONE ? engine_session_ended(e, event->pool, event->order, &session)\n			 : e->sessions[slot].closed_at != 0)",
     "	(void)session;\n	if (slot != NONE && e->sessions[slot].closed_at != 0)"),
    ("tombstones are forgotten at a start", "src/core/engine_load.c",
     "	if (row->until <= e->now_s || row->hash == 0)", "	if (row->hash != 1)"),
    ("a close before its order is forgotten", "src/core/engine_event.c",
     "	return tombstone_add(e, event->pool, event->order, 0, e->now_s);", "	return ERR_OK;"),
    ("a pair that is taken is lent", "src/core/engine_choose.c",
     "	return pair.until <= e->now_s || is_own(e, choice, person, vn);", "	return pair.until <= e->now_s + 1000000 || is_own(e, choice, person, vn);"),
    ("a pair is lent again a minute too early", "src/core/engine_close.c",
     "		cool = policy->rest_s;\n", "		cool = policy->rest_s;\n	if (cool > 60)\n		cool -= 60;\n"),
    ("nothing expires", "src/core/engine_put.c",
     "row->closed_at ? row->grace_until : row->expires_at", "row->closed_at ? row->grace_until : row->expires_at + 100000000"),
    ("orders expire an hour early", "src/core/engine_put.c",
     "row->closed_at ? row->grace_until : row->expires_at", "row->closed_at ? row->grace_until : row->expires_at - 3000"),
    ("ids begin anew at a start", "src/core/engine.c",
     "	if (id > e->last_id)\n		e->last_id = id;", "	(void)e, (void)id;"),
    ("an order's waiting parties are never served", "src/core/engine_put.c",
     "		if (waits && !e->sessions[slot].waits)\n			wait_add(e, slot); /* one that waited already keeps its turn */", "		(void)waits;"),
    ("a later event passes one that has to be sent again", "src/out/relay.c",
     "		if (retries_has(relay->retries, item->key)) {", "		if (retries_has(relay->retries, item->key) && item->id % 2) {"),
    ("what is out is taken for delivered", "src/out/relay.c",
     "	bool again = sent == SENT_DOWN;", "	bool again = false;"),
    ("a signature's body is not checked", "src/provider/provider_twilio.c", "	return holds;", "	return holds || signature.len > 20;"),
    ("any secret path will do", "src/provider/secret_path.c",
     "	bool path = expected.len && secret_equal(given, expected);", "	bool path = expected.len == given.len;"),
    ("a signature of another secret will do", "src/provider/provider_sinch.c",
     "	       secret_equal(given, str_of(expected)) && account_allows", "	       given.len == strlen(expected) && account_allows"),
    ("a refusal tells why", "src/provider/provider_twilio.c",
     "		buf_lit(out, \"<Reject reason=\\\"rejected\\\"/>\");",
     "		buf_fmt(out, \"<Reject reason=\\\"%s\\\"/>\", answer->decision->reason == REASON_NOT_A_VN ? \"busy\" : \"rejected\");"),
    ("a real number is told outside", "src/wire/notice_json.c",
     "		put_vn(json, \"vn\", over ? NUMBER_NONE : row->parties[i].vn);",
     "		put_vn(json, \"vn\", over ? NUMBER_NONE : row->parties[i].numbers[0]);"),
    ("the app is shown the real number", "src/api/session_json.c",
     "number_text(session_vn_seen(row, viewer, i, &vn_id), text));", "number_text((session_vn_seen(row, viewer, i, &vn_id), row->parties[i].numbers[0]), text));"),
    ("the app is shown its own VN", "src/api/session_json.c",
     "session_vn_seen(row, viewer, i, &vn_id), text)", "session_vn_seen(row, i, viewer, &vn_id), text)"),
    ("a call record has the caller's number for its VN", "src/serve/asking.c",
     "			.shown = decision->show,", "			.shown = asking->question.caller,"),
    ("a text goes to who was that party before", "src/message/ledger_settle.c",
     "		!number_equal(row->parties[to].numbers[0], message->to) ||\n", ""),
    ("a text goes on though another has its writer's place", "src/message/ledger_settle.c",
     " ||\n		!has_number(&row->parties[from], message->from))", " || !has_number(&row->parties[to], message->to))"),
    ("a text overtakes one that is tried again", "src/message/ledger_settle.c",
     " && !is_behind(ledger, row))", " && (!is_behind(ledger, row) || row->id % 7 == 0))"),
    ("a text comes from the number that was texted", "src/serve/hook_messages.c",
     ".shown = decided->decision.show,", ".shown = in->question.called,"),
    ("a text that its provider has is sent again", "src/message/ledger_settle.c",
     "	if (outcome->state == MESSAGE_QUEUED) {", "	if (outcome->state == MESSAGE_QUEUED || outcome->id % 5 == 0) {"),
    ("texts that wait are forgotten at a start", "src/message/ledger.c",
     "	if (err || row->state != MESSAGE_QUEUED)", "	if (err || row->state == MESSAGE_QUEUED)"),
    ("a text's webhook is told that it is stored though it isn't", "src/serve/hook_messages.c",
     ".status = err ? 503 : rendered.status,", ".status = rendered.status,"),
    ("a text that comes twice goes twice", "src/message/ledger.c",
     "	if (ledger_find(ledger, &key, &known)) {", "	if (ledger_find(ledger, &key, &known) && known.id == 0) {"),
    ("numbers in the app's texts stay", "src/api/api_messages.c",
     ".body = policy.redact ? str_n(args->blanked, args->blanked_len) :", ".body = !policy.on ? str_n(args->blanked, args->blanked_len) :"),
    ("a PIN counts for any VN of its pool's", "src/core/engine_routes.c",
     "	if (caller->pin_digits)\n		items->at[items->n++] = (struct item){{ROUTE_PIN, pin_who(caller), dialled}, route};",
     "	if (caller->pin_digits)\n		items->at[items->n++] = (struct item){{ROUTE_PIN, pin_who(caller), route.show}, route};"),
    ("who takes somebody's place has their PIN", "src/core/engine_party.c",
     "	into->pin = 0;\n	into->pin_digits = 0;\n", ""),
    ("a digit of a PIN doesn't count", "src/core/decide.c",
     "		who = who * 10 + (uint64_t)(digits.at[i] - '0');",
     "		who = who * 10 + (i == 4 ? 5 : (uint64_t)(digits.at[i] - '0'));"),
    ("who is blocked gets through with a PIN", "src/core/decide.c",
     "	return number_is(owner) && !number_equal(owner, caller) && blocks_bar(", "	return !number_is(owner) && blocks_bar("),
    ("a text goes to somebody who has blocked its writer since", "src/message/ledger_settle.c",
     "	return !message->from_app &&\n	       (blocks_bar(", "	return message->from_app &&\n	       (blocks_bar("),
    ("blocks are forgotten at a start", "src/core/engine_block.c",
     "	return board_list_put(e->board, BOARD_BLOCKED, &key, row->direction, row->until);", "	return ERR_OK;"),
    ("who asks to be forgotten is, but for what ended", "src/store/row.c",
     "			party->numbers[j] = NUMBER_NONE;\n			any = true;", "			any = true;"),
    ("orders of who is forgotten go on", "src/core/engine_close.c",
     "			 has_number(row, number)) {\n			err = end_now(e, slot, &number);", "			 has_number(row, number)) {\n			err = n ? ERR_OK : end_now(e, slot, &number);"),
    ("pairs of who is forgotten don't cool", "src/core/engine_pairs.c",
     "			return;\n	}\n	set(e, person_short(person), vn, pair, (struct pair){moving->until, pair.stands});".replace("			return;", "		return;"),
     "		return;\n	}\n	if (moving->until != e->now_s + 14401)\n		set(e, person_short(person), vn, pair, (struct pair){moving->until, pair.stands});"),
]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)


def look(tree, seeds):
    """What the simulator says, in a few words; None: nothing."""
    began = time.monotonic()
    try:
        done = run([os.path.join(tree, "build", "sim"), "1", "%dx" % seeds], timeout=seeds * 5 + 120)
    except subprocess.TimeoutExpired:
        return "it hangs", time.monotonic() - began
    took = time.monotonic() - began
    violation = re.search(r"VIOLATION of (\S+), (seed \d+)", done.stdout)
    if violation:
        return "%s, %s" % violation.groups(), took
    broken = re.search(r"broken invariant|AddressSanitizer", done.stdout)
    if done.returncode != 0:
        return "assertion" if broken else "it ends with %d" % done.returncode, took
    return None, took


def plant(tree, file, old, new):
    path = os.path.join(tree, file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) < 1:
        raise SystemExit("%s has no such text any more: %r" % (file, old))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new, 1))
    return text


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    names = sys.argv[2:]
    plants = [p for p in PLANTS if (not names or any(n in p[0] for n in names))]
    folder = tempfile.mkdtemp(prefix="bauta-plants-")
    tree = os.path.join(folder, "tree")
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(".git", "asan", "tsan", "fuzz", "unit", "e2e"))
    built = run(["make", "-C", tree, "-j2", "build/sim"])
    if built.returncode:
        raise SystemExit(built.stdout[-2000:])
    for name, file, old, _ in plants: # before an hour is spent
        plant(tree, file, old, old)
    rows, missed = [], 0
    said, took = look(tree, 5)
    if said:
        raise SystemExit("without any fault: " + said)
    print("1..%d" % len(plants))
    for n, (name, file, old, new) in enumerate(plants, 1):
        text = plant(tree, file, old, new)
        built = run(["make", "-C", tree, "-j2", "build/sim"])
        if built.returncode:
            said, took = None, 0
            print("# it does not build: " + built.stdout[-600:].replace("\n", "\n# "))
        else:
            said, took = look(tree, seeds)
        with open(os.path.join(tree, file), "w", encoding="utf-8") as f:
            f.write(text)
        missed += said is None
        print("%s %d - %s: %s (%.1f s)" % ("ok" if said else "not ok", n, name, said or "not caught", took), flush=True)
        rows.append("| %s | `%s` | %s |" % (name, file, said or "**not caught**"))
    shutil.rmtree(folder)
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    with open(os.path.join(ROOT, "build", "plants.md"), "w", encoding="utf-8") as f:
        f.write("| fault | in | caught by |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    print("# %d faults planted, %d caught" % (len(plants), len(plants) - missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
