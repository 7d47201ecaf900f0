#include "fault/fault.h"

#define JAKARTA_PARTIES "\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567215\"},{\"role\":\"courier\",\"number\":\"0812-9876-5885\"}]"
#define NEW_SESSION "{\"pool\":\"jakarta\",\"ref\":\"order-new\"," JAKARTA_PARTIES "}"
#define LINE(type, version, more) "{\"type\":\"order." type "\",\"order\":\"B-1\",\"version\":" #version ",\"pool\":\"jakarta\"" more "}"
#define PLACED LINE("placed", 1, ",\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567216\"}]")
#define ASSIGNED LINE("assigned", 2, ",\"parties\":[{\"role\":\"courier\",\"number\":\"+6281298765886\"}]")
#define REASSIGNED LINE("reassigned", 3, ",\"parties\":[{\"role\":\"courier\",\"number\":\"+6281298765887\"}]")
#define COMPLETED LINE("completed", 4, "")
#define CANCELLED LINE("cancelled", 4, "")

static void placed(const struct operation *operation)
{
	(void)operation;
	town_make(HTTP_METHOD_POST, "/v1/events", PLACED, 200);
}

static void assigned(const struct operation *operation)
{
	placed(operation);
	town_make(HTTP_METHOD_POST, "/v1/events", ASSIGNED, 200);
}

static void third_party(const struct operation *operation)
{
	(void)operation;
	town_make(HTTP_METHOD_PUT, "/v1/sessions/{live}/parties/desk", "{\"number\":\"+6281234567217\"}", 200);
}

static void sent_before(const struct operation *operation)
{
	fault_hold();
	town_ask(operation->method, operation->target, NULL, operation->body, operation->reveals ? town_reveals : town_key,
		operation->idempotency_key);
	fault_go_on();
}

#define GET_(name, target) {name, .method = HTTP_METHOD_GET, target}
#define DELETE_(name, target) {name, .method = HTTP_METHOD_DELETE, target}
#define POST_(name, target, body) {name, .method = HTTP_METHOD_POST, target, body}
#define PUT_(name, target, body) {name, .method = HTTP_METHOD_PUT, target, body}
#define PATCH_(name, target, body) {name, .method = HTTP_METHOD_PATCH, target, body}

