/* Any bytes as bauta.yaml: never a crash, never a silent refusal, and what is taken is whole. */
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "config/config_mapping.h"
#include "config/config_settings.h"
#include "config/config_schema.h"
#include "config/config_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every setting that came out is findable by its path and says where it was. */
static void check(const struct settings *settings)
{
	for (int i = 0; i < settings->n; i++) {
		const struct setting *setting = &settings->at[i];
		ASSERT(settings_find(settings, setting->path) == setting);
		ASSERT(strlen(setting->path) > 0 && strlen(setting->path) <= SETTINGS_PATH_MAX);
		ASSERT(setting->where[0] && setting->value);
		schema_find(setting->path);
		schema_like(setting->path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings settings;
	struct buf errors;

	if (size > CONFIG_YAML_MAX)
		return 0;
	buf_init(&errors, 8192);
	if (settings_init(&settings, &errors))
		abort();
	bool whole = config_yaml_parse(&settings, "fuzz", str_n((const char *)data, size));
	ASSERT(whole || !settings_ok(&settings));
	ASSERT(settings_ok(&settings) == (errors.len == 0));
	ASSERT(buf_ok(&errors));
	check(&settings);
	event_map_free(config_mapping(&settings)); /* the part with free keys; it reads no files */
	settings_done(&settings);
	buf_done(&errors);
	return 0;
}
