/* The clocks, and TLS at our public URL. */
#include <inttypes.h>
#include <stdio.h>

#include "doctor/diagnose.h"
#include "net/http_url.h"

#define DAY_S 86400

/* --- clocks --- */

/* A Date is cut to whole seconds: the far clock was anywhere in the second that it names. */
int64_t clock_ahead_s(const struct clock_look *look)
{
	if (look->date_ms > look->after_ms)
		return (look->date_ms - look->after_ms) / 1000;
	if (look->date_ms + 999 < look->before_ms)
		return (look->date_ms + 999 - look->before_ms) / 1000;
	return 0;
}

static int64_t distance(int64_t seconds)
{
	return seconds < 0 ? -seconds : seconds;
}

void diagnose_clock(const struct provider *provider, const struct clock_look *at_provider,
	const struct clock_look *at_url, struct finding *ret_finding)
{
	static const char ntp[] = "have the clocks set by NTP (timedatectl set-ntp true), here and where Bauta runs";
	bool theirs = at_provider->date_ms >= 0, own = at_url->date_ms >= 0;
	int64_t ahead = theirs ? clock_ahead_s(at_provider) : 0, own_ahead = own ? clock_ahead_s(at_url) : 0;
	int64_t most = distance(ahead) > distance(own_ahead) ? distance(ahead) : distance(own_ahead);
	int64_t limit = DIAGNOSE_CLOCK_S;
	char reach[80] = "";

	if (provider->clocks_differ_s)
		snprintf(reach, sizeof reach, "; calls signed more than %u s away are refused",
			(unsigned)provider->clocks_differ_s);
	if (provider->clocks_differ_s && provider->clocks_differ_s < limit)
		limit = provider->clocks_differ_s;
	finding_begin(ret_finding, CHECK_CLOCK);
	if (!theirs && !own) {
		finding_skip(ret_finding, "no answer told the time");
	} else if (distance(ahead) > limit) {
		finding_wrong(ret_finding, "this machine's clock is %" PRId64 " s %s %s's%s", distance(ahead),
			ahead > 0 ? "behind" : "ahead of", provider->name, reach);
		finding_todo(ret_finding, "%s", ntp);
	} else if (distance(own_ahead) > limit) {
		finding_wrong(ret_finding, "the clock at public_url is %" PRId64 " s %s this machine's%s",
			distance(own_ahead), own_ahead > 0 ? "ahead of" : "behind", reach);
		finding_todo(ret_finding, "%s", ntp);
	} else {
		finding_ok(ret_finding, "%" PRId64 " s from the clock%s of %s%s%s%s", most, theirs && own ? "s" : "",
			theirs ? provider->name : "", theirs && own ? " and " : "", own ? "public_url" : "", reach);
	}
}

/* --- TLS --- */

bool url_is_loopback(const char *url)
{
	struct http_url read;

	return http_url_read(url, &read, NULL) == ERR_OK && (strcmp(read.host, "localhost") == 0 ||
		strncmp(read.host, "127.", 4) == 0 || strcmp(read.host, "::1") == 0);
}

static void advise_tls(const struct tls_seen *seen, struct finding *finding)
{
	if (seen->failure == HTTP_NOT_RESOLVED)
		finding_todo(finding, "public_url's host needs an entry in the DNS");
	else if (seen->failure == HTTP_NOT_CONNECTED || seen->failure == HTTP_TIMED_OUT)
		finding_todo(finding, "is `bauta serve`, or the proxy in front of it, running there? Does a firewall "
			"let it be asked?");
	else if (seen->failure != HTTP_TLS_FAILED)
		finding_todo(finding, "what answers at public_url?");
	else if (seen->other_name)
		finding_todo(finding, "get a certificate for public_url's host, or set public_url to the name that "
			"this one is for");
	else if (seen->verify_error)
		finding_todo(finding, "use a certificate of a public authority, with those in between in the same "
			"file: a provider doesn't call where it can't check");
	else
		finding_todo(finding, "does plain HTTP answer there, or an old TLS only? Providers want TLS 1.2 or "
			"1.3");
}

static void diagnose_certificate(const struct tls_facts *facts, struct finding *finding)
{
	const struct tls_seen *seen = facts->seen;
	int64_t left_s = seen->expires_s - facts->now_ms / 1000, days = left_s / DAY_S;
	const char *trust = facts->own_ca ? "; trusted with --ca, which providers don't have" : "";
	const char *s = days == 1 ? "" : "s";

	if (!seen->expires_s) {
		finding_ok(finding, "the certificate is trusted%s", trust);
	} else if (left_s <= (int64_t)DIAGNOSE_EXPIRY_DAYS * DAY_S) {
		finding_wrong(finding, "the certificate ends in %" PRId64 " day%s", days, s);
		finding_todo(finding, "renew it, and see why that wasn't done by itself; Bauta reads its own again "
			"on SIGHUP");
	} else {
		finding_ok(finding, "%s; the certificate is good for %" PRId64 " day%s%s", seen->version, days, s,
			trust);
	}
}

void diagnose_tls(const struct tls_facts *facts, struct finding *ret_finding)
{
	const struct tls_seen *seen = facts->seen;

	finding_begin(ret_finding, CHECK_TLS);
	if (!seen && url_is_loopback(facts->url)) {
		finding_skip(ret_finding, "plain http:// is enough on this machine");
	} else if (!seen) {
		finding_wrong(ret_finding, "public_url is http://: calls and their numbers travel openly");
		finding_todo(ret_finding, "set public_url to https://, with tls in bauta.yaml or a proxy in front "
			"that has a certificate");
	} else if (seen->failure != HTTP_ANSWERED) {
		finding_wrong(ret_finding, "%s", seen->why);
		advise_tls(seen, ret_finding);
	} else {
		diagnose_certificate(facts, ret_finding);
	}
}
