#include "config/config_orders.h"

#include <stddef.h>

#include "config/config_file.h"
#include "config/config_section.h"
#include "db/orders_db.h"
#include "wire/sql_named.h"

#define URL_MAX 2048

static const char *behind_scheme(const char *url)
{
	return strncmp(url, "postgres://", 11) == 0     ? url + 11
	       : strncmp(url, "postgresql://", 13) == 0 ? url + 13
							: NULL;
}

static bool url_ok(const char *url)
{
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return behind_scheme(url) != NULL;
}

/* Of a user, whose password may have '/' and '?' in it as they are; or among the parameters, whose names may be
 * percent-encoded: then we can't tell. */
static bool has_password(const char *url)
{
	const char *rest = behind_scheme(url);

	if (!rest)
		return true; /* whatever it is, it is not shown to everybody */
	const char *query = strchr(rest, '?'), *at = strrchr(rest, '@');
	if (at && memchr(rest, ':', (size_t)(at - rest)))
		return true;
	while (query) {
		const char *name = query + 1;
		size_t len = strcspn(name, "=&");
		if (memmem(name, len, "password", 8) || memchr(name, '%', len))
			return true;
		query = strchr(name, '&');
	}
	return false;
}

static void take_url(const struct section *section, struct config_orders_db *orders)
{
	struct settings *settings = section->settings;
	const struct setting *value = section_setting(section, "url", ""), *file = section_setting(section, "url", "_file");
	const struct setting *said;

	if (value && value->source == SETTING_SET && has_password(value->value)) {
		settings_wrong(settings, value->where, NULL,
			"a secret is never on the command line; use url_file, or the environment");
		return;
	}
	if (!config_file_said(settings, value, file, &said))
		return;
	if (!said) {
		section_missing_file(section, "url");
		return;
	}
	orders->url = config_file_line(settings, said, file, URL_MAX);
	if (orders->url && !url_ok(orders->url))
		settings_wrong(settings, said->where, said->path,
			"must begin with postgres:// (or postgresql://) and have no spaces");
}

static void take_upsert(const struct section *section, struct config_orders_db *orders)
{
	struct settings *settings = section->settings;
	const struct setting *file = section_setting(section, "upsert", "_file"), *said;
	struct sql_named named;
	char error[256];

	if (!config_file_said(settings, section_setting(section, "upsert", ""), file, &said) || !said)
		return;
	orders->upsert = config_file_whole(settings, said, file, SQL_NAMED_TEXT_MAX);
	if (!orders->upsert)
		return;
	if (sql_named_read(str_of(orders->upsert), orders_param_words, &named, error) == ERR_OK)
		sql_named_done(&named);
	else
		settings_wrong(settings, said->where, said->path, "%s", error);
}

void config_orders(struct settings *settings, struct config_orders_db *orders)
{
	struct section section;

	if (!section_find(settings, "orders_db", &section) || !section_is_fit(settings, "orders_db"))
		return;
	take_url(&section, orders);
	take_upsert(&section, orders);
}
