/* inventory_write: builds an inventory_request straight through; asked once at the end whether it fitted.
 *
 *	struct inventory_writer writer;
 *	inventory_begin(&writer, &inventory_twilio, account, INVENTORY_POST, ret_request);
 *	inventory_path(&writer, "/2010-04-01/Accounts/");
 *	inventory_segment(&writer, account->sid);
 *	inventory_path(&writer, "/IncomingPhoneNumbers.json");
 *	inventory_field(&writer, "PhoneNumber", number_text(offer->number, text));
 *	return inventory_end(&writer);
 *
 * For inventory_*.c. The writer lives on the builder's stack.
 */
#ifndef PROVIDER_INVENTORY_WRITE_H
#define PROVIDER_INVENTORY_WRITE_H

#include "base/buf.h"
#include "provider/inventory.h"
#include "provider/provider.h"

struct inventory_writer {
	struct inventory_request *request;
	struct buf url, body;
	bool asked; /* the URL has a '?' */
};

/* The URL begins with the account's api_url, else the provider's; no slash at its end. Accept is application/json. */
void inventory_begin(struct inventory_writer *writer, const struct inventory *inventory, const struct account *account,
	enum inventory_method method, struct inventory_request *request);
void inventory_basic(struct inventory_writer *writer, const char *user, const char *password); /* texts outlive the request */
void inventory_path(struct inventory_writer *writer, const char *text); /* as it is */
void inventory_segment(struct inventory_writer *writer, const char *text); /* percent-encoded */
/* name=value in the query or in a form's body, both percent-encoded, but [ and ] of names. NULL value: left out. */
void inventory_query(struct inventory_writer *writer, const char *name, const char *value);
void inventory_query_u64(struct inventory_writer *writer, const char *name, uint64_t value);
void inventory_field(struct inventory_writer *writer, const char *name, const char *value);
/* The body is written into writer->body by the caller (json_out, XML). */
void inventory_body(struct inventory_writer *writer, const char *content_type);
/* Terminates. ERR_TOO_LARGE; ERR_BAD_REQUEST: a control character, space or another scheme than http(s) got into the URL. */
MUST_CHECK enum err inventory_end(struct inventory_writer *writer);

/* "6281234567210": digits without '+'. Returns `text`. */
const char *inventory_digits(struct number number, char text[NUMBER_TEXT_SIZE]);
/* "ID"; "" for none. Returns `text`. */
const char *inventory_country(uint16_t country, char text[3]);

#endif
