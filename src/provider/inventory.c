#include "provider/inventory.h"

#include "provider/inventory_dialects.h"
#include "provider/provider.h"

const char *const inventory_outcome_words[] = {"done", "pending", "again", "no_access", "no_money", "gone",
	"wants_papers", "refused", "unreadable", NULL};

const struct inventory *const inventories[] = {
	&inventory_bandwidth,
	&inventory_exotel,
	&inventory_plivo,
	&inventory_telnyx,
	&inventory_twilio,
	&inventory_vonage,
	NULL,
};

const struct inventory *inventory_find(struct str provider)
{
	for (int i = 0; inventories[i]; i++)
		if (str_equal(str_of(inventories[i]->provider), provider))
			return inventories[i];
	return NULL;
}

const char *inventory_target(const struct inventory *inventory, const struct account *account, const struct inventory_hook *hook)
{
	return inventory->by_application ? account->application : hook->voice_url;
}

bool inventory_points_elsewhere(const struct inventory_number *number, const char *target)
{
	return number->hook_told && target[0] && (number->hook_hidden || !str_equal(number->hook, str_of(target)));
}

const char *inventory_text_target(
	const struct inventory *inventory, const struct account *account, const struct inventory_hook *hook)
{
	if (!inventory->point_texts || !hook->text_url)
		return "";
	return inventory->by_application ? account->message_application : hook->text_url;
}

bool inventory_texts_elsewhere(const struct inventory_number *number, const char *target)
{
	return number->text_hook_told && target[0] &&
	       (number->text_hook_hidden || !str_equal(number->text_hook, str_of(target)));
}
