/* messaging_twilio: what SignalWire's dialect of texts has of Twilio's. For messaging_twilio.c and
 * messaging_signalwire.c. */
#ifndef PROVIDER_MESSAGING_TWILIO_H
#define PROVIDER_MESSAGING_TWILIO_H

#include "provider/messaging.h"

enum err messaging_twilio_parse(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct messaging_in *ret_in);
enum err messaging_twilio_parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct messaging_in *ret_in);
struct provider_reply messaging_twilio_render(const struct account *account, const struct messaging_out *out,
	struct buf *body);
/* Where such an API is. */
struct messaging_twilio_api {
	const char *url, *path; /* "https://api.twilio.com", "/2010-04-01/Accounts/" */
	const char *password;   /* outlives the request */
};
MUST_CHECK enum err messaging_twilio_send(const struct account *account, const struct messaging_twilio_api *api,
	const struct messaging_out *out, struct messaging_request *ret_request);
void messaging_twilio_read_said(const struct json_at *root, struct messaging_said *ret_said);

#endif