static const struct operation operations_of_api[] = {
	POST_("createPool", "/v1/pools", "{\"name\":\"new\",\"country\":\"ID\",\"countries\":[\"ID\",\"GB\"],\"messages\":true}"),
	GET_("listPools", "/v1/pools?page_size=50"),
	GET_("getPool", "/v1/pools/jakarta"),
	PATCH_("setPool", "/v1/pools/jakarta", "{\"ttl_s\":7200,\"low_water\":2,\"high_water\":4}"),
	POST_("addNumbers", "/v1/pools/jakarta/numbers",
		"{\"numbers\":[{\"number\":\"+622150009990\",\"provider\":\"twilio\",\"account\":\"main\"},"
		"{\"number\":\"+622150009991\",\"provider\":\"exotel\",\"account\":\"main\",\"reserved\":true}]}"),
	GET_("listNumbers", "/v1/pools/jakarta/numbers"),
	PATCH_("setNumber", "/v1/numbers/+622150000007", "{\"state\":\"disabled\"}"),
	{"eraseNumber", .method = HTTP_METHOD_POST, "/v1/numbers/erase", "{\"number\":\"+6281234567210\"}", .steps = true},
	{"eraseNumber of one that ended", .method = HTTP_METHOD_POST, "/v1/numbers/erase", "{\"number\":\"+6281234567212\"}",
		.steps = true},
	POST_("openSession", "/v1/sessions", NEW_SESSION),
	{"openSession by a key", .method = HTTP_METHOD_POST, "/v1/sessions", NEW_SESSION, .idempotency_key = "key-1"},
	{"openSession by a key again", .method = HTTP_METHOD_POST, "/v1/sessions", NEW_SESSION, .idempotency_key = "key-1",
		.prepare = sent_before},
	{"openSession with numbers shown", .method = HTTP_METHOD_POST, "/v1/sessions", NEW_SESSION, .reveals = true},
	{"openSession with numbers shown by a key again", .method = HTTP_METHOD_POST, "/v1/sessions", NEW_SESSION, .reveals = true,
		.idempotency_key = "key-2", .prepare = sent_before},
	POST_("openSession of one that is there", "/v1/sessions",
		"{\"pool\":\"jakarta\",\"ref\":\"order-live\",\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567210\"},"
		"{\"role\":\"courier\",\"number\":\"+6281298765877\"}]}"),
	GET_("listSessions", "/v1/sessions?pool=jakarta"),
	GET_("getSession", "/v1/sessions/{live}"),
	{"getSession with numbers shown", .method = HTTP_METHOD_GET, "/v1/sessions/{live}", .reveals = true},
	GET_("getSession of one that ended", "/v1/sessions/{ended}"),
	PATCH_("setSession", "/v1/sessions/{live}", "{\"ttl_s\":3600}"),
	DELETE_("forgetSession", "/v1/sessions/{live}"),
	DELETE_("forgetSession of one that ended", "/v1/sessions/{ended}"),
	POST_("closeSession", "/v1/sessions/{live}/close", "{\"grace_s\":60}"),
	POST_("sendMessage", "/v1/sessions/{live}/messages", "{\"to_role\":\"courier\",\"from_role\":\"customer\",\"body\":\"Ring twice\"}"),
	PUT_("putParty", "/v1/sessions/{live}/parties/courier", "{\"number\":\"+6281211112222\"}"),
	PUT_("putParty a third one", "/v1/sessions/{live}/parties/desk", "{\"number\":\"+6281234567217\",\"numbers\":[\"+6281234567218\"]}"),
	{"dropParty", .method = HTTP_METHOD_DELETE, "/v1/sessions/{live}/parties/desk", .prepare = third_party},
	GET_("getContact", "/v1/orders/order-live/contact?pool=jakarta&as=customer"),
	POST_("route", "/v1/route", "{\"from\":\"+6281234567299\",\"to\":\"+622150000001\",\"call_id\":\"c9\"}"),
	POST_("sendEvents placed", "/v1/events", PLACED),
	{"sendEvents assigned", .method = HTTP_METHOD_POST, "/v1/events", ASSIGNED, .prepare = placed},
	{"sendEvents reassigned", .method = HTTP_METHOD_POST, "/v1/events", REASSIGNED, .prepare = assigned},
	{"sendEvents completed", .method = HTTP_METHOD_POST, "/v1/events", COMPLETED, .prepare = assigned},
	{"sendEvents cancelled", .method = HTTP_METHOD_POST, "/v1/events", CANCELLED, .prepare = assigned},
	POST_("sendEvents batch", "/v1/events", "[" PLACED "," ASSIGNED "," COMPLETED "]"),
	{"sendEvents CloudEvent", .method = HTTP_METHOD_POST, "/v1/events",
		"{\"specversion\":\"1.0\",\"id\":\"evt-9\",\"source\":\"shop\",\"type\":\"order.placed\",\"data\":" PLACED "}",
		"application/cloudevents+json"},
	{"sendEvents lines", .method = HTTP_METHOD_POST, "/v1/events", PLACED "\n" ASSIGNED "\n" REASSIGNED "\n" CANCELLED "\n",
		"application/x-ndjson", .steps = true},
	GET_("listCalls", "/v1/calls"),
	GET_("listMessages", "/v1/messages"),
	POST_("addBlock", "/v1/blocks",
		"{\"pool\":\"jakarta\",\"number\":\"+6281234567298\",\"direction\":\"both\",\"reason\":\"rang 24 times\",\"ttl_s\":3600}"),
	GET_("listBlocks", "/v1/blocks"),
	DELETE_("removeBlock", "/v1/blocks/{block}"),
	GET_("listDeadLetters", "/v1/dead"),
	GET_("listDeadLetters of an order", "/v1/dead?order=A-1"),
	GET_("getDeadLetter", "/v1/dead/{dead}"),
	{"getDeadLetter with numbers shown", .method = HTTP_METHOD_GET, "/v1/dead/{dead}", .reveals = true},
	{"dropDeadLetter", .method = HTTP_METHOD_DELETE, "/v1/dead/{dead}", .steps = true},
	{"retryDeadLetter", .method = HTTP_METHOD_POST, "/v1/dead/{dead}/retry", .steps = true},
	GET_("listSinks", "/v1/sinks"),
	{"enableSink", .method = HTTP_METHOD_POST, "/v1/sinks/webhook:gone/enable"},
	POST_("replaySink", "/v1/sinks/webhook:app/replay", "{\"since\":\"2026-11-22T09:00:00Z\"}"),
	GET_("listAudit", "/v1/audit"),
	GET_("livez", "/livez"),
	GET_("readyz", "/readyz"),
	GET_("metrics", "/metrics"),
	GET_("openapi", "/openapi.json"),
	GET_("poolSurplus", "/v1/pools/jakarta/surplus"),
	GET_("listAccounts", "/v1/accounts"),
	GET_("syncReport", "/v1/accounts/twilio/main/sync"),
	POST_("sync", "/v1/accounts/twilio/main/sync", "{\"dry_run\":true}"),
	GET_("listPurchases", "/v1/purchases"),
	{.name = NULL},
};

void api_operations(void)
{
	for (const struct operation *operation = operations_of_api; operation->name; operation++)
		operation_add(*operation);
}
