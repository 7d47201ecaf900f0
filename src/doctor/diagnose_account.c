/* The account at its provider: credentials, and where its numbers point. */
#include <stdio.h>

#include "doctor/diagnose.h"
#include "provider/control.h"

static const char *name_of(const struct account_facts *facts)
{
	return facts->account->provider->name;
}

static const struct setting_words *words_of(const struct account_facts *facts)
{
	return setting_words(name_of(facts));
}

/* --- credentials --- */

/* What to do where no answer came. `api` is where it was looked for. */
static void advise_failure(const struct account_facts *facts, const char *api, struct finding *finding)
{
	switch (facts->failure) {
	case HTTP_NOT_RESOLVED:
		finding_todo(finding, "does this machine resolve names? Is %s right?", api);
		break;
	case HTTP_NOT_CONNECTED:
		finding_todo(finding, "does a firewall let this machine connect to %s?", api);
		break;
	case HTTP_TLS_FAILED:
		finding_todo(finding, "does something on the way to %s open TLS? Are the system's certificates up to "
			"date (ca-certificates), and its clock?", api);
		break;
	case HTTP_TIMED_OUT:
		finding_todo(finding, "is there a firewall or a proxy on the way to %s? Ask again in a while", api);
		break;
	case HTTP_NOT_PUBLIC:
		finding_todo(finding, "the API's name leads to a private address: mend the DNS, or set api_url if it "
			"is meant");
		break;
	case HTTP_BAD_ASK:
		finding_todo(finding, "set %s and api_url as the provider gave them", words_of(facts)->api);
		break;
	case HTTP_ANSWERED:
	case HTTP_BROKEN:
		finding_todo(finding, "ask again in a while; is it an HTTP server that answers at %s?", api);
	}
}

static void advise_result(const struct account_facts *facts, const char *api, struct finding *finding)
{
	const char *settings = words_of(facts)->api;

	switch (facts->result.outcome) {
	case INVENTORY_NO_ACCESS:
		finding_todo(finding, "set %s as %s's console shows them, with the right to list numbers", settings,
			name_of(facts));
		break;
	case INVENTORY_NO_MONEY:
		finding_todo(finding, "look at the account's balance and plan at %s", name_of(facts));
		break;
	case INVENTORY_AGAIN:
		finding_todo(finding, "%s is busy or has a fault: ask again in a while", name_of(facts));
		break;
	case INVENTORY_GONE:
		finding_todo(finding, "there is no such account at %s: set %s", api, settings);
		break;
	default:
		finding_todo(finding, "is it really %s that answers at %s? Then a newer Bauta may be needed",
			name_of(facts), api);
	}
}

void diagnose_credentials(const struct account_facts *facts, struct finding *ret_finding)
{
	const struct inventory_result *result = &facts->result;
	const char *api = facts->account->api_url[0] ? "api_url" : "the provider's API";
	const char *s = facts->numbers == 1 ? "" : "s";

	const char *commands = facts->account->call_control ? facts->account->provider->control->lacks(facts->account) : NULL;

	finding_begin(ret_finding, CHECK_CREDENTIALS);
	if (commands) {
		finding_wrong(ret_finding, "%s: %s gets no command for a call, and each event of one is answered with 503", commands,
			name_of(facts));
		finding_todo(ret_finding, "set %s as %s's console shows it", words_of(facts)->api, name_of(facts));
	} else if (!facts->inventory) {
		finding_skip(ret_finding, "Bauta knows no API of %s to ask", name_of(facts));
	} else if (facts->cannot_ask) {
		finding_skip(ret_finding, "%s's API is not asked: %s", name_of(facts), facts->cannot_ask);
	} else if (facts->failure != HTTP_ANSWERED) {
		finding_wrong(ret_finding, "no answer of %s's API: %s", name_of(facts), facts->failure_why);
		advise_failure(facts, api, ret_finding);
	} else if (result->outcome != INVENTORY_DONE) {
		finding_wrong(ret_finding, "%s's API answered %d%s%s%s%s", name_of(facts), result->status,
			result->code[0] ? ", " : "", result->code, result->why[0] ? ": " : "", result->why);
		advise_result(facts, api, ret_finding);
	} else {
		finding_ok(ret_finding, "%s knows the account: %d number%s for calls%s", name_of(facts), facts->numbers,
			s, facts->more ? ", and more that were not read" : "");
	}
}

/* --- webhooks --- */

/* Whoever reads over a shoulder is not to learn the path that stands for a signature. */
static void put_hook(const struct account *account, const char *public_url, char *text, size_t size)
{
	const char *secret = account->secret_path[0] ? ".../" : "";

	snprintf(text, size, "%s/hooks/%s/%s/%svoice", public_url, account->provider->name, account->name, secret);
}

static void advise_webhooks(const struct account_facts *facts, const char *public_url, struct finding *finding)
{
	const struct account *account = facts->account;
	char where[300];

	if (facts->inventory->by_application)
		snprintf(where, sizeof where, "%s", words_of(facts)->application);
	else
		put_hook(account, public_url ? public_url : "", where, sizeof where);
	finding_todo(finding, "%s `bauta number sync --account %s/%s` (for those of a pool), or point them to %s by "
		"hand; those that are not for Bauta may stay",
		account->manage_webhooks ? "run" : "set manage_webhooks: true, restart, and run", name_of(facts),
		account->name, where);
}

static void tell_elsewhere(const struct account_facts *facts, struct finding *finding)
{
	finding_wrong(finding, "%d of %d numbers point to us, %d elsewhere", facts->right,
		facts->right + facts->elsewhere, facts->elsewhere);
	for (int i = 0; i < facts->elsewhere && i < FINDING_NUMBERS_MAX; i++)
		finding_add(finding, facts->elsewhere_numbers[i]);
	finding->numbers_more = facts->elsewhere - finding->numbers_n;
}

void diagnose_webhooks(const struct account_facts *facts, const char *public_url, struct finding *ret_finding)
{
	bool listed = facts->inventory && !facts->cannot_ask && facts->failure == HTTP_ANSWERED &&
		      facts->result.outcome == INVENTORY_DONE;
	bool by_application = facts->inventory && facts->inventory->by_application;
	const char *application = words_of(facts)->application;
	int known = facts->right + facts->elsewhere;

	finding_begin(ret_finding, CHECK_WEBHOOKS);
	if (!listed) {
		finding_skip(ret_finding, "the account's numbers are not known: see credentials");
	} else if (!facts->target[0]) {
		finding_skip(ret_finding, "%s is not set, so it isn't known where numbers have to point",
			by_application ? application : "public_url");
	} else if (facts->numbers == 0) {
		finding_skip(ret_finding, "the account has no numbers for calls");
	} else if (known == 0) {
		finding_skip(ret_finding, "%s doesn't say where its numbers point", name_of(facts));
	} else if (facts->elsewhere) {
		tell_elsewhere(facts, ret_finding);
		advise_webhooks(facts, public_url, ret_finding);
	} else {
		finding_ok(ret_finding, "%d of %d numbers point to %s%s", facts->right, known,
			by_application ? application : "us",
			facts->more || known < facts->numbers ? "; there are more, which were not looked at" : "");
	}
}
