/* Questions to our own public URL: are they checked, are strangers refused? */
#include "doctor/diagnose.h"

static bool answered(const struct question_reply *reply)
{
	return reply->asked && reply->failure == HTTP_ANSWERED;
}

static bool refuses(const struct question_reply *reply)
{
	return answered(reply) && reply->status == 200 && reply->understood && reply->action != ACTION_CONNECT &&
	       reply->action != ACTION_FORWARD;
}

static bool shut_out(const struct question_reply *reply)
{
	return answered(reply) && reply->status == 403 && reply->empty;
}

bool question_is_answered(const struct question_facts *facts, const struct question_reply *reply)
{
	return facts->cannot_sign ? shut_out(reply) : refuses(reply);
}

static const char *signing(const struct question_facts *facts)
{
	return setting_words(facts->account->provider->name)->signing;
}

/* No answer, or one that can't be ours. False: it may be. */
static bool diagnose_way(
	const struct question_facts *facts, const struct question_reply *reply, struct finding *finding)
{
	if (reply->failure == HTTP_TLS_FAILED) {
		finding_skip(finding, "nothing could be asked: see tls");
	} else if (reply->failure != HTTP_ANSWERED) {
		finding_wrong(finding, "no answer at public_url: %s", reply->why);
		finding_todo(finding, "is `bauta serve` running, does %s lead to it, and may this machine ask there?",
			facts->public_url);
	} else if (reply->status >= 300 && reply->status < 400) {
		finding_wrong(finding, "public_url answered %d, a redirection", reply->status);
		finding_todo(finding, "set public_url and the provider's webhooks to where it leads: what is signed "
			"is the address asked");
	} else if (reply->status != 200 && reply->status != 403) {
		finding_wrong(finding, "public_url answered %d, which is not Bauta's answer", reply->status);
		finding_todo(finding, "the proxy in front must pass on /hooks/ as it came: path, query, headers and "
			"body");
	} else if (reply->status == 403 && !reply->empty) {
		finding_wrong(finding, "public_url answered 403 with a page that is not Bauta's");
		finding_todo(finding, "a proxy or firewall in front refuses: let /hooks/ through");
	} else {
		return false;
	}
	return true;
}

static void diagnose_disbelief(const struct question_facts *facts, struct finding *finding)
{
	const struct account *account = facts->account;

	if (account->allow_n) {
		finding_skip(finding, "403: the account's allow has the provider's addresses, and this machine's is "
			"not one of them");
		return;
	}
	finding_wrong(finding, "a signed question was not believed: 403");
	finding_todo(finding, "what answers there has another public_url than %s (behind a proxy: scheme, host, port "
		"and path must be those that the provider was given), another %s, or no account %s/%s; a server reads "
		"its configuration when it starts", facts->public_url, signing(facts), account->provider->name,
		account->name);
}

static void diagnose_stranger(const struct question_facts *facts, struct finding *finding)
{
	finding_wrong(finding, "the answer at public_url is none that %s would understand",
		facts->account->provider->name);
	finding_todo(finding, "what answers at %s? The proxy in front must pass on /hooks/ to `bauta serve`",
		facts->public_url);
}

static void diagnose_genuine(const struct question_facts *facts, struct finding *finding)
{
	const struct question_reply *reply = &facts->genuine, *forged = &facts->forged;

	if (reply->status == 403) {
		diagnose_disbelief(facts, finding);
	} else if (!reply->understood) {
		diagnose_stranger(facts, finding);
	} else if (!refuses(reply)) {
		finding_wrong(finding, "A CALLER WHOM NOBODY KNOWS WOULD BE PUT THROUGH");
		finding_todo(finding, "only a pool whose unknown_caller is forward may do that; if the number that "
			"was asked about is in none such, take public_url off the network and tell Bauta's makers");
	} else if (!shut_out(forged)) {
		finding_wrong(finding, "a signed question is believed, but a forged one did not get 403");
		finding_todo(finding, "the proxy in front must pass on Bauta's answers as they are, and ask one "
			"Bauta only");
	} else {
		finding_ok(finding, "a signed question is believed and its unknown caller refused; a forged one gets "
			"403");
	}
}

void diagnose_question(const struct question_facts *facts, struct finding *ret_finding)
{
	const struct question_reply *forged = &facts->forged, *first = facts->cannot_sign ? forged : &facts->genuine;

	finding_begin(ret_finding, CHECK_QUESTION);
	if (!first->asked) {
		finding_skip(ret_finding, "%s", facts->cannot_sign ? facts->cannot_sign : "nothing was asked");
	} else if (answered(forged) && forged->status == 200 && forged->understood) {
		finding_wrong(ret_finding, "A FORGED QUESTION WAS ANSWERED: ANYBODY CAN ASK WHOM A CALL IS FOR");
		finding_todo(ret_finding, "find out what answers at %s; if it is Bauta, take it off the network and "
			"give the account a new %s", facts->public_url, signing(facts));
	} else if (diagnose_way(facts, first, ret_finding)) {
		return;
	} else if (facts->cannot_sign && !shut_out(forged)) {
		diagnose_stranger(facts, ret_finding);
	} else if (facts->astray) {
		finding_wrong(ret_finding, "the first question was answered as it should be, %d of %d more were not",
			facts->astray, facts->more);
		finding_todo(ret_finding, "if several servers are behind %s, all need the same configuration; does "
			"the proxy in front let only so many requests through?", facts->public_url);
	} else if (facts->cannot_sign) {
		finding_skip(ret_finding, "%s; a forged question gets 403, as it should", facts->cannot_sign);
	} else {
		diagnose_genuine(facts, ret_finding);
	}
}
