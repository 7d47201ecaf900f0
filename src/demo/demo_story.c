#include "demo/demo_story.h"

#include "demo/demo_app.h"
#include "demo/demo_clock.h"
#include "demo/demo_phone.h"
#include "demo/demo_pool.h"
#include "demo/demo_text.h"

/* Seconds that somebody can sit through. Four VNs, two an order, and a day's budget of four: what the third order gets, the
 * first one had. */
static const struct demo_pool jakarta = {
	.name = "jakarta",
	.country = "ID",
	.countries = {"ID", "GB"},
	.provider = "twilio",
	.account = "main",
	.numbers_n = 4,
	.grace_s = 3,
	.rest_s = 2,
	.cooldown_s = 3600,
	.texts = true,
};
static const struct demo_pool bengaluru = {
	.name = "bengaluru",
	.country = "IN",
	.countries = {"IN"},
	.provider = "exotel",
	.account = "india",
	.first = {918047112230},
	.numbers_n = 6,
	.grace_s = 3,
	.rest_s = 2,
	.cooldown_s = 3600,
};

/* What happened so far. Party 0 is who orders, party 1 who comes. */
static struct demo_order first, again, next, visit;
static struct demo_order with_first_courier; /* the first order as it was before the courier was replaced */
static char call_in_progress[DEMO_CALL_ID_SIZE];

static void set_up_orders(struct demo *demo)
{
	first = (struct demo_order){.pool = "jakarta",
		.ref = "A-1001",
		.parties = {{"customer", &cast_customer, {0}}, {"courier", &cast_courier, {0}}}};
	again = (struct demo_order){.pool = "jakarta",
		.ref = "A-1002",
		.parties = {{"customer", &cast_customer, {0}}, {"courier", &cast_second, {0}}}};
	next = (struct demo_order){.pool = "jakarta",
		.ref = "A-1003",
		.parties = {{"customer", &cast_tourist, {0}}, {"guide", &cast_guide, {0}}}};
	visit = (struct demo_order){.pool = "bengaluru",
		.ref = "B-2001",
		.parties = {{"patient", &cast_patient, {0}}, {"doctor", &cast_doctor, {0}}}};
	demo->orders_n = 0;
	demo->orders[demo->orders_n++] = &first;
	demo->orders[demo->orders_n++] = &again;
	demo->orders[demo->orders_n++] = &next;
	demo->orders[demo->orders_n++] = &visit;
}

static bool send_event(struct demo *demo, struct demo_order *order, const char *type, int party)
{
	return demo_app_event(demo, order, &(struct demo_event){.type = type, .party = party});
}

/* --- the order --- */

static bool fill_pool(struct demo *demo)
{
	return demo_pool_make(demo, &jakarta);
}

static bool place_order(struct demo *demo)
{
	return send_event(demo, &first, "order.placed", 0);
}

static bool assign_courier(struct demo *demo)
{
	return send_event(demo, &first, "order.assigned", 1) && demo_app_contacts(demo, &first);
}

static bool customer_calls(struct demo *demo)
{
	demo_phone_connects(demo, demo->twilio, &first, 0, call_in_progress);
	with_first_courier = first;
	return true;
}

static bool courier_calls_back(struct demo *demo)
{
	demo_screen_note(&demo->screen, "the courier dials what the screen showed");
	demo_phone_connects(demo, demo->twilio, &first, 1, NULL);
	return true;
}

static bool stranger_tries(struct demo *demo)
{
	demo_phone_refused(demo, demo->twilio,
		&(struct demo_try){
			.from = &cast_stranger, .to = first.parties[1].vn, .reason = "unknown_caller"});
	return true;
}

static bool they_text(struct demo *demo)
{
	static const struct demo_text hello = {"I am at the north gate", "I am at the north gate", "I am at the north gate"},
				      /* The courier's own: it would be all that two people need to leave. */
		number = {"Coming. Or ring me: 0812-9876-5877", "Coming. Or ring me: 0812-****-*877", "Coming. Or ring me: ***"};

	demo_text_arrives(demo, demo->twilio, &first, 0, &hello);
	demo_screen_note(&demo->screen, "the courier hands out a real number: the pool blanks it");
	demo_text_arrives(demo, demo->twilio, &first, 1, &number);
	return true;
}

static bool stranger_texts(struct demo *demo)
{
	demo_text_refused(demo, demo->twilio,
		&(struct demo_try){.from = &cast_stranger, .to = first.parties[1].vn, .reason = "unknown_caller"},
		"You have won a prize");
	return true;
}

static bool caller_id_withheld(struct demo *demo)
{
	demo_phone_refused(demo, demo->twilio,
		&(struct demo_try){.from = &cast_customer,
			.to = first.parties[1].vn,
			.withheld = true,
			.reason = "withheld_caller"});
	return true;
}

static bool signature_forged(struct demo *demo)
{
	demo_phone_forged(
		demo, demo->twilio, &(struct demo_try){.from = &cast_customer, .to = first.parties[1].vn});
	return true;
}

/* --- what goes wrong with orders --- */

static bool replace_courier(struct demo *demo)
{
	struct number vn = first.parties[1].vn;

	first.parties[1].phone = &cast_second;
	if (!send_event(demo, &first, "order.reassigned", 1) || !demo_app_contacts(demo, &first))
		return false;
	demo_expect(demo, number_equal(first.parties[1].vn, vn),
		"the customer's app shows another number than before");
	demo_screen_note(&demo->screen, "the customer dials the number that they know");
	demo_phone_connects(demo, demo->twilio, &first, 0, NULL);
	demo_screen_note(&demo->screen, "the courier who left tries the customer");
	demo_phone_refused(demo, demo->twilio,
		&(struct demo_try){.from = &cast_courier, .to = first.parties[0].vn, .reason = "not_active"});
	return true;
}

static bool call_in_progress_ends(struct demo *demo)
{
	const struct demo_try call = {.from = &cast_customer, .to = with_first_courier.parties[1].vn};

	demo_screen_note(
		&demo->screen, "customer and first courier were still talking: nothing cut them off");
	return demo_phone_ended(demo, demo->twilio, &call, call_in_progress, 154) &&
	       demo_app_call_completed(demo, call_in_progress, 154);
}

static bool same_event_five_times(struct demo *demo)
{
	return demo_pool_make(demo, &bengaluru) &&
	       demo_app_event(
		       demo, &visit, &(struct demo_event){.type = "order.placed", .party = 0, .times = 5});
}

static bool kill_and_restart(struct demo *demo)
{
	pid_t before = demo->server.pid;

	demo_expect(demo, demo_leaks_folder(&demo->leaks, demo->folder.path), "a real number is in a file");
	double began = demo_clock_ms();
	demo_server_kill(&demo->server);
	demo_screen_note(&demo->screen, "kill -9 %d: no good-bye, nothing is written", (int)before);
	demo_expect(demo, demo_leaks_folder(&demo->leaks, demo->folder.path), "a real number is in a file");
	bool up = demo_server_start(&demo->server, NULL);
	if (!up || !demo_connect(demo)) {
		demo->tally.lost += !demo->stop.told;
		return demo_expect(demo, demo->stop.told, "the server did not start again") && false;
	}
	demo_screen_note(&demo->screen, "bauta serve, same folder: answers again %.0f ms after the kill",
		demo_clock_ms() - began);
	demo_app_check_orders(demo);
	demo_phone_connects(demo, demo->twilio, &first, 0, NULL);
	return true;
}

/* --- another country, another provider --- */

static bool visit_in_india(struct demo *demo)
{
	demo_screen_note(&demo->screen, "B-2001 was placed before the crash");
	if (!send_event(demo, &visit, "order.assigned", 1) || !demo_app_contacts(demo, &visit))
		return false;
	const struct demo_try call = {.from = &cast_doctor, .to = visit.parties[0].vn};
	char call_id[DEMO_CALL_ID_SIZE] = "";
	demo_phone_connects(demo, demo->exotel, &visit, 0, NULL);
	demo_phone_connects(demo, demo->exotel, &visit, 1, call_id);
	return demo_phone_ended(demo, demo->exotel, &call, call_id, 61) &&
	       demo_app_call_completed(demo, call_id, 61);
}

static bool strangers_in_india(struct demo *demo)
{
	const struct demo_try attempt = {
		.from = &cast_caller, .to = visit.parties[1].vn, .reason = "unknown_caller"};

	demo_phone_refused(demo, demo->exotel, &attempt);
	demo_phone_refused(demo, demo->exotel,
		&(struct demo_try){.from = &cast_patient,
			.to = visit.parties[1].vn,
			.withheld = true,
			.reason = "withheld_caller"});
	demo_phone_forged(demo, demo->exotel, &attempt);
	return true;
}

/* --- the end of the order, and after --- */

static bool order_done(struct demo *demo)
{
	if (!send_event(demo, &first, "order.completed", -1))
		return false;
	demo_screen_note(&demo->screen, "grace, %d s here: \"I left my bag in your car\"", jakarta.grace_s);
	demo_phone_connects(demo, demo->twilio, &first, 0, NULL);
	first.live = false;
	return true;
}

static bool grace_is_over(struct demo *demo)
{
	double waited_s;

	if (!demo_app_wait(demo, &first, "cooling", &waited_s))
		return false;
	demo_screen_note(&demo->screen, "%.1f s later the grace is over", waited_s);
	demo_phone_refused(demo, demo->twilio,
		&(struct demo_try){
			.from = &cast_customer, .to = first.parties[1].vn, .reason = "not_active"});
	return true;
}

static bool same_two_again(struct demo *demo)
{
	if (!send_event(demo, &again, "order.placed", 0) || !send_event(demo, &again, "order.assigned", 1) ||
		!demo_app_contacts(demo, &again))
		return false;
	bool fresh = !number_equal(again.parties[0].vn, first.parties[0].vn) &&
		     !number_equal(again.parties[1].vn, first.parties[1].vn);
	if (demo_expect(demo, fresh, "a pair that cools down was lent again"))
		demo_screen_verdict(&demo->screen, true, "other numbers: the old pairs cool down for %d min",
			jakarta.cooldown_s / 60);
	demo_phone_connects(demo, demo->twilio, &again, 0, NULL);
	return true;
}

static bool is_lent_again(struct number vn)
{
	return number_equal(vn, first.parties[0].vn) || number_equal(vn, first.parties[1].vn);
}

static bool lent_to_the_next(struct demo *demo)
{
	double waited_s;

	if (!send_event(demo, &next, "order.placed", 0) || !send_event(demo, &next, "order.assigned", 1))
		return false;
	demo_screen_note(&demo->screen, "none is free: the order waits while A-1001's two rest (%d s here)",
		jakarta.rest_s);
	if (!demo_app_wait(demo, &next, "live", &waited_s))
		return false;
	demo_screen_note(&demo->screen, "%.1f s later:", waited_s);
	if (!demo_app_contacts(demo, &next))
		return false;
	demo_expect(demo, is_lent_again(next.parties[0].vn) && is_lent_again(next.parties[1].vn),
		"these are not the numbers of A-1001");
	demo_phone_connects(demo, demo->twilio, &next, 0, NULL);
	return true;
}

static bool old_customer_dials(struct demo *demo)
{
	demo_screen_note(&demo->screen, "it is in yesterday's call list, and now it is the guide's");
	demo_phone_refused(demo, demo->twilio,
		&(struct demo_try){.from = &cast_customer, .to = next.parties[1].vn, .reason = "not_active"});
	demo_app_check_orders(demo);
	return true;
}

struct step {
	const char *title;
	const char *provider;
	bool (*run)(struct demo *demo); /* false: the story can't go on */
};

static const struct step steps[] = {
	{"An empty pool fills itself", "Twilio", fill_pool},
	{"An order is placed", "Twilio", place_order},
	{"A courier is assigned: both get a virtual number", "Twilio", assign_courier},
	{"The customer calls the courier", "Twilio", customer_calls},
	{"The courier calls back", "Twilio", courier_calls_back},
	{"They text each other, by the same numbers", "Twilio", they_text},
	{"A stranger tries the courier's virtual number", "Twilio", stranger_tries},
	{"And texts it", "Twilio", stranger_texts},
	{"The customer calls with the caller id withheld", "Twilio", caller_id_withheld},
	{"Somebody forges the provider's request", "Twilio", signature_forged},
	{"The courier is replaced in mid-order", "Twilio", replace_courier},
	{"The call in progress was not cut", "Twilio", call_in_progress_ends},
	{"Another city; its event arrives five times", "Twilio", same_event_five_times},
	{"The server is killed and started again", "Twilio", kill_and_restart},
	{"A clinic in India, through Exotel", "Exotel", visit_in_india},
	{"A cold caller, a hidden one, and somebody who guesses the secret path", "Exotel",
		strangers_in_india},
	{"The order is done", "Twilio", order_done},
	{"After the grace", "Twilio", grace_is_over},
	{"Cool-down: the same two people order again", "Twilio", same_two_again},
	{"The numbers are lent to the next order", "Twilio", lent_to_the_next},
	{"The first customer dials the old number", "Twilio", old_customer_dials},
};

bool demo_story_tell(struct demo *demo)
{
	set_up_orders(demo);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (!demo_stop_pause(&demo->stop, 0))
			return false;
		demo_screen_lanes(&demo->screen, steps[i].provider);
		demo_screen_title(&demo->screen, steps[i].title);
		if (!steps[i].run(demo))
			return false;
	}
	return true;
}

const struct demo_order *demo_story_open_order(void)
{
	return &again;
}
